"""Keras 3's optimisers with the formulas of matched settings, scripts/parity/numpy_optimizers.py.

All others keep their constants in tensors of the network's precision here, and epsilon outside the root.
"""

# Keras is not installed where types are checked: see typings/.
# pyright: reportMissingModuleSource=false

import math
from typing import Any, Dict, List, Sequence, Tuple

from scripts.training.frameworks._shared.learning_rate import LOG_OF_RISE


def formulas() -> Dict[str, Any]:
    """Give the classes by their names in the config; SGD and Adadelta are Keras's own."""
    return {
        **{"rmsprop": rmsprop(), "adam": adam("Adam"), "adamw": adam("AdamW")},
        **{"nadam": nadam(), "adagrad": adagrad()},
    }


def rmsprop() -> Any:
    """Make an RMSprop that divides by sqrt(a) + epsilon, as all others do; Keras 3 by sqrt(a + epsilon)."""
    import keras
    from keras import ops

    class RMSprop(keras.optimizers.RMSprop):
        def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
            mean_square = self._velocities[self._get_variable_index(variable)]
            self.assign(mean_square, self.rho * mean_square + (1 - self.rho) * ops.square(gradient))
            self.assign_sub(variable, learning_rate * gradient / (ops.sqrt(mean_square) + self.epsilon))

    return RMSprop


def adam(name: str) -> Any:
    """Make an Adam or AdamW that adds epsilon to the corrected root, as its paper does; Keras before that.

    Keras's own takes away the decay of AdamW, before the step.
    """
    import keras
    from keras import ops

    class Adam(getattr(keras.optimizers, name)):
        def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
            place = self._get_variable_index(variable)
            mean, square = self._momentums[place], self._velocities[place]
            self.assign(mean, self.beta_1 * mean + (1 - self.beta_1) * gradient)
            self.assign(square, self.beta_2 * square + (1 - self.beta_2) * ops.square(gradient))
            step = ops.cast(self.iterations + 1, variable.dtype)
            root = ops.sqrt(square / one_minus_power(self.beta_2, step)) + self.epsilon
            change = mean / one_minus_power(self.beta_1, step) / root
            self.assign_sub(variable, learning_rate * change)

    return Adam


def one_minus_power(base: float, exponent: Any) -> Any:
    """Compute 1 - base ** exponent with all digits, for a tensor of the network's precision."""
    from keras import ops

    return -ops.expm1(exponent * math.log(base)) if base else 1.0


def nadam() -> Any:
    """Make a Nadam whose momentum rises as slowly as the config says; Keras 3's rises 250 times as fast."""
    import keras
    from keras import ops

    class Nadam(with_momenta(keras.optimizers.Adam)):
        def _backend_update_step(
            self, grads: Sequence[Any], trainable_variables: List[Any], learning_rate: Any
        ) -> None:
            self.go_on()
            super()._backend_update_step(grads, trainable_variables, learning_rate)

        def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
            place = self._get_variable_index(variable)
            mean, square = self._momentums[place], self._velocities[place]
            self.assign(mean, self.beta_1 * mean + (1 - self.beta_1) * gradient)
            self.assign(square, self.beta_2 * square + (1 - self.beta_2) * ops.square(gradient))
            of_mean, of_gradient = self.factors()
            step = ops.cast(self.iterations + 1, variable.dtype)
            root = ops.sqrt(square / one_minus_power(self.beta_2, step)) + self.epsilon
            change = (of_mean * mean + of_gradient * gradient) / root
            self.assign_sub(variable, learning_rate * change)

    return Nadam


def with_momenta(adam: Any) -> Any:
    """Give the class of an Adam that knows Nadam's momentum, and 1 - the product of those of all steps."""
    from keras import ops

    class WithMomenta(adam):
        def __init__(self, momentum_decay: float = 0.004, **options: Any) -> None:
            super().__init__(**options)
            self.rise = momentum_decay * LOG_OF_RISE

        def build(self, variables: List[Any]) -> None:
            if not self.built:
                super().build(variables)
                self._gone = self.add_variable((), name="gone")

        def momentum(self, ahead: int) -> Any:
            step = ops.cast(self.iterations + ahead, self._gone.dtype)
            return self.beta_1 * (1 - ops.exp(step * self.rise) / 2)

        def go_on(self) -> None:
            """Take the momentum of this step into the product."""
            self.assign(self._gone, 1 - (1 - self._gone) * self.momentum(1))

        def factors(self) -> Tuple[Any, Any]:
            """Give what this step multiplies the mean of gradients, and its gradient, by."""
            now, then = self.momentum(1), self.momentum(2)
            return then / (1 - (1 - self._gone) * then), (1 - now) / self._gone

    return WithMomenta


def adagrad() -> Any:
    """Make an AdaGrad that divides by sqrt(a) + epsilon, a from 0; Keras's: sqrt(a + epsilon), from 0.1."""
    import keras
    from keras import ops

    class Adagrad(keras.optimizers.Adagrad):
        def __init__(self, **options: Any) -> None:
            super().__init__(initial_accumulator_value=0.0, **options)

        def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
            total = self._accumulators[self._get_variable_index(variable)]
            self.assign_add(total, ops.square(gradient))
            self.assign_sub(variable, learning_rate * gradient / (ops.sqrt(total) + self.epsilon))

    return Adagrad


def with_l2(optimizer: Any, share: float) -> Any:
    """Give the class of an optimiser that adds a share of the weights to their clipped gradients.

    Keras's own `weight_decay` is decoupled from the gradients.
    """

    class WithL2(type(optimizer())):  # the one that Keras has for its backend
        def _backend_update_step(
            self, grads: Sequence[Any], trainable_variables: List[Any], learning_rate: Any
        ) -> None:
            pairs = zip(grads, trainable_variables)
            grads = [gradient + share * variable for gradient, variable in pairs]
            super()._backend_update_step(grads, trainable_variables, learning_rate)

    return WithL2
