"""Keras on JAX as fast as it goes: rows on the device, a training step picks its own."""

# JAX is not installed where types are checked.
# pyright: reportMissingModuleSource=false

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Callable, List, Mapping, Optional, Sequence, Tuple

from scripts.training.frameworks.keras_jax.idiomatic import Idiomatic
from scripts.training.frameworks.trainer import Array, Order
from scripts.training.timing import EpochClock

if TYPE_CHECKING:
    from scripts.training.frameworks._shared.keras import OneHotRows

# Weights, what else the network changes, the optimiser's variables; the sum of the losses of the rows.
State = Tuple[List[Array], List[Array], List[Array], Array]


class Tuned(Idiomatic):
    """The same Keras model, loss and optimiser; what is left out is fit().

    fit() hands over one batch of NumPy rows after the other, and keeps metrics and callbacks between the
    steps. Here rows and one-hot labels lie on the device, and a step takes the numbers of its rows. It may
    overwrite the state that it is given, as in Keras's guide to JAX.
    """

    asked = MappingProxyType(
        {"compile": "jax.jit", "layout": "NHWC", "input_path": "rows on the device, a step picks its rows"}
    )

    def __init__(
        self,
        network: Mapping[str, Any],
        training: Mapping[str, Any],
        rows: "OneHotRows",
        *,
        seed: int,
        device: str,
        settings: str,
    ) -> None:
        import jax

        super().__init__(network, training, rows, seed=seed, device=device, settings=settings)
        self.x, self.y = jax.device_put((rows.x_train, rows.one_hot))
        self._variables()  # the optimiser makes its own
        self.step_on = jax.jit(self._step_on, donate_argnums=0)
        self.total: Any = ()  # of the last epoch, on the device

    def _holders(self) -> List[List[Any]]:
        """List the Keras variables of a State."""
        model = self.model
        return [model.trainable_variables, model.non_trainable_variables, model.optimizer.variables]

    def _state(self) -> List[List[Array]]:
        return [[variable.value for variable in some] for some in self._holders()]

    def _keep(self, state: Sequence[List[Array]]) -> None:
        """Give the Keras variables what was trained; a step has overwritten what they had."""
        for variables, values in zip(self._holders(), state):
            for variable, value in zip(variables, values):
                variable.assign(value)

    def _step_on(self, state: State, x: Array, y: Array, rows: Array) -> State:
        """Train on the rows of these numbers, and add up their losses before it."""
        import jax

        weights, others, constants, total = state
        of_loss = jax.value_and_grad(self._loss, has_aux=True)
        (loss, others), gradients = of_loss(weights, others, x[rows], y[rows])
        weights, constants = self.model.optimizer.stateless_apply(constants, gradients, weights)
        return weights, others, constants, total + loss * len(rows)

    def _epoch(
        self, state: Sequence[List[Array]], order: Array
    ) -> Tuple[List[List[Array]], Callable[[], float]]:
        """Train on the rows in this order: give the new state, and a function that gives the mean loss."""
        import numpy as np

        begun: Any = (*state, np.zeros((), self.x.dtype))
        for start in range(0, len(order), self.batch_size):
            begun = self.step_on(begun, self.x, self.y, order[start : start + self.batch_size])
        *state, self.total = begun
        return list(state), lambda total=self.total: float(total) / len(order)

    def step(self) -> None:
        import numpy as np

        few = (
            self.batch_size + len(self.rows.y_train) % self.batch_size
        )  # a whole batch and one like the last
        state, _ = self._epoch(self._state(), np.arange(few))
        self._keep(state)

    def train(self, epochs: int, clock: EpochClock, order: Optional[Order] = None) -> None:
        import numpy as np

        state = self._state()
        for epoch in range(epochs):
            rows = None if order is None else order(epoch)
            clock.start()
            shuffled = np.random.permutation(len(self.rows.y_train)) if rows is None else rows
            state, loss = self._epoch(state, shuffled)
            clock.stop(loss)
        self._keep(state)

    def first_losses(self, batches: Sequence[Array]) -> List[float]:
        losses, state = [], self._state()
        for batch in batches:
            state, loss = self._epoch(state, batch)
            losses.append(loss())
        self._keep(state)
        return losses

    def synchronize(self) -> None:
        import jax

        jax.block_until_ready(self.total)

    def compile_mode(self) -> str:
        import jax

        return "eager" if jax.config.jax_disable_jit else "jax.jit"
