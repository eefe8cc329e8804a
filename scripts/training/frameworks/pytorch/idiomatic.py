"""PyTorch as its documentation shows it: DataLoader, modules, optimiser, the plain loop."""

# PyTorch is not installed where types are checked.
# pyright: reportMissingImports=false

from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from scripts.core.network import Layers
from scripts.training.fold_data import Rows
from scripts.training.frameworks._shared.flattened import flatten_orders
from scripts.training.frameworks.pytorch.layouts import canonical_kernel, layout_of, native_kernel
from scripts.training.frameworks.trainer import Array, Order, Trainer
from scripts.training.timing import EpochClock


@dataclass
class Tensors:
    """x: float32, (rows, channels, height, width) or (rows, features); y: int64, (rows,)."""

    train: Any  # TensorDataset of x and y
    x_test: Any
    input_shape: Tuple[int, ...]  # of a row in the prepared data, NHWC


def modules(layers: Layers, input_shape: Tuple[int, ...]) -> Any:
    """Make the modules of the config's layers; the last softmax is left to the loss."""
    from torch import nn

    from scripts.core.network import shapes

    found, shape = [], tuple(input_shape)
    for layer, after in zip(layers, shapes(layers, input_shape)):
        kind = layer["type"]
        if kind == "conv":
            padding = "same" if layer["padding"] == "same" else 0
            found.append(nn.Conv2d(shape[-1], layer["filters"], layer["kernel"], padding=padding))
        elif kind == "max_pool":
            found.append(nn.MaxPool2d(layer["size"]))
        elif kind == "dropout":
            found.append(nn.Dropout(layer["rate"]))
        elif kind == "flatten":
            found.append(nn.Flatten())
        elif kind == "dense":
            found.append(nn.Linear(shape[0], layer["units"]))
        found += activation(layer.get("activation"))
        shape = after
    return nn.Sequential(*found)


def activation(name: Optional[str]) -> List[Any]:
    """Make the module of an activation of the config; none for the last softmax and for linear."""
    from torch import nn

    from scripts.core.network import LEAKY_SLOPE

    known = {
        "relu": nn.ReLU,
        "leaky_relu": lambda: nn.LeakyReLU(LEAKY_SLOPE),
        "elu": nn.ELU,
        "tanh": nn.Tanh,
        "sigmoid": nn.Sigmoid,
        "gelu": nn.GELU,
        "gelu_tanh": lambda: nn.GELU(approximate="tanh"),
    }
    return [known[name]()] if name in known else []


def sgd_with_rate_in_momentum() -> Any:
    """Make an SGD whose velocity holds the rate, as that of Keras does.

    Keras adds rate x gradient to the velocity, PyTorch multiplies the velocity by the present rate: the same
    only while the rate stays. So the buffer is rescaled whenever the rate falls.
    """
    import torch

    class SGD(torch.optim.SGD):
        def step(self, closure: Any = None) -> Any:
            for group in self.param_groups:
                before, group["rate_before"] = group.get("rate_before"), group["lr"]
                if before and before != group["lr"] and group["momentum"]:
                    buffers = [self.state[p]["momentum_buffer"] for p in group["params"]]
                    torch._foreach_mul_(buffers, before / group["lr"])
            return super().step(closure)

    return SGD


def make_optimizer(parameters: Any, options: Mapping[str, Any], matched: bool) -> Tuple[Any, Any]:
    """Make the optimiser and, if the config names a decay, its schedule: lr / (1 + decay * updates)."""
    from torch import optim

    options = dict(options)
    sgd = sgd_with_rate_in_momentum() if matched else optim.SGD
    classes = {"adadelta": optim.Adadelta, "rmsprop": optim.RMSprop, "sgd": sgd}
    name = options.pop("name")
    decay = options.pop("decay", 0)
    other = {"learning_rate": "lr", "epsilon": "eps"}
    if name == "rmsprop":
        other["rho"] = "alpha"
    optimizer = classes[name](parameters, **{other.get(key, key): options[key] for key in options})
    if not decay:
        return optimizer, None
    return optimizer, optim.lr_scheduler.LambdaLR(optimizer, lambda n: 1 / (1 + decay * n))


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
        self.model = modules(network["layers"], rows.input_shape).to(self.device)
        self.loss = torch.nn.CrossEntropyLoss()
        self.optimizer, self.schedule = self._optimizer(training["optimizer"], settings == "matched")
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
        import numpy as np
        import torch

        def channels_first(x: Array) -> Any:
            return torch.from_numpy(np.ascontiguousarray(np.moveaxis(x, -1, 1) if x.ndim == 4 else x))

        x, y = channels_first(rows.x_train), torch.from_numpy(rows.y_train)
        return Tensors(
            train=torch.utils.data.TensorDataset(x, y),
            x_test=channels_first(rows.x_test),
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

    def parameter_count(self) -> int:
        return sum(p.numel() for p in self.model.parameters() if p.requires_grad)

    def set_weights(self, arrays: Sequence[Array]) -> None:
        import torch

        native = list(arrays)
        native[::2] = map(native_kernel, arrays[::2], self.flattened)
        with torch.no_grad():
            for parameter, array in zip(self.model.parameters(), native):
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
        found[::2] = map(canonical_kernel, found[::2], self.flattened)
        return found

    def _train_step(self, x: Any, y: Any) -> Any:
        """Train on one batch, and give its summed loss before that: 0-dimensional, on the device."""
        x, y = x.to(self.device, non_blocking=True), y.to(self.device, non_blocking=True)
        self.optimizer.zero_grad()
        loss = self.loss(self.model(x), y)
        loss.backward()
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

        gpu = self.device.type == "cuda"
        return {
            "gpu_peak_memory_mb": torch.cuda.max_memory_allocated() / 2**20 if gpu else None,
            "framework_version": torch.__version__,
            "threads_reported": torch.get_num_threads(),
            "precision": ", ".join({str(p.dtype).replace("torch.", "") for p in self.model.parameters()}),
            "tf32": torch.backends.cudnn.allow_tf32,
            "blas": "MKL" if torch.backends.mkl.is_available() else "other",
            "onednn": torch.backends.mkldnn.is_available(),
            "compile": "eager",
            "input_path": self.asked["input_path"],
            "layout": layout_of(self.model) or self.asked["layout"],
        }
