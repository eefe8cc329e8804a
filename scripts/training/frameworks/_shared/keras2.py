"""What Theano and CNTK share: Keras 2.3.1, its optimisers, and the formulas that it lacks.

Those are of scripts/parity/numpy_optimizers.py. Keras 2.3.1 has no AdamW, which is the formula with published
settings, too, with the weight decay of PyTorch, 0.01.
"""

# Keras is not installed where types are checked: see typings/.
# pyright: reportMissingModuleSource=false

from dataclasses import replace
from types import MappingProxyType
from typing import Any, Callable, List, Mapping

from scripts.training.fold_data import Rows
from scripts.training.frameworks._shared.keras import KerasTrainer, optimizer_class
from scripts.training.frameworks._shared.layouts import nchw
from scripts.training.frameworks._shared.learning_rate import Mathematics, share
from scripts.training.frameworks.trainer import Array

# In this Keras, whose clipnorm is of all gradients together.
OTHER_NAMES = MappingProxyType({"clip_norm": "clipnorm", "momentum_decay": "schedule_decay"})


class Keras2Trainer(KerasTrainer):
    """A Sequential model whose images lie as the class says."""

    image_data_format: str

    def __init__(self, *args: Any, **options: Any) -> None:
        from keras import backend

        backend.set_image_data_format(self.image_data_format)
        super().__init__(*args, **options)

    def weight_arrays(self) -> List[Array]:
        from keras import backend as K

        return K.batch_get_value(self.model.trainable_weights)

    def snapshot(self) -> Any:
        import numpy as np

        return self.model.get_weights(), np.random.get_state()

    def restore(self, state: Any) -> None:
        import numpy as np

        weights, random_state = state
        self.model.set_weights(weights)
        # Keras 2 makes the optimiser's variables with the first step, all of them zero but Nadam's product.
        optimizer = self.model.optimizer
        first = [
            np.full_like(value, variable is getattr(optimizer, "m_schedule", None))
            for variable, value in zip(optimizer.weights, optimizer.get_weights())
        ]
        optimizer.set_weights(first)
        np.random.set_state(random_state)


def channels_first(rows: Rows) -> Rows:
    """Bring the images of both parts into NCHW."""
    return replace(rows, x_train=nchw(rows.x_train), x_test=nchw(rows.x_test))


def batch_norm_of_channels() -> Any:
    """Give Keras's BatchNormalization, for channels wherever they lie, which Keras 2 has to know."""
    from keras import backend as K
    from keras import layers

    class BatchNormalization(layers.BatchNormalization):
        def build(self, input_shape: Any) -> None:
            images = len(input_shape) == 4 and K.image_data_format() == "channels_first"
            self.axis = 1 if images else len(input_shape) - 1
            super().build(input_shape)

    return BatchNormalization


def keras_optimizer(
    options: Mapping[str, Any], matched: bool, of: Mathematics, expm1: Callable[[Any], Any]
) -> Any:
    """Make the optimiser of the config's options; Keras's own decay falls with each update, too.

    `of` is the mathematics of Keras's backend, and `expm1` its exp(x) - 1 with all digits.
    """
    name, ours = options["name"], ["schedule", "warm_up"]
    if name == "nadam":  # whose rate does not fall in Keras
        ours.append("decay")
    changing = {key: options[key] for key in ours if options.get(key)}
    constants = {
        OTHER_NAMES.get(key, key): value for key, value in options.items() if key not in ("name", "l2", *ours)
    }
    if name == "adamw":
        constants = {"weight_decay": 0.01, **constants}
    formula = name == "adamw" or (matched and name == "adam")
    made = adam_of_the_paper(of, expm1) if formula else optimizer_class(name)
    if options.get("l2"):
        made = with_l2(made, of.number(options["l2"]))
    return (with_changing_rate(made, changing, of) if changing else made)(**constants)


def with_l2(optimizer: Any, factor: Any) -> Any:
    """Give the class of an optimiser that adds a share of the weights to their clipped gradients."""

    class WithL2(optimizer):
        def get_gradients(self, loss: Any, params: List[Any]) -> List[Any]:
            found = super().get_gradients(loss, params)
            return [gradient + factor * weight for gradient, weight in zip(found, params)]

    return WithL2


def with_changing_rate(optimizer: Any, options: Mapping[str, Any], of: Mathematics) -> Any:
    """Give the class of an optimiser whose rate has a schedule, which Keras 2 has for epochs only."""
    from keras import backend as K

    class ChangingRate(optimizer):
        def get_updates(self, loss: Any, params: List[Any]) -> List[Any]:
            first = self.learning_rate
            self.learning_rate = first * share(options, K.cast(self.iterations, K.floatx()), of)
            try:
                return super().get_updates(loss=loss, params=params)
            finally:
                self.learning_rate = first

    return ChangingRate


def adam_of_the_paper(of: Mathematics, expm1: Callable[[Any], Any]) -> Any:
    """Make an Adam that adds epsilon to the corrected root; Keras adds it before. With decay: AdamW."""
    import keras
    from keras import backend as K

    class Adam(keras.optimizers.Adam):
        def __init__(self, weight_decay: float = 0.0, **options: Any) -> None:
            super().__init__(**options)
            self.weight_decay = K.variable(weight_decay, name="weight_decay")

        def get_updates(self, loss: Any, params: List[Any]) -> List[Any]:
            zeros = [[K.zeros(K.int_shape(p), dtype=K.dtype(p)) for p in params] for _ in range(2)]
            self.weights = [self.iterations, *zeros[0], *zeros[1]]
            self.updates = [K.update_add(self.iterations, 1)]
            before = K.cast(self.iterations, K.floatx())
            rate = self.learning_rate / (1 + self.decay * before)
            correction_1, correction_2 = (
                -expm1((before + 1) * K.log(beta)) for beta in (self.beta_1, self.beta_2)
            )
            for p, g, m, v in zip(params, self.get_gradients(loss, params), *zeros):
                new_m = self.beta_1 * m + (1 - self.beta_1) * g
                new_v = self.beta_2 * v + (1 - self.beta_2) * K.square(g)
                epsilon = of.number(self.epsilon)  # a plain number would be a float32
                change = new_m / correction_1 / (K.sqrt(new_v / correction_2) + epsilon)
                self.updates += [
                    K.update(m, new_m),
                    K.update(v, new_v),
                    K.update(p, p - rate * (change + self.weight_decay * p)),
                ]
            return self.updates

    return Adam
