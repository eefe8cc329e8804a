"""Dropout's random values for several steps at once, and several of them from each random number."""

# TensorFlow is not installed where types are checked.
# pyright: reportMissingModuleSource=false

import math
from typing import Any, List, Sequence

from scripts.training.frameworks._shared.random_digits import BITS, base_and_digits


def layers_of(model: Any) -> List[Any]:
    """List the layers of dropout that change anything."""
    from keras import layers

    return [layer for layer in model.layers if isinstance(layer, layers.Dropout) and layer.rate > 0]


def value_count(layers: Sequence[Any], rows: int) -> int:
    """Count the random values that these layers take for so many rows."""
    return rows * sum(math.prod(layer.input.shape[1:]) for layer in layers)


def draw(layers: Sequence[Any], steps: int, rows: int, dtype: Any) -> List[Any]:
    """Draw the factors of each layer for so many steps, (steps, rows, ...), by its own generator."""
    import tensorflow as tf

    return [
        factors(
            layer.rate,
            tf.cast(layer.seed_generator.next(), tf.int64),
            (steps, rows, *layer.input.shape[1:]),
            dtype,
        )
        for layer in layers
    ]


def factors(rate: float, seed: Any, shape: Sequence[int], dtype: Any) -> Any:
    """Draw 0 for each value that is dropped, with probability `rate`, and 1 / (1 - rate) for the others.

    seed: int64, (2,). Returns a tensor of this shape and dtype.
    """
    import tensorflow as tf

    base, digits = base_and_digits(rate)
    count = math.prod(shape)
    numbers = tf.random.stateless_uniform((-(-count // digits),), seed, None, None, tf.uint32)  # pyright: ignore[reportArgumentType]
    shifted = numbers * tf.constant([[base**n] for n in range(digits)], tf.uint32)
    kept = tf.reshape(shifted, (-1,))[:count] >= tf.constant(round(rate * 2**BITS), tf.uint32)
    return tf.reshape(tf.cast(kept, dtype) * (1 / (1 - rate)), shape)
