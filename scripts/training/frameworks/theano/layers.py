"""The layers of the config in Keras 2.3.1, and where Theano's own are not what other libraries compute."""

# Theano is not installed where types are checked: see typings/.
# pyright: reportMissingModuleSource=false

from typing import Any, List, Mapping

from scripts.core.network import given, strides
from scripts.training.frameworks._shared.keras import Activations, keras_layers
from scripts.training.frameworks._shared.keras2 import batch_norm_of_channels


def relu(x: Any) -> Any:
    """Compute max(x, 0) with the derivative 0 at 0, as other libraries have it.

    Theano's own has 1/2 there, which matters wherever a picture is black and a bias still 0.
    """
    from theano import tensor as T

    return T.switch(x > 0, x, 0)


def first_maximum_pooling(size: int, step: int) -> Any:
    """Make max pooling whose gradient goes to the first maximum of a window, as other libraries have it.

    Theano's own gives all of it to every one of several equal maxima.
    """
    from keras import layers
    from theano import tensor as T

    class FirstMaximumPooling(layers.MaxPooling2D):
        def call(self, x: Any) -> Any:
            first = self.data_format == "channels_first"
            rows_and_columns = x.shape[2:] if first else x.shape[1:3]
            height, width = ((n - size) // step * step + step for n in rows_and_columns)
            around = (slice(None),) * (2 if first else 1)
            places = [(a, b) for a in range(size) for b in range(size)]
            parts = [x[(*around, slice(a, a + height, step), slice(b, b + width, step))] for a, b in places]
            found = parts[0]
            for part in parts[1:]:
                found = T.switch(part > found, part, found)
            return found

    return FirstMaximumPooling(size, step)


def batch_norm(layer: Mapping[str, Any], matched: bool) -> Any:
    """Make a batch_norm.

    With matched settings its running variance is that of the batch; Keras's divides by rows - 1 - epsilon.
    """
    from keras import backend as K
    from theano import tensor as T

    BatchNormalization = batch_norm_of_channels()

    class OfTheBatch(BatchNormalization):
        def call(self, x: Any, training: Any = None) -> Any:
            axes = [axis for axis in range(x.ndim) if axis != self.axis]
            pattern = [0 if axis == self.axis else "x" for axis in range(x.ndim)]
            keep, epsilon = (T.constant(n, dtype=x.dtype) for n in (self.momentum, self.epsilon))

            def spread(values: Any) -> Any:
                return values.dimshuffle(*pattern)

            def normal(mean: Any, variance: Any) -> Any:
                root = T.sqrt(spread(variance) + epsilon)
                return spread(self.gamma) * (x - spread(mean)) / root + spread(self.beta)

            mean = x.mean(axis=axes)
            variance = T.sqr(x - spread(mean)).mean(axis=axes)
            running = {self.moving_mean: mean, self.moving_variance: variance}
            moved = [(old, keep * old + (1 - keep) * new) for old, new in running.items()]
            self.add_update(moved, x)
            return K.in_train_phase(normal(mean, variance), normal(*running), training=training)

    return (OfTheBatch if matched else BatchNormalization)(**given(layer, "momentum", "epsilon"))


def theano_layers(layer: Mapping[str, Any], activations: Activations, initializer: str) -> List[Any]:
    """Make the Keras layers; with matched settings, which replace the softmax, some are other ones."""
    matched = "softmax" in activations
    if layer["type"] == "max_pool" and matched:
        return [first_maximum_pooling(layer["size"], strides(layer))]
    if layer["type"] == "batch_norm":
        return [batch_norm(layer, matched)]
    return keras_layers(layer, activations, initializer)
