"""PyTorch as its documentation shows it: DataLoader, modules, optimiser, the plain loop."""

# PyTorch is not installed where types are checked.
# pyright: reportMissingImports=false

from dataclasses import dataclass
from itertools import chain
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from scripts.training.fold_data import Rows
from scripts.training.frameworks._shared.layouts import canonical, flatten_orders, native, nchw
from scripts.training.frameworks._shared.torch_set_up import takes_tf32
from scripts.training.frameworks.pytorch.layers import modules
from scripts.training.frameworks.pytorch.layouts import layout_of
from scripts.training.frameworks.pytorch.optimizers import clip, make_optimizer
from scripts.training.frameworks.trainer import Array, Order, Part, Trainer, parts_of
from scripts.training.timing import EpochClock


@dataclass
class Tensors:
    """x: float32, (rows, channels, height, width) or (rows, features); y: int64, (rows,)."""

    train: Any  # TensorDataset of x and y
    x_test: Any
    input_shape: Tuple[int, ...]  # of a row in the prepared data, NHWC


class Idiomatic(Trainer):
    """The documentation's way: a DataLoader, an nn.Sequential and the plain training loop."""

    def __init__(
        self,
        network: Mapping[str, Any],
        training: Mapping[str, Any],
        rows: Tensors,
        *,
        seed: int,
        device: str,
        settings: str,
    ) -> None:
        import torch

        torch.manual_seed(seed)
        self.device = torch.device("cuda" if device == "gpu" else "cpu")
        self.options, self.matched = training["optimizer"], settings == "matched"
        made = modules(network["layers"], rows.input_shape, self.matched)
        self.counts = [len(some) for some in made]  # of the modules of each layer
        self.model = torch.nn.Sequential(*chain(*made)).to(self.device)
        self.loss = torch.nn.CrossEntropyLoss()
        self.optimizer, self.schedule = self._optimizer(self.options, self.matched)
        self.batch_size = training["batch_size"]
        self.rows = rows
        self.loader = self._loader(rows.train, shuffle=True)
        self.flattened = flatten_orders(network["layers"], rows.input_shape)
        # A dict for each trainer, as Tuned changes some.
        self.asked: Dict[str, Optional[str]] = {  # pyright: ignore[reportIncompatibleVariableOverride]
            "compile": "eager",
            "layout": "NCHW" if len(rows.input_shape) == 3 else "rows of features",
            "input_path": "DataLoader over a TensorDataset",
        }

    def _optimizer(self, options: Mapping[str, Any], matched: bool) -> Tuple[Any, Any]:
        return make_optimizer(self.model.parameters(), options, matched)

    @staticmethod
    def convert(rows: Rows) -> Tensors:
        import torch

        x, x_test = (torch.from_numpy(nchw(values)) for values in (rows.x_train, rows.x_test))
        return Tensors(
            train=torch.utils.data.TensorDataset(x, torch.from_numpy(rows.y_train)),
            x_test=x_test,
            input_shape=rows.x_train.shape[1:],
        )

    def _loader(self, dataset: Any, shuffle: bool) -> Any:
        import torch

        pin = self.device.type == "cuda"
        return torch.utils.data.DataLoader(
            dataset, batch_size=self.batch_size, shuffle=shuffle, pin_memory=pin
        )

    def _loader_in_order(self, rows: Array) -> Any:
        import torch

        x, y = self.rows.train.tensors
        return self._loader(torch.utils.data.TensorDataset(x[rows], y[rows]), shuffle=False)

    def list_layers(self) -> List[List[Part]]:
        import torch

        def size(module: Any) -> int:
            return sum(p.numel() for p in module.parameters())

        self.model.eval()
        with torch.no_grad():
            return parts_of(self.model, self.counts, self.rows.x_test[:1].to(self.device), size)

    def parameter_count(self) -> int:
        return sum(p.numel() for p in self.model.parameters() if p.requires_grad)

    def set_weights(self, arrays: Sequence[Array]) -> None:
        import torch

        with torch.no_grad():
            for parameter, array in zip(self.model.parameters(), native(arrays, self.flattened)):
                parameter.copy_(torch.from_numpy(array))

    def first_losses(self, batches: Sequence[Array]) -> List[float]:
        self.model.train()
        x, y = self.rows.train.tensors
        return [self._train_step(x[batch], y[batch]).item() / len(batch) for batch in batches]

    def gradients(self, batch: Array) -> List[Array]:
        self.model.train()
        self.model.zero_grad()
        x, y = (tensor[batch].to(self.device) for tensor in self.rows.train.tensors)
        self.loss(self.model(x), y).backward()
        found = [parameter.grad.cpu().numpy() for parameter in self.model.parameters()]
        return canonical(found, self.flattened)

    def _train_step(self, x: Any, y: Any) -> Any:
        """Train on one batch, and give its summed loss before that: 0-dimensional, on the device."""
        x, y = x.to(self.device, non_blocking=True), y.to(self.device, non_blocking=True)
        self.optimizer.zero_grad()
        loss = self.loss(self.model(x), y)
        loss.backward()
        clip(self.optimizer, self.options.get("clip_norm"), self.matched)
        self.optimizer.step()
        if self.schedule:
            self.schedule.step()
        return loss.detach() * len(x)

    def step(self) -> None:
        self.model.train()
        self._train_step(*next(iter(self.loader)))

    def snapshot(self) -> Any:
        import copy

        import torch

        parts = [self.model, self.optimizer] + ([self.schedule] if self.schedule else [])
        states = [copy.deepcopy(part.state_dict()) for part in parts]
        on_gpu = torch.cuda.get_rng_state() if self.device.type == "cuda" else None
        return parts, states, torch.get_rng_state(), on_gpu

    def restore(self, state: Any) -> None:
        import torch

        parts, states, random_state, on_gpu = state
        for part, saved in zip(parts, states):
            part.load_state_dict(saved)
        torch.set_rng_state(random_state)
        if on_gpu is not None:
            torch.cuda.set_rng_state(on_gpu)

    def train(self, epochs: int, clock: EpochClock, order: Optional[Order] = None) -> None:
        import torch

        self.model.train()
        for epoch in range(epochs):
            # Matched settings: rows are put in order before the clock starts.
            loader = self._loader_in_order(order(epoch)) if order else self.loader
            clock.start()
            total = torch.zeros((), device=self.device)
            for x, y in loader:
                total += self._train_step(x, y)
            clock.stop(lambda total=total: total.item() / len(self.rows.train))

    def predict(self) -> Array:
        import torch

        self.model.eval()
        with torch.no_grad():
            parts = [
                torch.softmax(self.model(x.to(self.device)), dim=1).cpu()
                for x in self.rows.x_test.split(self.batch_size)
            ]
        return torch.cat(parts).numpy()

    def synchronize(self) -> None:
        if self.device.type == "cuda":
            import torch

            torch.cuda.synchronize()

    def facts(self) -> Dict[str, Any]:
        import torch

        gpu = {parameter.device.type for parameter in self.model.parameters()} == {"cuda"}
        return {
            "gpu_peak_memory_mb": torch.cuda.max_memory_allocated() / 2**20 if gpu else None,
            "framework_version": torch.__version__,
            "threads_reported": torch.get_num_threads(),
            "precision": ", ".join({str(p.dtype).replace("torch.", "") for p in self.model.parameters()}),
            "device": "gpu" if gpu else "cpu",
            "tf32": takes_tf32(),
            "blas": "MKL" if torch.backends.mkl.is_available() else "other",
            "onednn": torch.backends.mkldnn.is_available(),
            "compile": "eager",
            "input_path": self.asked["input_path"],
            "layout": layout_of(self.model) or self.asked["layout"],
        }
