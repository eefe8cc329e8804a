"""Chainer as fast as it goes: rows in order once an epoch, types of arrays not checked."""

# Chainer is not installed where types are checked: see typings/.
# pyright: reportMissingModuleSource=false

from typing import Any, Callable, List, Optional, Sequence

from scripts.training.frameworks.chainer import quick_layers
from scripts.training.frameworks.chainer.idiomatic import Idiomatic
from scripts.training.frameworks.trainer import Array, Order
from scripts.training.timing import EpochClock


class Tuned(Idiomatic):
    """The same links and optimiser; what is left out is the work around them.

    An iterator picks and stacks row by row in Python. Here each epoch puts the rows in order at once, and a
    batch is a view of them.
    """

    input_path = "NumPy arrays, views of a batch"

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        quick_layers.put_into(self.model)

    def _mean_loss(self, order: Array) -> Callable[[], float]:
        """Train on the rows in this order, and return a function that gives the mean loss."""
        import chainer
        import numpy as np

        x, y, total = self.rows.x[order], self.rows.y[order], np.zeros((), self.rows.x.dtype)
        with chainer.using_config("type_check", False):
            for first in range(0, len(order), self.batch_size):
                last = first + self.batch_size
                total += self._train_step(x[first:last], y[first:last])
        return lambda: float(total) / len(order)

    def first_losses(self, batches: Sequence[Array]) -> List[float]:
        return [self._mean_loss(batch)() for batch in batches]

    def _shuffled(self) -> Array:
        import numpy as np

        return np.random.permutation(len(self.rows.y))

    def step(self) -> None:
        few = self.batch_size + len(self.rows.y) % self.batch_size  # a whole batch and one like the last
        self._mean_loss(self._shuffled()[:few])

    def train(self, epochs: int, clock: EpochClock, order: Optional[Order] = None) -> None:
        for epoch in range(epochs):
            rows = order(epoch) if order else None
            clock.start()
            clock.stop(self._mean_loss(self._shuffled() if rows is None else rows))
