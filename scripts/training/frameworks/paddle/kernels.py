"""How kernels come from the canonical layout to PaddlePaddle's, and go back to it."""

from typing import Optional, Tuple

from scripts.training.fold_data import Array


def native_kernel(array: Array, flattened: Optional[Tuple[int, ...]]) -> Array:
    """Bring a kernel into PaddlePaddle's layout: OIHW or (in, out), inputs flattened from NCHW.

    `flattened`: (height, width, channels) that a Flatten before the layer took in, or None.
    """
    import numpy as np

    if array.ndim == 4:
        return np.ascontiguousarray(array.transpose(3, 2, 0, 1))
    if flattened:
        array = array.reshape(*flattened, -1).transpose(2, 0, 1, 3).reshape(array.shape)
    return array


def canonical_kernel(array: Array, flattened: Optional[Tuple[int, ...]]) -> Array:
    """Bring a kernel into the canonical layout: HWIO or (in, out), inputs flattened from NHWC."""
    if array.ndim == 4:
        return array.transpose(2, 3, 1, 0)
    if flattened:
        height, width, channels = flattened
        array = array.reshape(channels, height, width, -1).transpose(1, 2, 0, 3).reshape(array.shape)
    return array
