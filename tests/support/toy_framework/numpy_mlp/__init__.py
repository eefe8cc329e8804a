"""Plain NumPy: dense layers with ReLU, dropout and softmax, trained with RMSprop.

As small as a framework can be: what one has to write to add one. A test lays it into a copy of the tree.
"""

from collections.abc import Callable
from types import MappingProxyType
from typing import Any

from scripts.training.fold_data import Rows
from scripts.training.frameworks.trainer import Array, Framework, Order, Trainer
from scripts.training.machine.thread_pools import report
from scripts.training.timing import EpochClock, square_matrices


def set_up(threads: int, device: str, precision: str = "float32") -> None:
    """Import NumPy, which takes its threads from the environment."""
    import numpy  # noqa: F401


def matrix_product(n: int, device: str) -> Callable[[], Array]:
    """Return the product of the two matrices of the calibration."""
    a, b = square_matrices(n)
    return lambda: a @ b


class Idiomatic(Trainer):
    """`weights` are kernel, bias, kernel, ...; `squares` are RMSprop's means of their squared gradients."""

    asked = MappingProxyType({"compile": None, "layout": "rows of features", "input_path": "NumPy arrays"})

    def __init__(self, network, training, rows: Rows, *, seed: int, device: str, settings: str):
        import numpy as np

        self.layers = [layer for layer in network["layers"] if layer["type"] in ("dense", "dropout")]
        self.rows, self.batch_size = rows, training["batch_size"]
        self.rate = training["optimizer"]["learning_rate"]
        self.random = np.random.RandomState(seed)
        self.weights, width = [], rows.x_train.shape[1]
        for layer in self.layers:
            if layer["type"] == "dense":
                limit = (6 / (width + layer["units"])) ** 0.5  # Glorot's
                kernel = self.random.uniform(-limit, limit, (width, layer["units"]))
                self.weights += [kernel.astype(np.float32), np.zeros(layer["units"], np.float32)]
                width = layer["units"]
        self.squares = [np.zeros_like(weight) for weight in self.weights]

    @staticmethod
    def convert(rows: Rows) -> Rows:
        rows.x_train, rows.x_test = (x.reshape(len(x), -1) for x in (rows.x_train, rows.x_test))
        return rows

    def parameter_count(self) -> int:
        return sum(weight.size for weight in self.weights)

    def _forward(self, x: Array, training: bool) -> tuple[Array, list[tuple[Array, Array]]]:
        """Probabilities, and of each dense layer its input and the factor of its input's gradient."""
        import numpy as np

        inputs, factor, weights = [], np.float32(1), iter(self.weights)
        for layer in self.layers:
            if layer["type"] == "dropout":
                if training:
                    kept = np.float32(1 - layer["rate"])
                    mask = (self.random.random_sample(x.shape) < kept) / kept
                    x, factor = x * mask.astype(np.float32), factor * mask.astype(np.float32)
                continue
            inputs.append((x, factor))
            x = x @ next(weights) + next(weights)
            factor = np.float32(1)
            if layer["activation"] == "relu":
                factor = (x > 0).astype(np.float32)
                x = x * factor
        powers = np.exp(x - x.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True), inputs

    def _train_step(self, rows: Array) -> float:
        """Update once; gives the sum of the rows' losses, before it."""
        import numpy as np

        labels, every = self.rows.y_train[rows], np.arange(len(rows))
        probabilities, inputs = self._forward(self.rows.x_train[rows], training=True)
        loss = -np.log(np.maximum(probabilities[every, labels], 1e-7)).sum()
        gradient = probabilities
        gradient[every, labels] -= 1
        gradient /= len(rows)
        gradients: list[Array] = []
        for (x, factor), kernel in zip(reversed(inputs), self.weights[-2::-2], strict=True):
            gradients[:0] = [x.T @ gradient, gradient.sum(axis=0)]
            gradient = (gradient @ kernel.T) * factor
        for weight, square, mean in zip(self.weights, self.squares, gradients, strict=True):
            square[...] += 0.1 * (mean**2 - square)
            weight[...] -= self.rate * mean / (square**0.5 + 1e-7)
        return float(loss)

    def step(self) -> None:
        self._train_step(self.random.permutation(len(self.rows.y_train))[: self.batch_size])

    def snapshot(self) -> Any:
        return [array.copy() for array in self.weights + self.squares], self.random.get_state()

    def restore(self, state: Any) -> None:
        arrays, random_state = state
        for array, value in zip(self.weights + self.squares, arrays, strict=True):
            array[...] = value
        self.random.set_state(random_state)

    def train(self, epochs: int, clock: EpochClock, order: Order | None = None) -> None:
        count = len(self.rows.y_train)
        for _ in range(epochs):
            clock.start()
            rows, total = self.random.permutation(count), 0.0
            for at in range(0, count, self.batch_size):
                total += self._train_step(rows[at : at + self.batch_size])
            clock.stop(lambda total=total: total / count)

    def predict(self) -> Array:
        return self._forward(self.rows.x_test, training=False)[0]

    def synchronize(self) -> None:
        """NumPy leaves nothing running."""

    def facts(self) -> dict[str, Any]:
        import numpy as np

        facts = {"framework_version": np.__version__, "threads_reported": report().get("OpenBLAS")}
        return {**facts, **self.asked, "compile": "eager", "precision": str(self.weights[0].dtype)}


FRAMEWORK = Framework(
    label="NumPy",
    colour="#602070",
    line=(0, (10, 3, 2, 3)),
    marker="p",
    devices=("cpu",),
    settings=("published",),
    trainers={"idiomatic": Idiomatic},
)
