"""JAX with Optax: functions, no layers."""

from typing import Any, Callable

import jax
import numpy as np
from jax import numpy as jnp

from own_layers.made import Array, Made

dense = batch_norm = dropout = adam_step = None


def gradient(function: Callable[[Any], Any], x: Array) -> Array:
    """Return the gradient of the sum of what a function gives."""
    return np.asarray(jax.grad(lambda values: function(values).sum())(jnp.asarray(x)))


def relu_gradient(x: Array) -> Array:
    return gradient(jax.nn.relu, x)


def max_pool_gradient(x: Array) -> Array:
    def pool(values: Any) -> Any:
        return jax.lax.reduce_window(values, -jnp.inf, jax.lax.max, (2, 2), (2, 2), "VALID")

    return gradient(pool, x)


def leaky_relu(x: Array) -> Array:
    return np.asarray(jax.nn.leaky_relu(x))


def gelu(x: Array) -> Array:
    return np.asarray(jax.nn.gelu(x))


def conv(channels: int, filters: int, size: int, padding: str, strides: int) -> Made:
    """Make the layer of a kernel that is drawn here: JAX's conv() without further arguments."""
    kernel = np.random.RandomState(1).normal(size=(filters, channels, size, size)).astype(np.float32)
    return Made(
        lambda x: np.asarray(jax.lax.conv(x, kernel, (strides, strides), padding.upper())),
        kernel,
        None,
        drawn=False,
    )


def cross_entropy(values: Array) -> float:
    import optax  # Keras's environment has JAX without it

    return float(optax.softmax_cross_entropy_with_integer_labels(values[None], np.array([0]))[0])


def clipped(gradients: list, norm: float) -> list:
    import optax

    found, _ = optax.clip_by_global_norm(norm).update(gradients, optax.EmptyState())
    return [np.asarray(gradient) for gradient in found]
