"""JAX as fast as it goes: rows on the device, a step picks its own; on a GPU an epoch is one program."""

# JAX is not installed where types are checked.
# pyright: reportMissingModuleSource=false

from types import MappingProxyType
from typing import Any, Callable, List, Mapping, Optional, Sequence, Tuple

from scripts.training.fold_data import Rows
from scripts.training.frameworks._shared.xla_layers import (
    convolve_in_parts,
    first_max_pool,
    quick_dropout,
)
from scripts.training.frameworks.jax.idiomatic import Idiomatic, State, mean
from scripts.training.frameworks.trainer import Array, Order
from scripts.training.timing import EpochClock


class Tuned(Idiomatic):
    """The same network, loss and optimiser.

    The rows lie on the device, and a step takes the numbers of those of its batch. It may overwrite the
    state that it is given. The gradients of max pooling and, on a CPU, of kernels are computed otherwise:
    see xla_layers.py. On a GPU all steps of an epoch are one program, in which a CPU would take many times as
    long for the gradient of a kernel: see docs/method.md.
    """

    pool, dropout = staticmethod(first_max_pool), staticmethod(quick_dropout)

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
        import jax

        if device == "cpu":
            self.convolve = convolve_in_parts
        super().__init__(network, training, rows, seed=seed, device=device, settings=settings)
        self.x, self.y = jax.device_put((rows.x_train, rows.y_train))
        self.step_on = jax.jit(self._step_on, donate_argnums=0)
        self.epoch = jax.jit(self._epoch, donate_argnums=0)
        self.whole_epochs = device == "gpu"
        steps = "an epoch in one program" if self.whole_epochs else "a step picks its rows"
        self.asked = MappingProxyType({**Idiomatic.asked, "input_path": f"rows on the device, {steps}"})

    def _step_on(self, state: State, x: Array, y: Array, rows: Array) -> Tuple[State, Any]:
        """Train on the rows of these numbers: give the new state, and the mean loss before."""
        return self._train_step(state, x[rows], y[rows])

    def _epoch(self, state: State, x: Array, y: Array, order: Array) -> Tuple[State, Any]:
        """Train on all rows in this order: give the new state, and the mean loss."""
        import jax

        full, few = divmod(len(order), self.batch_size)
        total = jax.numpy.zeros((), x.dtype)
        if full:
            batches = order[: full * self.batch_size].reshape(full, self.batch_size)
            state, losses = jax.lax.scan(lambda state, rows: self._step_on(state, x, y, rows), state, batches)
            total += losses.sum() * self.batch_size
        if few:
            state, loss = self._step_on(state, x, y, order[-few:])
            total += loss * few
        return state, total / len(order)

    def _mean_loss(self, order: Array) -> Callable[[], float]:
        """Train on the rows in this order, and return a function that gives the mean loss."""
        if self.whole_epochs:
            self.state, loss = self.epoch(self.state, self.x, self.y, order)
            return lambda: float(loss)
        losses = []
        for start in range(0, len(order), self.batch_size):
            rows = order[start : start + self.batch_size]
            self.state, loss = self.step_on(self.state, self.x, self.y, rows)
            losses.append((loss, len(rows)))
        return lambda: mean(losses)

    def _shuffled(self) -> Array:
        return self.shuffler.permutation(len(self.rows.y_train)).astype("int32")

    def train(self, epochs: int, clock: EpochClock, order: Optional[Order] = None) -> None:
        for epoch in range(epochs):
            rows = None if order is None else order(epoch).astype("int32")
            clock.start()
            loss = self._mean_loss(self._shuffled() if rows is None else rows)
            clock.stop(loss)

    def step(self) -> None:
        order = self._shuffled()
        if not self.whole_epochs:  # a whole batch and one like the last
            order = order[: self.batch_size + len(order) % self.batch_size]
        self._mean_loss(order)

    def first_losses(self, batches: Sequence[Array]) -> List[float]:
        return [self._mean_loss(batch.astype("int32"))() for batch in batches]

    def snapshot(self) -> Any:
        """Copy the state, which the next step may overwrite."""
        import jax

        state, random_state = super().snapshot()
        return jax.tree.map(jax.numpy.copy, state), random_state

    def restore(self, state: Any) -> None:
        import jax

        saved, random_state = state
        super().restore((jax.tree.map(jax.numpy.copy, saved), random_state))
