"""CNTK as Keras's users drove it: Keras 2.3.1, compile() and fit()."""

# CNTK is not installed where types are checked: see typings/.
# pyright: reportMissingModuleSource=false

import math
from types import MappingProxyType
from typing import Any, Dict, List, Sequence

from scripts.core.network import LEAKY_SLOPE
from scripts.training.frameworks._shared.keras import Activations, layout
from scripts.training.frameworks._shared.keras2 import Keras2Trainer, keras_optimizer
from scripts.training.frameworks._shared.learning_rate import Mathematics
from scripts.training.frameworks.cntk.layers import cntk_layers, gelu
from scripts.training.frameworks.cntk.steps import let_norms_run
from scripts.training.frameworks.trainer import Array


class Idiomatic(Keras2Trainer):
    """The documentation's way: a Sequential model, compile(), fit() on NumPy arrays."""

    layers_of = staticmethod(cntk_layers)

    image_data_format = "channels_last"
    asked = MappingProxyType({"compile": None, "layout": "NHWC", "input_path": "NumPy arrays through fit()"})

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        let_norms_run(self.model)

    @staticmethod
    def own_activations() -> Activations:
        import cntk

        def gelu_tanh(x: Any) -> Any:
            inner = x + number(0.044715) * x * x * x
            return x * (number(1) + cntk.tanh(number(math.sqrt(2 / math.pi)) * inner)) / number(2)

        return {
            "leaky_relu": lambda x: cntk.element_select(cntk.greater(x, 0), x, number(LEAKY_SLOPE) * x),
            "gelu": gelu,
            "gelu_tanh": gelu_tanh,
        }

    def seed(self, seed: int) -> None:
        import cntk
        import numpy as np

        np.random.seed(seed)
        cntk.cntk_py.set_fixed_random_seed(seed)

    def optimizer(self, options: Dict[str, Any]) -> Any:
        import cntk

        of = Mathematics(cntk.cos, cntk.floor, cntk.element_min, number, cntk.pow)
        return keras_optimizer(options, self.matched, of, expm1)

    def loss_from_logits(self) -> Any:
        import cntk

        return lambda target, logits: cntk.reshape(cntk.cross_entropy_with_softmax(logits, target), ())

    def set_weights(self, arrays: Sequence[Array]) -> None:
        import numpy as np
        from keras import backend as K

        # CNTK keeps a view of an array that lies otherwise.
        values = [np.ascontiguousarray(array, K.floatx()) for array in arrays]
        K.batch_set_value(list(zip(self.model.trainable_weights, values)))

    def gradients(self, batch: Array) -> List[Array]:
        import numpy as np
        from keras import backend as K

        model = self.model
        K.learning_phase().value = np.asarray(1, K.floatx())
        loss, weights = model.total_loss, model.trainable_weights
        values = [
            self.rows.x_train[batch],
            self.rows.one_hot[batch],
            np.ones(len(batch), self.rows.one_hot.dtype),
        ]
        inputs = dict(zip(model._feed_inputs + model._feed_targets + model._feed_sample_weights, values))
        fed = {name: value for name, value in inputs.items() if name in loss.arguments}
        found = loss.grad(fed, wrt=weights)
        return [np.asarray(found[weight]) for weight in weights]

    def facts(self) -> Dict[str, Any]:
        import cntk
        import keras

        weights = self.model.trainable_weights
        return {
            "framework_version": cntk.__version__,
            "keras": keras.__version__,
            "threads_reported": cntk.cntk_py.get_max_num_cputhreads(),
            "precision": ", ".join({weight.dtype.__name__ for weight in weights}),
            "device": str(cntk.device.use_default_device()).lower(),
            "compile": "a graph of CNTK",
            "input_path": self.asked["input_path"],
            "layout": layout(keras.backend.image_data_format()),
        }


def number(value: float) -> Any:
    """Make a constant of the network's precision."""
    import cntk
    from keras import backend as K

    return cntk.constant(value, dtype=K.floatx())


def expm1(x: Any) -> Any:
    """Compute exp(x) - 1 with all digits, as 2 t / (1 - t), where t is tanh(x / 2)."""
    import cntk

    t = cntk.tanh(x / number(2))
    return number(2) * t / (number(1) - t)
