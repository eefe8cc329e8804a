"""PyTensor as its documentation shows it: a symbolic graph, shared variables, a function with updates."""

# PyTensor is not installed where types are checked: see typings/.
# pyright: reportMissingModuleSource=false, reportMissingImports=false

from functools import cached_property
from types import MappingProxyType
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from scripts.core.network import product
from scripts.training.fold_data import Rows
from scripts.training.frameworks.pytensor import optimizers
from scripts.training.frameworks.pytensor.layers import cross_entropy, drawn, logits
from scripts.training.frameworks.trainer import Array, Order, Trainer
from scripts.training.machine import thread_pools
from scripts.training.timing import EpochClock

# What runs a compiled program: its class, as it is read back. Numba's is a closure.
COMPILERS = {"function": "Numba", "CVM": "C, called by a loop in C"}


class Idiomatic(Trainer):
    """The documentation's way: one compiled function, called with the NumPy arrays of each batch."""

    asked: Mapping[str, Optional[str]] = MappingProxyType(
        {"compile": None, "layout": None, "input_path": "NumPy arrays of each batch, as arguments"}
    )

    def __init__(
        self,
        network: Mapping[str, Any],
        training: Mapping[str, Any],
        rows: Rows,
        *,
        seed: int,
        device: str,
        settings: str,
    ) -> None:
        import numpy as np
        from pytensor.tensor.random import shared_rng

        self.layers, self.rows, self.batch_size = network["layers"], rows, training["batch_size"]
        self.input_shape = rows.x_train.shape[1:]
        self.variables = drawn(self.layers, self.input_shape, seed)
        self.parameters = self.variables.parameters
        self.generator = shared_rng(seed=seed)  # of dropout
        self.random = np.random.RandomState(seed)  # of the order of the rows
        self.mode = self._mode()
        self.batch = self._batch()
        self.loss, self.updates = self._step(training["optimizer"], *self.batch)

    @staticmethod
    def convert(rows: Rows) -> Rows:
        return rows

    def _mode(self) -> Optional[str]:
        """Name the compiler; None: PyTensor's default."""
        return None

    def _arguments(self) -> Tuple[Any, Any]:
        """Make the arguments of a program: rows x, and their labels."""
        import pytensor
        import pytensor.tensor as pt

        x = pt.tensor("x", dtype=pytensor.config.floatX, shape=(None, *self.input_shape))
        return x, pt.vector("y", dtype="int64")

    def _batch(self) -> Tuple[Any, Any]:
        """Give the symbols of a batch: x, and its labels."""
        return self._arguments()

    def _logits(self, x: Any, generator: Any = None) -> Tuple[Any, Any]:
        return logits(self.layers, self.input_shape, self.variables, x, generator)

    def _step(self, optimizer: Mapping[str, Any], x: Any, y: Any) -> Tuple[Any, List[Tuple[Any, Any]]]:
        """Write down the loss of a batch, and the updates of a step on it."""
        import pytensor

        out, changed = self._logits(x, self.generator)
        loss = cross_entropy(out, y)
        gradients = pytensor.grad(loss, self.parameters)
        updates = optimizers.updates(optimizer, self.parameters, gradients)
        return loss, [*updates, *changed]

    @cached_property
    def program(self) -> Any:
        """One training step: x, y -> the mean loss before it. It is compiled with the first step."""
        import pytensor

        return pytensor.function([*self.batch], self.loss, updates=self.updates, mode=self.mode)

    @cached_property
    def prediction(self) -> Any:
        """The class probabilities of rows; compiled with the first prediction."""
        import pytensor
        import pytensor.tensor as pt

        x, _ = self._arguments()
        return pytensor.function([x], pt.special.softmax(self._logits(x)[0], axis=1), mode=self.mode)

    def parameter_count(self) -> int:
        return sum(product(parameter.get_value(borrow=True).shape) for parameter in self.parameters)

    def set_weights(self, arrays: Sequence[Array]) -> None:
        for parameter, array in zip(self.parameters, arrays):
            parameter.set_value(array.astype(parameter.dtype))

    def first_losses(self, batches: Sequence[Array]) -> List[float]:
        x, y = self.rows.x_train, self.rows.y_train
        return [float(self.program(x[batch], y[batch])) for batch in batches]

    def gradients(self, batch: Array) -> List[Array]:
        import pytensor

        x, y = self._arguments()
        found = pytensor.grad(cross_entropy(self._logits(x, self.generator)[0], y), self.parameters)
        program = pytensor.function([x, y], found, mode=self.mode)
        return program(self.rows.x_train[batch], self.rows.y_train[batch])

    def step(self) -> None:
        self.program(self.rows.x_train[: self.batch_size], self.rows.y_train[: self.batch_size])

    def snapshot(self) -> Any:
        changing = [variable for variable, _ in self.updates]
        return [(variable, variable.get_value()) for variable in changing], self.random.get_state()

    def restore(self, state: Any) -> None:
        values, random_state = state
        for variable, value in values:
            variable.set_value(value)
        self.random.set_state(random_state)

    def _in_order(self, rows: Array) -> Tuple[Array, Array]:
        return self.rows.x_train[rows], self.rows.y_train[rows]

    def train(self, epochs: int, clock: EpochClock, order: Optional[Order] = None) -> None:
        count = len(self.rows.y_train)
        for epoch in range(epochs):
            # Matched settings: rows are put in order before the clock starts.
            ordered = self._in_order(order(epoch)) if order else None
            clock.start()
            total = self._epoch(*(ordered or self._in_order(self.random.permutation(count))))
            clock.stop(lambda total=total: total / count)

    def _epoch(self, x: Array, y: Array) -> float:
        """Train on rows in their order, the last batch perhaps smaller, and give their summed loss."""
        count, total = len(y), 0.0
        for start in range(0, count, self.batch_size):
            batch = slice(start, min(start + self.batch_size, count))
            total += float(self.program(x[batch], y[batch])) * (batch.stop - start)
        return total

    def predict(self) -> Array:
        import numpy as np

        x = self.rows.x_test
        starts = range(0, len(x), self.batch_size)
        return np.concatenate([self.prediction(x[start : start + self.batch_size]) for start in starts])

    def synchronize(self) -> None:
        """Do nothing: a program has ended when it returns."""

    def _compiled_by(self) -> Optional[str]:
        """Read back what runs the training step; None before it is compiled."""
        runs = type(self.program.vm).__name__ if "program" in vars(self) else ""
        return COMPILERS.get(runs, runs) or None

    def facts(self) -> Dict[str, Any]:
        import numba
        import pytensor

        compiled, pools = self._compiled_by(), thread_pools.report()
        in_c = compiled == COMPILERS["CVM"]
        weights = [parameter.get_value(borrow=True) for parameter in self.parameters]
        return {
            "framework_version": pytensor.__version__,
            "numba": numba.__version__,
            "threads_reported": pools.get("MKL" if in_c else "OpenBLAS"),
            "precision": ", ".join(sorted({str(array.dtype) for array in weights})),
            "compile": compiled,
            "rewrites": pytensor.config.optimizer,
            "blas": pytensor.config.blas__ldflags if in_c else "SciPy's OpenBLAS",
            "compiler": (pytensor.config.cxx or "none: Python, very slow") if in_c else None,
            "fastmath": None if in_c else bool(pytensor.config.numba__fastmath),
            "input_path": self.asked["input_path"],
            "layout": "NHWC" if len(self.input_shape) == 3 else "rows of features",
        }
