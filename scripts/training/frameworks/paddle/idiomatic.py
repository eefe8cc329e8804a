"""PaddlePaddle as its documentation shows it: DataLoader, layers, optimiser, the plain loop."""

# PaddlePaddle is not installed where types are checked: see typings/.
# pyright: reportMissingModuleSource=false

from dataclasses import dataclass
from itertools import chain
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from scripts.training.fold_data import Rows
from scripts.training.frameworks._shared.layouts import flatten_orders, nchw
from scripts.training.frameworks.paddle.kernels import canonical, native
from scripts.training.frameworks.paddle.layers import modules
from scripts.training.frameworks.paddle.optimizers import FormulaOptimizer, own_optimizer
from scripts.training.frameworks.trainer import Array, Order, Part, Trainer, parts_of
from scripts.training.timing import EpochClock


@dataclass
class Converted:
    """x: float32, (rows, channels, height, width) or (rows, features); y: int64, (rows,)."""

    x: Array
    y: Array
    x_test: Array
    input_shape: Tuple[int, ...]  # of a row in the prepared data, NHWC


class Idiomatic(Trainer):
    """The documentation's way: a DataLoader, an nn.Sequential and the plain training loop."""

    def __init__(
        self,
        network: Mapping[str, Any],
        training: Mapping[str, Any],
        rows: Converted,
        *,
        seed: int,
        device: str,
        settings: str,
    ) -> None:
        import paddle

        paddle.seed(seed)
        seed_numpy(seed)
        made = modules(network["layers"], rows.input_shape)
        self.counts = [len(some) for some in made]  # of what stands for each layer
        self.model = paddle.nn.Sequential(*chain(*made))
        self.loss = paddle.nn.CrossEntropyLoss()
        self.options, self.matched = training["optimizer"], settings == "matched"
        self.optimizer, self.schedule = self._optimizer()
        self.batch_size = training["batch_size"]
        self.rows = rows
        self.flattened = flatten_orders(network["layers"], rows.input_shape)
        self.images = len(rows.input_shape) == 3
        # A dict for each trainer, as Tuned changes some.
        self.asked: Dict[str, Optional[str]] = {  # pyright: ignore[reportIncompatibleVariableOverride]
            "compile": "eager",
            "layout": "NCHW" if self.images else "rows of features",
            "input_path": "DataLoader over a TensorDataset",
        }

    def _weights(self) -> List[Any]:
        """List the parameters that are trained; running values of a batch_norm are parameters, too."""
        return [parameter for parameter in self.model.parameters() if not parameter.stop_gradient]

    def _optimizer(self) -> Tuple[Any, Any]:
        parameters = self._weights()
        if self.matched:
            return FormulaOptimizer(parameters, self.options), None
        return own_optimizer(self.options, parameters=parameters)

    @staticmethod
    def convert(rows: Rows) -> Converted:
        x, x_test = nchw(rows.x_train), nchw(rows.x_test)
        return Converted(x, rows.y_train, x_test, rows.x_train.shape[1:])

    def _loader(self, x: Array, y: Array, shuffle: bool) -> Any:
        import paddle
        from paddle.io import DataLoader, TensorDataset

        dataset = TensorDataset([paddle.to_tensor(x), paddle.to_tensor(y)])
        return DataLoader(dataset, batch_size=self.batch_size, shuffle=shuffle)

    def list_layers(self) -> List[List[Part]]:
        import paddle

        def size(layer: Any) -> int:
            return sum(int(weight.size) for weight in layer.parameters() if not weight.stop_gradient)

        self.model.eval()
        with paddle.no_grad():
            x = paddle.to_tensor(self.rows.x_test[:1])
            return parts_of(self.model.children(), self.counts, x, size)

    def parameter_count(self) -> int:
        return sum(int(weight.size) for weight in self._weights())

    def set_weights(self, arrays: Sequence[Array]) -> None:
        self._set_native([array.astype(self.rows.x.dtype) for array in native(arrays, self.flattened)])

    def _set_native(self, arrays: Sequence[Array]) -> None:
        """Set the weights, as PaddlePaddle has them."""
        for parameter, array in zip(self._weights(), arrays):
            parameter.set_value(array)

    def first_losses(self, batches: Sequence[Array]) -> List[float]:
        import paddle

        self.model.train()
        found = []
        for batch in batches:
            x, y = paddle.to_tensor(self.rows.x[batch]), paddle.to_tensor(self.rows.y[batch])
            found.append(float(self._train_step(x, y)) / len(batch))
        return found

    def gradients(self, batch: Array) -> List[Array]:
        import paddle

        self.model.train()
        x, y = paddle.to_tensor(self.rows.x[batch]), paddle.to_tensor(self.rows.y[batch])
        self.loss(self.model(x), y).backward()
        found = [parameter.grad.numpy() for parameter in self._weights()]
        self.optimizer.clear_grad()
        return canonical(found, self.flattened)

    def _train_step(self, x: Any, y: Any) -> Any:
        """Train on one batch, and give its summed loss before that: a tensor of one number."""
        loss = self.loss(self.model(x), y)
        loss.backward()
        self.optimizer.step()
        self.optimizer.clear_grad()
        if self.schedule:
            self.schedule.step()
        return loss.detach() * len(x)

    def step(self) -> None:
        self.model.train()
        self._train_step(*next(iter(self._loader(self.rows.x, self.rows.y, shuffle=True))))

    def snapshot(self) -> Any:
        import copy

        import numpy as np
        import paddle

        states = [copy.deepcopy(part.state_dict()) for part in (self.model, self.optimizer)]
        return states, paddle.get_rng_state(), np.random.get_state()

    def restore(self, state: Any) -> None:
        import numpy as np
        import paddle

        (model, optimizer), random_state, order_state = state
        self.model.set_state_dict(model)
        if len(optimizer) < len(self.optimizer.state_dict()):  # its state was made by a step since: as zeros
            self.optimizer, self.schedule = self._optimizer()
        self.optimizer.set_state_dict(optimizer)
        paddle.set_rng_state(random_state)
        np.random.set_state(order_state)

    def train(self, epochs: int, clock: EpochClock, order: Optional[Order] = None) -> None:
        import paddle

        self.model.train()
        loader = self._loader(self.rows.x, self.rows.y, shuffle=True)
        for epoch in range(epochs):
            if order:  # matched settings: rows are put in order before the clock starts
                rows = order(epoch)
                loader = self._loader(self.rows.x[rows], self.rows.y[rows], shuffle=False)
            clock.start()
            total = paddle.zeros([])
            for x, y in loader:
                total += self._train_step(x, y)
            clock.stop(lambda total=total: float(total) / len(self.rows.y))

    def predict(self) -> Array:
        import numpy as np
        import paddle

        self.model.eval()
        parts = []
        with paddle.no_grad():
            for first in range(0, len(self.rows.x_test), self.batch_size):
                x = paddle.to_tensor(self.rows.x_test[first : first + self.batch_size])
                parts.append(paddle.nn.functional.softmax(self.model(x)).numpy())
        return np.concatenate(parts)

    def synchronize(self) -> None:
        """On a CPU each operation has ended when its call returns."""

    def facts(self) -> Dict[str, Any]:
        import paddle

        weights = self._weights()
        return {
            "framework_version": paddle.__version__,
            "threads_reported": None,  # it has no call that gives them
            "precision": str(weights[0].numpy().dtype),
            "device": paddle.get_device(),
            "blas": "MKL" if paddle.base.core.is_compiled_with_mkldnn() else "other",
            "onednn": bool(paddle.get_flags("FLAGS_use_onednn")["FLAGS_use_onednn"]),
            "compile": "eager",
            "input_path": self.asked["input_path"],
            "layout": self._layout(),
        }

    def _layout(self) -> str:
        """Read the layout from the convolutions."""
        formats = {str(getattr(layer, "_data_format", "")) for layer in self.model.sublayers()} - {""}
        return ", ".join(sorted(formats)) or "rows of features"


def seed_numpy(seed: int) -> None:
    """Seed NumPy, by which PaddlePaddle's DataLoader shuffles."""
    import numpy as np

    np.random.seed(seed % 2**32)
