"""PyTensor as fast as it goes: for images programs in C with MKL, which take their batches by themselves."""

# PyTensor is not installed where types are checked: see typings/.
# pyright: reportMissingModuleSource=false

from functools import cached_property
from typing import Any, Dict, List, Optional, Sequence, Tuple

from scripts.training.frameworks.pytensor.idiomatic import Idiomatic
from scripts.training.frameworks.trainer import Array, Order
from scripts.training.timing import EpochClock


class Tuned(Idiomatic):
    """The same network, loss and optimiser; arguments of a program are taken as they are.

    Networks of images are compiled in C, where elementwise operations have several threads and the matrix
    products are MKL's, and a step takes its batch from shared variables by itself. Those of dense layers
    alone are compiled by Numba, whose short steps cost less, and where picking rows one by one costs more.
    """

    @property
    def asked(self) -> Dict[str, Optional[str]]:  # pyright: ignore[reportIncompatibleVariableOverride]
        in_c = "shared variables, batches taken by the program"
        path = in_c if self._takes_batches() else "NumPy arrays, not checked"
        return {"compile": None, "layout": None, "input_path": path}

    def _takes_batches(self) -> bool:
        """Return whether a program takes its batches by itself: whether it is compiled in C."""
        return len(self.input_shape) == 3

    def _mode(self) -> Optional[str]:
        return "CVM" if self._takes_batches() else "NUMBA"

    def _batch(self) -> Tuple[Any, Any]:
        import numpy as np
        import pytensor

        if not self._takes_batches():
            return self._arguments()
        self.order = pytensor.shared(np.arange(len(self.rows.y_train)))
        self.at = pytensor.shared(np.int64(0))  # place in the order
        self.total = pytensor.shared(np.zeros((), pytensor.config.floatX))  # sum of the losses of the rows
        x, y = (pytensor.shared(array, borrow=True) for array in (self.rows.x_train, self.rows.y_train))
        taken = self.order[self.at : self.at + self.batch_size]
        return x[taken], y[taken]

    @cached_property
    def program(self) -> Any:
        """One training step: on x, y, or on the next rows of the order; compiled with the first step."""
        import pytensor

        arguments, result, updates = [*self.batch], self.loss, self.updates
        if self._takes_batches():
            rows = self.batch[1].shape[0]
            total = self.total + self.loss * rows.astype(pytensor.config.floatX)
            arguments, result = [], []
            updates = [*updates, (self.at, self.at + rows), (self.total, total)]
        with pytensor.config.change_flags(allow_gc=False):  # intermediate results keep their memory
            return pytensor.function(arguments, result, updates=updates, mode=self.mode, trust_input=True)

    def _run(self, order: Array) -> float:
        """Train on the rows in this order, the last batch perhaps smaller, and give their mean loss."""
        import numpy as np

        if not self._takes_batches():
            return self._epoch(*self._in_order(order)) / len(order)
        self.order.set_value(order, borrow=True)
        self.at.set_value(np.int64(0))
        self.total.set_value(np.zeros((), self.total.dtype))
        self.program.vm(n_calls=-(-len(order) // self.batch_size))
        return float(self.total.get_value()) / len(order)

    def step(self) -> None:
        import numpy as np

        self._run(np.arange(min(self.batch_size, len(self.rows.y_train))))

    def train(self, epochs: int, clock: EpochClock, order: Optional[Order] = None) -> None:
        for epoch in range(epochs):
            rows = order(epoch) if order else None
            clock.start()
            loss = self._run(self.random.permutation(len(self.rows.y_train)) if rows is None else rows)
            clock.stop(lambda loss=loss: loss)

    def first_losses(self, batches: Sequence[Array]) -> List[float]:
        return [self._run(batch) for batch in batches]
