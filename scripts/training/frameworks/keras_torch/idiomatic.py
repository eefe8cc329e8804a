"""Keras on PyTorch as its documentation shows it: compile() and fit()."""

# Neither PyTorch nor Keras is installed where types are checked.
# pyright: reportMissingImports=false, reportMissingModuleSource=false

from typing import Any, Dict, List

from scripts.training.frameworks._shared.keras3 import Keras3Trainer
from scripts.training.frameworks._shared.torch_set_up import takes_tf32
from scripts.training.frameworks.keras_torch import optimizers
from scripts.training.frameworks.trainer import Array


class Idiomatic(Keras3Trainer):
    """The documentation's way, on PyTorch: fit() takes batches from a DataLoader, layer by layer."""

    formulas = staticmethod(optimizers.formulas)

    def _loss(self, x: Any, y: Any) -> Any:
        """Give the mean loss of these rows, 0-dimensional, with what its gradients need."""
        return self.model.compute_loss(x=x, y=y, y_pred=self.model(x, training=True))

    def gradients(self, batch: Array) -> List[Array]:
        import torch

        weights = [weight.value for weight in self.model.trainable_variables]
        loss = self._loss(self.rows.x_train[batch], self.rows.one_hot[batch])
        return [gradient.cpu().numpy() for gradient in torch.autograd.grad(loss, weights)]

    def snapshot(self) -> Any:
        import torch

        on_gpu = torch.cuda.get_rng_state() if self.device == "gpu" else None
        return super().snapshot(), torch.get_rng_state(), on_gpu

    def restore(self, state: Any) -> None:
        import torch

        variables, random_state, on_gpu = state
        super().restore(variables)
        torch.set_rng_state(random_state)
        if on_gpu is not None:
            torch.cuda.set_rng_state(on_gpu)

    def synchronize(self) -> None:
        if self.device == "gpu":
            import torch

            torch.cuda.synchronize()

    def facts(self) -> Dict[str, Any]:
        import torch

        devices = {weight.value.device.type for weight in self.model.trainable_variables}
        gpu = self.device == "gpu"
        return {
            **super().facts(),
            "framework_version": torch.__version__,
            "threads_reported": torch.get_num_threads(),
            "tf32": takes_tf32(),
            "blas": "MKL" if torch.backends.mkl.is_available() else "other",
            "onednn": torch.backends.mkldnn.is_available(),
            "device": ", ".join(sorted(devices)).replace("cuda", "gpu"),
            "gpu_peak_memory_mb": torch.cuda.max_memory_allocated() / 2**20 if gpu else None,
        }

    def compile_mode(self) -> str:
        return "torch.compile" if self.model.jit_compile else "eager"
