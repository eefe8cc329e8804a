"""MXNet as fast as it goes: one compiled graph for network and loss, rows in order once an epoch."""

# MXNet is not installed where types are checked: see typings/.
# pyright: reportMissingModuleSource=false

from typing import Any, Callable, List, Optional, Sequence

from scripts.training.frameworks.mxnet.idiomatic import Idiomatic
from scripts.training.frameworks.trainer import Array, Order
from scripts.training.timing import EpochClock


class Tuned(Idiomatic):
    """The same blocks and optimiser; network and loss are one graph with memory planned ahead.

    A DataLoader picks and stacks row by row in Python. Here the rows are an NDArray, each epoch puts them in
    order at once, and a batch is a slice of them.
    """

    compile, input_path = "hybridized, static_alloc, static_shape", "NDArray, slices of a batch"

    def __init__(self, *args: Any, **options: Any) -> None:
        from mxnet import nd

        super().__init__(*args, **options)
        for block in (self.model, self.loss):
            block.hybridize(static_alloc=True, static_shape=True)
        self.x, self.y = (nd.array(values, dtype=values.dtype) for values in (self.rows.x, self.rows.y))

    def _mean_loss(self, order: Array) -> Callable[[], float]:
        """Train on the rows in this order, and return a function that gives the mean loss."""
        from mxnet import nd

        rows = nd.array(order, dtype=order.dtype)
        x, y, total = nd.take(self.x, rows), nd.take(self.y, rows), nd.zeros(1, dtype=self.rows.x.dtype)
        for first in range(0, len(order), self.batch_size):
            last = min(first + self.batch_size, len(order))
            total += self._train_step(x[first:last], y[first:last])
        return lambda: total.asscalar() / len(order)

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
