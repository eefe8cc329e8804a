"""Batch normalisation in Keras 2.3.1 on CNTK, and as matched settings have it."""

# CNTK is not installed where types are checked: see typings/.
# pyright: reportMissingModuleSource=false

from typing import Any, List, Mapping

from scripts.core.network import given
from scripts.training.frameworks._shared.keras2 import batch_norm_of_channels


def batch_norm(layer: Mapping[str, Any], matched: bool) -> Any:
    """Make a batch_norm.

    Keras's own takes another epsilon in training than the one that it is given, and its running values from
    one more pass after the update, without dropout. With matched settings they are those of the batch:
    `of_batch` has them, and steps.py moves the running ones.
    """
    from keras import backend as K

    BatchNormalization = batch_norm_of_channels()

    class OfTheBatch(BatchNormalization):
        def call(self, x: Any, training: Any = None) -> Any:
            import cntk

            channels = self.axis - 1  # the batch is no axis of CNTK's shapes
            shape = [length if axis == channels else 1 for axis, length in enumerate(x.shape)]
            weights = (self.gamma, self.beta, self.moving_mean, self.moving_variance)
            gamma, beta, moving_mean, moving_variance = (cntk.reshape(one, shape) for one in weights)
            epsilon = cntk.constant(self.epsilon, dtype=K.floatx())

            def normal(mean: Any, variance: Any) -> Any:
                return gamma * (x - mean) / cntk.sqrt(variance + epsilon) + beta

            others = [axis for axis in range(len(shape)) if axis != channels]
            mean = mean_of(x, others)
            variance = mean_of(cntk.square(x - mean), others)
            self.of_batch = {"moving_mean": mean, "moving_variance": variance}
            tested = normal(moving_mean, moving_variance)
            return K.in_train_phase(normal(mean, variance), tested, training=training)

    return (OfTheBatch if matched else BatchNormalization)(**given(layer, "momentum", "epsilon"))


def mean_of(x: Any, axes: List[int]) -> Any:
    """Give the mean over the batch and these axes, which stay with a length of 1."""
    import cntk

    over_batch = cntk.reduce_mean(x, axis=cntk.Axis.default_batch_axis())
    return cntk.reduce_mean(over_batch, axis=axes) if axes else over_batch
