"""Layers for JAX, and the same mathematics in forms that XLA computes faster."""

# JAX is not installed where types are checked.
# pyright: reportMissingModuleSource=false

import math
from typing import Any, Tuple

from scripts.training.frameworks.trainer import Array

LAYOUT = ("NHWC", "HWIO", "NHWC")  # of what a convolution takes, of its kernel, and of what it gives
# Of a gradient that XLA sums at once for a kernel. On a CPU it is one matrix product as long as that, which
# for a whole batch (73,728 places of the second convolution for MNIST) took four times as long.
PLACES = 4608


def convolve(x: Array, kernel: Array, padding: str, step: int = 1) -> Array:
    """Correlate images with a kernel, (height, width, channels, filters), of which one is put each `step`.

    Padding `same` puts as many zeros on all sides, for a kernel of odd size.
    """
    import jax

    around = [((size - 1) // 2,) * 2 if padding == "same" else (0, 0) for size in kernel.shape[:2]]
    return jax.lax.conv_general_dilated(x, kernel, (step, step), around, dimension_numbers=LAYOUT)


def max_pool(x: Array, size: int, step: int) -> Array:
    """Take the maximum of each window of size x size; the gradient goes to the first of equal maxima."""
    import jax

    window, steps = (1, size, size, 1), (1, step, step, 1)
    return jax.lax.reduce_window(x, -jax.numpy.inf, jax.lax.max, window, steps, "VALID")


def avg_pool(x: Array, size: int, step: int) -> Array:
    """Take the mean of each window of size x size."""
    import jax

    window, steps = (1, size, size, 1), (1, step, step, 1)
    return jax.lax.reduce_window(x, 0.0, jax.lax.add, window, steps, "VALID") / (size * size)


def dropout(x: Array, rate: float, key: Any) -> Array:
    """Set a share of `rate` of the values to 0, and scale the others up."""
    import jax

    keep = jax.random.bernoulli(key, 1 - rate, x.shape)
    return jax.numpy.where(keep, x / (1 - rate), 0)


def quick_dropout(x: Array, rate: float, key: Any) -> Array:
    """Compute dropout() from 8 random bits a value instead of 32, where these give the rate exactly."""
    import jax
    from jax import numpy as jnp

    kept = 256 * (1 - rate)  # of 256 equally probable values
    if kept != int(kept):
        return dropout(x, rate, key)
    words = jax.random.bits(key, (math.ceil(x.size / 4),), jnp.uint32)
    values = jax.lax.bitcast_convert_type(words, jnp.uint8).reshape(-1)[: x.size].reshape(x.shape)
    # Without the barrier XLA may draw them again for each operation that takes the mask.
    keep = jax.lax.optimization_barrier(values < int(kept))
    return jnp.where(keep, x / (1 - rate), 0)


def convolve_in_parts(x: Array, kernel: Array, padding: str, step: int = 1) -> Array:
    """Compute convolve(); the gradient of the kernel is the sum of those of a few images each."""
    import jax

    @jax.custom_vjp
    def convolved(x: Array, kernel: Array) -> Array:
        return convolve(x, kernel, padding, step)

    def forward(x: Array, kernel: Array) -> Tuple[Array, Tuple[Array, Array]]:
        return convolved(x, kernel), (x, kernel)

    def backward(kept: Tuple[Array, Array], gradient: Array) -> Tuple[Array, Array]:
        x, kernel = kept
        (of_x,) = jax.vjp(lambda x: convolve(x, kernel, padding, step), x)[1](gradient)
        of_kernel = jax.numpy.zeros_like(kernel)
        images = images_at_once(gradient.shape[1] * gradient.shape[2])
        for start in range(0, len(x), images):
            part = x[start : start + images]
            _, gradient_of = jax.vjp(lambda kernel, part=part: convolve(part, kernel, padding, step), kernel)
            of_kernel += gradient_of(gradient[start : start + images])[0]
        return of_x, of_kernel

    convolved.defvjp(forward, backward)
    return convolved(x, kernel)


def images_at_once(places: int) -> int:
    """Give how many images of so many places make a part: a power of 2, which divides most batches."""
    return 2 ** max(0, int(math.log2(PLACES / places)))


def first_max_pool(x: Array, size: int, step: int) -> Array:
    """Compute max_pool() by the place of each first maximum, whose gradient is a choice and no search.

    For windows that lie side by side; others are left to max_pool().
    """
    from jax import numpy as jnp

    if step != size:
        return max_pool(x, size, step)
    rows, height, width, channels = x.shape
    height, width = height // size, width // size
    windows = x[:, : height * size, : width * size].reshape(rows, height, size, width, size, channels)
    most = windows[:, :, 0, :, 0]
    first = jnp.zeros(most.shape, jnp.int32)
    for place in range(1, size * size):
        value = windows[:, :, place // size, :, place % size]
        first = jnp.where(value > most, place, first)
        most = jnp.maximum(most, value)
    places = jnp.arange(size * size, dtype=jnp.int32).reshape(1, 1, size, 1, size, 1)
    return jnp.where(places == first[:, :, None, :, None], windows, 0).sum(axis=(2, 4))
