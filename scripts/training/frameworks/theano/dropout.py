"""Dropout whose random values NumPy draws, for several steps at once.

Theano's own generator takes 13 nanoseconds a value: more than half of a step on a small network.
"""

# Theano is not installed where types are checked: see typings/.
# pyright: reportMissingModuleSource=false

from typing import Any, List, Sequence, Tuple

from scripts.training.frameworks._shared.random_digits import BITS, base_and_digits
from scripts.training.frameworks.trainer import Array


def layers_of(model: Any) -> List[Any]:
    """List the layers of dropout that change anything."""
    from keras import layers

    return [layer for layer in model.layers if isinstance(layer, layers.Dropout) and layer.rate > 0]


def with_factors(values: Sequence[Any], layers: Sequence[Any], factors: Sequence[Any]) -> List[Any]:
    """Give values with a product in place of each layer: its input times its factors, of the same shape."""
    import theano

    pairs: List[Tuple[Any, Any]] = []
    for layer, each in zip(layers, factors):
        x = theano.clone(layer.input, replace=pairs)  # it depends on the layers before
        pairs.append((layer.output, x * each))
    return theano.clone(list(values), replace=pairs)


def draw(rate: float, shape: Tuple[int, ...]) -> Array:
    """Draw 0 for each value that is dropped, with probability `rate`, and 1 / (1 - rate) for the others."""
    import numpy as np
    from keras import backend as K

    base, digits = base_and_digits(rate)
    count = int(np.prod(shape))
    numbers = np.random.randint(0, 2**BITS, -(-count // digits), np.uint32)
    shifted = numbers * np.array([[base**n] for n in range(digits)], np.uint32)
    kept = shifted.reshape(-1)[:count] >= np.uint32(round(rate * 2**BITS))
    factors = kept.reshape(shape).astype(K.floatx())
    factors *= 1 / (1 - rate)
    return factors
