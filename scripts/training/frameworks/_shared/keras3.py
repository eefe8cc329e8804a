"""Keras 3 on any of its backends: its set-up, its optimisers, and the documentation's way to train."""

# Keras is not installed where types are checked: see typings/.
# pyright: reportMissingModuleSource=false

import os
from abc import abstractmethod
from types import MappingProxyType
from typing import Any, Dict, List, Mapping, Sequence

from scripts.core.network import LEAKY_SLOPE
from scripts.training.frameworks._shared import keras3_optimizers
from scripts.training.frameworks._shared.keras import Activations, KerasTrainer, layout, optimizer_class
from scripts.training.frameworks._shared.learning_rate import CHANGES, Mathematics, share
from scripts.training.frameworks.trainer import Array


def import_keras(backend: str, precision: str) -> None:
    """Import Keras on this backend, with nothing left to the user's ~/.keras/keras.json and variables."""
    os.environ["KERAS_BACKEND"] = backend
    os.environ["KERAS_NNX_ENABLED"] = "false"  # Flax's variables below Keras's, on JAX
    import keras

    keras.config.set_floatx(precision)
    keras.config.set_image_data_format("channels_last")
    keras.config.set_epsilon(1e-7)
    keras.config.set_max_epochs(None)
    keras.config.set_max_steps_per_epoch(None)
    if precision == "float64":
        # On JAX and PyTorch some operations would be computed in float32, whatever floatx is: Keras promotes
        # types as JAX does without 64 bits. Nothing that float32 runs use is changed.
        keras.src.backend.common.dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"


def changing_rate(rate: float, options: Mapping[str, Any]) -> Any:
    """Make the schedule of a rate in the network's precision; Keras's own are float32."""
    import keras
    from keras import ops

    precision = keras.config.floatx()
    of = Mathematics(ops.cos, ops.floor, ops.minimum, lambda x: ops.convert_to_tensor(x, precision))

    class ChangingRate(keras.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step: Any) -> Any:
            return of.number(rate) * share(options, ops.cast(step, precision), of)

        def get_config(self) -> Dict[str, Any]:
            return {"rate": rate, **options}

    return ChangingRate()


class Keras3Trainer(KerasTrainer):
    """The documentation's way: a Sequential model, compile(), fit() on NumPy arrays.

    A backend adds gradients(), synchronize(), compile_mode(), and to facts() what it knows.
    """

    asked = MappingProxyType({"compile": None, "layout": "NHWC", "input_path": "NumPy arrays through fit()"})
    formulas = staticmethod(keras3_optimizers.formulas)  # with matched settings

    @staticmethod
    def own_activations() -> Activations:
        from keras import activations

        return {
            "leaky_relu": lambda x: activations.leaky_relu(x, negative_slope=LEAKY_SLOPE),
            "gelu_tanh": lambda x: activations.gelu(x, approximate=True),
        }

    def seed(self, seed: int) -> None:
        import keras

        keras.utils.set_random_seed(seed)

    def optimizer(self, options: Dict[str, Any]) -> Any:
        import keras
        import numpy as np

        name = options.pop("name")
        cls = self.formulas().get(name) if self.matched else None
        changing = {key: options.pop(key) for key in CHANGES if options.get(key)}
        options.pop("decay", None)
        if self.matched or changing.keys() - {"decay"}:
            options["learning_rate"] = changing_rate(options["learning_rate"], changing)
        elif changing:  # Keras 3 has no `decay`; with decay_steps=1 this is lr / (1 + decay * updates)
            options["learning_rate"] = keras.optimizers.schedules.InverseTimeDecay(
                options["learning_rate"], decay_steps=1, decay_rate=changing["decay"]
            )
        if self.matched and "momentum" in options:
            # Keras makes a plain float a float32 first, also for float64.
            options["momentum"] = np.float64(options["momentum"])
        if "clip_norm" in options:
            options["global_clipnorm"] = options.pop("clip_norm")
        made, share = cls or optimizer_class(name), options.pop("l2", 0)
        return (keras3_optimizers.with_l2(made, share) if share else made)(**options)

    def loss_from_logits(self) -> Any:
        import keras

        return keras.losses.CategoricalCrossentropy(from_logits=True)

    def weight_arrays(self) -> List[Array]:
        return [variable.numpy() for variable in self.model.trainable_variables]

    def set_weights(self, arrays: Sequence[Array]) -> None:
        for variable, array in zip(self.model.trainable_variables, arrays):
            variable.assign(array)

    def _variables(self) -> List[Any]:
        """List those of network, dropout's generators and optimiser, which makes its own here."""
        optimizer = self.model.optimizer
        if not optimizer.built:
            optimizer.build(self.model.trainable_variables)
        return self.model.variables + optimizer.variables

    def snapshot(self) -> Any:
        return [variable.numpy() for variable in self._variables()]

    def restore(self, state: Any) -> None:
        for variable, value in zip(self._variables(), state):
            variable.assign(value)

    def facts(self) -> Dict[str, Any]:
        import keras

        # A variable may say float64 and hold float32: the arrays are asked.
        arrays = self.weight_arrays()
        return {
            "keras": keras.__version__,
            "precision": ", ".join(sorted({str(array.dtype) for array in arrays})),
            "compile": self.compile_mode(),
            "input_path": self.asked["input_path"],
            "layout": layout(keras.config.image_data_format()),
        }

    @abstractmethod
    def compile_mode(self) -> str:
        """Read how the training step is compiled."""
