"""A network of the config as a function of its weights, a list of arrays in canonical layout and order."""

# JAX is not installed where types are checked.
# pyright: reportMissingModuleSource=false

from typing import Any, Callable, List, Optional, Sequence, Tuple

from scripts.core.network import LEAKY_SLOPE, Layers, weight_shapes
from scripts.training.frameworks.trainer import Array

# As the functions of these names in xla_layers.py.
Convolve = Callable[[Array, Array, str], Array]  # of images, kernel and padding
Pool = Callable[[Array, int], Array]  # of images and the size of a window
Dropout = Callable[[Array, float, Any], Array]  # of values, rate and the key of the random numbers


def glorot_uniform(layers: Layers, input_shape: Tuple[int, ...], key: Any) -> List[Array]:
    """Draw kernels as Glorot and Bengio do, uniformly; biases are 0. JAX has no layers with defaults."""
    import jax

    draw, shapes = jax.nn.initializers.glorot_uniform(), weight_shapes(layers, input_shape)
    keys = jax.random.split(key, len(shapes))
    return [
        draw(key, shape) if len(shape) > 1 else jax.numpy.zeros(shape) for key, shape in zip(keys, shapes)
    ]


def zeros(layers: Layers, input_shape: Tuple[int, ...]) -> List[Array]:
    """Make weights that will be set later."""
    from jax import numpy as jnp

    return [jnp.zeros(shape) for shape in weight_shapes(layers, input_shape)]


def logits(
    layers: Layers,
    weights: Sequence[Array],
    x: Array,
    *,
    convolve: Convolve,
    pool: Pool,
    dropout: Dropout,
    key: Optional[Any] = None,
) -> Array:
    """Compute the last layer before its softmax, (rows, classes), which the loss takes.

    x is (rows, height, width, channels) or (rows, features). Without a `key` of random numbers nothing is
    dropped.
    """
    import jax

    left = iter(weights)
    for number, layer in enumerate(layers):
        kind = layer["type"]
        if kind == "conv":
            x = convolve(x, next(left), layer["padding"]) + next(left)
        elif kind == "max_pool":
            x = pool(x, layer["size"])
        elif kind == "dropout" and key is not None:
            x = dropout(x, layer["rate"], jax.random.fold_in(key, number))
        elif kind == "flatten":
            x = x.reshape(len(x), -1)
        elif kind == "dense":
            x = x @ next(left) + next(left)
        x = activated(x, layer.get("activation"))
    return x


def activated(x: Array, name: Optional[str]) -> Array:
    """Compute an activation of the config; the last softmax is part of the loss."""
    import jax

    known = {
        "relu": jax.nn.relu,  # its derivative at 0 is 0
        "leaky_relu": lambda x: jax.nn.leaky_relu(x, LEAKY_SLOPE),
        "elu": jax.nn.elu,
        "tanh": jax.numpy.tanh,
        "sigmoid": jax.nn.sigmoid,
        "gelu": lambda x: jax.nn.gelu(x, approximate=False),
        "gelu_tanh": lambda x: jax.nn.gelu(x, approximate=True),
    }
    return known[name](x) if name in known else x
