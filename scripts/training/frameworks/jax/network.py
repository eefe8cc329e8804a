"""A network of the config as a function of its weights, a list of arrays in canonical layout and order."""

# JAX is not installed where types are checked.
# pyright: reportMissingModuleSource=false

from types import MappingProxyType
from typing import Any, Callable, List, Mapping, Optional, Sequence, Tuple

from scripts.core.network import LEAKY_SLOPE, Layers, given, has_bias, norm_sizes, strides, weights
from scripts.training.frameworks._shared.xla_layers import avg_pool
from scripts.training.frameworks.trainer import Array

Running = Tuple[Array, ...]  # mean and variance of a batch_norm
# JAX has no layers: with published settings the constants of its library of layers.
FLAX = MappingProxyType({"momentum": 0.99, "epsilon": 1e-5})
# As the functions of these names in xla_layers.py.
Convolve = Callable[[Array, Array, str, int], Array]  # of images, kernel, padding and strides
Pool = Callable[[Array, int, int], Array]  # of images, the size of a window and strides
Dropout = Callable[[Array, float, Any], Array]  # of values, rate and the key of the random numbers


def glorot_uniform(layers: Layers, input_shape: Tuple[int, ...], key: Any) -> List[Array]:
    """Draw kernels as Glorot and Bengio do, uniformly; the others start as they do everywhere.

    JAX has no layers with defaults.
    """
    import jax

    draw, found = jax.nn.initializers.glorot_uniform(), weights(layers, input_shape)
    keys = jax.random.split(key, len(found))
    return [  # with a dtype, as values of a Python number's type would have the step compiled twice
        draw(key, one.shape) if one.kind == "kernel" else jax.numpy.full(one.shape, one.start, float)
        for key, one in zip(keys, found)
    ]


def zeros(layers: Layers, input_shape: Tuple[int, ...]) -> List[Array]:
    """Make weights that will be set later."""
    from jax import numpy as jnp

    return [jnp.zeros(one.shape) for one in weights(layers, input_shape)]


def running_at_first(layers: Layers, input_shape: Tuple[int, ...]) -> List[Running]:
    """Make the running mean and variance of each batch_norm."""
    from jax import numpy as jnp

    return [(jnp.zeros(size), jnp.ones(size)) for size in norm_sizes(layers, input_shape)]


def logits(
    layers: Layers,
    weights: Sequence[Array],
    running: Sequence[Running],
    x: Array,
    *,
    convolve: Convolve,
    pool: Pool,
    dropout: Dropout,
    key: Optional[Any] = None,
) -> Tuple[Array, List[Running]]:
    """Compute the last layer before its softmax, (rows, classes), and the running values of batch_norm.

    x is (rows, height, width, channels) or (rows, features). With a `key` of random numbers it is training:
    values are dropped, and batch_norm takes the mean and variance of the batch.
    """
    import jax

    left, norms, moved = iter(weights), iter(running), []
    for number, layer in enumerate(layers):
        kind = layer["type"]
        if kind == "conv":
            x = convolve(x, next(left), layer["padding"], strides(layer))
        elif kind in ("max_pool", "avg_pool"):
            x = (pool if kind == "max_pool" else avg_pool)(x, layer["size"], strides(layer))
        elif kind == "global_avg_pool":
            x = x.mean(axis=(1, 2))
        elif kind == "batch_norm":
            x, after = batch_norm(x, next(left), next(left), layer, next(norms), training=key is not None)
            moved.append(after)
        elif kind == "dropout" and key is not None:
            x = dropout(x, layer["rate"], jax.random.fold_in(key, number))
        elif kind == "flatten":
            x = x.reshape(len(x), -1)
        elif kind == "dense":
            x = x @ next(left)
        if kind in ("conv", "dense") and has_bias(layer):
            x = x + next(left)
        x = activated(x, layer.get("activation"))
    return x, moved


def batch_norm(
    x: Array, scale: Array, shift: Array, layer: Mapping[str, Any], running: Running, *, training: bool
) -> Tuple[Array, Running]:
    """Normalise channels by the batch or, without training, by the running values; give these, too."""
    import jax

    constants = {**FLAX, **given(layer, *FLAX)}
    mean, variance = running
    if training:
        axes = tuple(range(x.ndim - 1))
        mean, variance = x.mean(axis=axes), x.var(axis=axes)
        keep = constants["momentum"]
        running = tuple(keep * old + (1 - keep) * new for old, new in zip(running, (mean, variance)))
    root = jax.numpy.sqrt(variance + constants["epsilon"])
    return scale * (x - mean) / root + shift, running


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
