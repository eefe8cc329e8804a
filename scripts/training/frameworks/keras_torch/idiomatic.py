"""Keras on PyTorch as its documentation shows it: compile() and fit()."""

# Neither PyTorch nor Keras is installed where types are checked.
# pyright: reportMissingImports=false, reportMissingModuleSource=false

from typing import Any, Dict, List

from scripts.training.frameworks._shared.keras3 import Keras3Trainer
from scripts.training.frameworks.trainer import Array


def rmsprop_with_epsilon_outside() -> Any:
    """Make an RMSprop that divides by sqrt(a) + epsilon, with PyTorch's calls for all weights at once."""
    import keras
    import torch

    class RMSprop(type(keras.optimizers.RMSprop())):  # the one that Keras has for PyTorch
        def _parallel_update_step(self, grads: Any, variables: Any, learning_rate: Any) -> None:
            means = [self._velocities[self._get_variable_index(variable)].value for variable in variables]
            torch._foreach_mul_(means, self.rho)
            torch._foreach_addcmul_(means, grads, grads, value=1 - self.rho)
            divisors = torch._foreach_sqrt(means)
            torch._foreach_add_(divisors, self.epsilon)
            changes = torch._foreach_mul(grads, learning_rate)
            torch._foreach_div_(changes, divisors)
            torch._foreach_sub_([variable.value for variable in variables], changes)

    return RMSprop


class Idiomatic(Keras3Trainer):
    """The documentation's way, on PyTorch: fit() takes batches from a DataLoader, layer by layer."""

    rmsprop = staticmethod(rmsprop_with_epsilon_outside)

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
            "tf32": torch.backends.cudnn.allow_tf32,
            "blas": "MKL" if torch.backends.mkl.is_available() else "other",
            "onednn": torch.backends.mkldnn.is_available(),
            "device": ", ".join(sorted(devices)).replace("cuda", "gpu"),
            "gpu_peak_memory_mb": torch.cuda.max_memory_allocated() / 2**20 if gpu else None,
        }

    def compile_mode(self) -> str:
        return "torch.compile" if self.model.jit_compile else "eager"
