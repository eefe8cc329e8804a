"""Theano as its users drove it: Keras 2.3.1, compile() and fit()."""

# Theano is not installed where types are checked: see typings/.
# pyright: reportMissingModuleSource=false

import math
from types import MappingProxyType
from typing import Any, Dict, List, Sequence

from scripts.core.network import LEAKY_SLOPE
from scripts.training.frameworks._shared.keras import Activations, layout
from scripts.training.frameworks._shared.keras2 import Keras2Trainer, keras_optimizer
from scripts.training.frameworks._shared.learning_rate import Mathematics
from scripts.training.frameworks.theano.compile_lock import WAITED
from scripts.training.frameworks.theano.layers import relu, theano_layers
from scripts.training.frameworks.trainer import Array
from scripts.training.machine import thread_pools


class Idiomatic(Keras2Trainer):
    """The documentation's way: a Sequential model, compile(), fit() on NumPy arrays."""

    layers_of = staticmethod(theano_layers)
    matched_activations = MappingProxyType({"softmax": None, "relu": relu})

    image_data_format = "channels_last"
    asked = MappingProxyType({"compile": None, "layout": "NHWC", "input_path": "NumPy arrays through fit()"})

    @staticmethod
    def own_activations() -> Activations:
        from theano import tensor as T

        def constant(value: float, x: Any) -> Any:  # a plain number would be rounded to float32
            return T.constant(value, dtype=x.dtype)

        def gelu_tanh(x: Any) -> Any:
            inner = x + constant(0.044715, x) * x * x * x
            return x * (1 + T.tanh(constant(math.sqrt(2 / math.pi), x) * inner)) / 2

        return {
            "leaky_relu": lambda x: T.switch(x > 0, x, constant(LEAKY_SLOPE, x) * x),
            "gelu": lambda x: x * (1 + T.erf(x * constant(math.sqrt(0.5), x))) / 2,
            "gelu_tanh": gelu_tanh,
        }

    def seed(self, seed: int) -> None:
        import numpy as np

        np.random.seed(seed)

    def optimizer(self, options: Dict[str, Any]) -> Any:
        from keras import backend as K
        from theano import tensor as T

        of = Mathematics(T.cos, T.floor, T.minimum, lambda x: T.constant(x, dtype=K.floatx()))
        return keras_optimizer(options, self.matched, of, T.expm1)

    def loss_from_logits(self) -> Any:
        from theano import tensor as T

        # Keras's own clips the probabilities at 1e-7 and so has no gradient beyond.
        return lambda target, logits: -T.sum(target * T.nnet.logsoftmax(logits), axis=-1)

    def set_weights(self, arrays: Sequence[Array]) -> None:
        from keras import backend as K

        K.batch_set_value(list(zip(self.model.trainable_weights, flipped(arrays))))

    def gradients(self, batch: Array) -> List[Array]:
        import numpy as np
        from keras import backend as K

        model = self.model
        symbols = K.gradients(model.total_loss, model.trainable_weights)
        inputs = model._feed_inputs + model._feed_targets + model._feed_sample_weights
        values = [self.rows.x_train[batch], self.rows.one_hot[batch], np.ones(len(batch), K.floatx())]
        if model.uses_learning_phase:
            inputs, values = [*inputs, K.learning_phase()], [*values, 1]
        found = K.function(inputs, symbols)(values)
        return flipped([np.asarray(gradient) for gradient in found])

    def facts(self) -> Dict[str, Any]:
        import keras
        import theano

        weights = self.model.trainable_weights
        return {
            "framework_version": theano.__version__,
            "keras": keras.__version__,
            "threads_reported": thread_pools.report().get("OpenMP"),
            "precision": ", ".join({weight.dtype for weight in weights}),
            "device": theano.config.device,
            "compile": f"{theano.config.linker}, optimizer {theano.config.optimizer}",
            "blas": theano.config.blas.ldflags or "none: NumPy's, slower",
            "compiler": theano.config.cxx or "none: Python, very slow",
            "openmp": bool(theano.config.openmp),
            "input_path": self.asked["input_path"],
            "layout": layout(keras.backend.image_data_format()),
            "lock_wait_s": WAITED["s"],
        }


def flipped(arrays: Sequence[Array]) -> List[Array]:
    """Turn kernels by 180 degrees: Theano convolves where all others correlate."""
    return [array[::-1, ::-1] if array.ndim == 4 else array for array in arrays]
