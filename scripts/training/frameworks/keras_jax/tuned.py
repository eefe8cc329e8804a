"""Keras on JAX as fast as it goes: rows on the device, a training step picks its own."""

# JAX is not installed where types are checked.
# pyright: reportMissingModuleSource=false

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Callable, List, Mapping, Optional, Sequence, Tuple

from scripts.core.network import strides
from scripts.training.frameworks._shared.keras import Activations, keras_layers
from scripts.training.frameworks._shared.xla_layers import (
    convolve_in_parts,
    first_max_pool,
    quick_dropout,
)
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
    overwrite the state that it is given, as in Keras's guide to JAX. On a GPU all steps of an epoch are one
    program, which on a CPU makes the gradient of a kernel many times slower: see docs/method.md. Dropout
    and the gradients of max pooling and, on a CPU, of kernels are those of tuned JAX: see xla_layers.py.
    """

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
        self.steps_on = jax.jit(self._steps_on, donate_argnums=0)
        self.whole_epochs = device == "gpu"
        self.total: Any = ()  # of the last epoch, on the device
        steps = "an epoch in one program" if self.whole_epochs else "a step picks its rows"
        self.asked = MappingProxyType(
            {"compile": "jax.jit", "layout": "NHWC", "input_path": f"rows on the device, {steps}"}
        )

    def layers_of(self, layer: Mapping[str, Any], activations: Activations, initializer: str) -> List[Any]:
        """Make the Keras layers, with the calls of tuned JAX inside."""
        from keras import layers

        class FirstMaximumPooling(layers.MaxPooling2D):
            def call(self, x: Any) -> Any:
                return first_max_pool(x, layer["size"], strides(layer))

        class QuickDropout(layers.Dropout):
            def call(self, x: Any, training: bool = False) -> Any:
                return quick_dropout(x, self.rate, self.seed_generator.next()) if training else x

        if layer["type"] == "max_pool":
            return [FirstMaximumPooling(layer["size"], strides(layer))]
        if layer["type"] == "dropout":
            return [QuickDropout(layer["rate"])]
        *others, made = keras_layers(layer, activations, initializer)
        if layer["type"] == "conv" and self.device == "cpu":
            step, padding = strides(layer), made.padding  # valid where the zeros are a layer of their own
            made.convolution_op = lambda x, kernel: convolve_in_parts(x, kernel.value, padding, step)
        return [*others, made]

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

    def _steps_on(self, state: State, x: Array, y: Array, batches: Array) -> State:
        """Train on the batches of these numbers, (steps, rows)."""
        import jax

        state, _ = jax.lax.scan(lambda state, rows: (self._step_on(state, x, y, rows), None), state, batches)
        return state

    def _epoch(self, state: Any, order: Array) -> Tuple[List[List[Array]], Callable[[], float]]:
        """Train on the rows in this order: give the new state, and a function that gives the mean loss."""
        import jax

        state = (*state, jax.numpy.zeros((), self.x.dtype))
        order = order.astype("int32")
        full = len(order) // self.batch_size * self.batch_size if self.whole_epochs else 0
        if full:
            batches = order[:full].reshape(-1, self.batch_size)
            state = self.steps_on(state, self.x, self.y, batches)
        for start in range(full, len(order), self.batch_size):
            state = self.step_on(state, self.x, self.y, order[start : start + self.batch_size])
        *state, self.total = state
        return state, lambda total=self.total: float(total) / len(order)

    def step(self) -> None:
        import numpy as np

        count = len(self.rows.y_train)
        few = self.batch_size + count % self.batch_size  # a whole batch and one like the last
        # The program of a whole epoch is for its number of steps alone.
        state, _ = self._epoch(self._state(), np.arange(count if self.whole_epochs else few))
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
