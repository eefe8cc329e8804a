"""How PyTorch's kernels lie in memory, and how they come from the canonical layout and go back to it."""

# PyTorch is not installed where types are checked.
# pyright: reportMissingImports=false

from typing import Any, Optional, Tuple

from scripts.training.frameworks.trainer import Array


def layout_of(model: Any) -> Optional[str]:
    """Read how the model's kernels lie in memory, and so the images that it computes.

    None if that cannot be seen: with one channel, first and last are the same.
    """
    import torch

    kernels = [kernel for kernel in model.parameters() if kernel.ndim == 4 and kernel.shape[1] > 1]
    if not kernels:
        return None
    last = all(kernel.is_contiguous(memory_format=torch.channels_last) for kernel in kernels)
    return "NHWC (channels_last)" if last else "NCHW"


def native_kernel(array: Array, flattened: Optional[Tuple[int, ...]]) -> Array:
    """Bring a kernel into PyTorch's layout: OIHW or (out, in)."""
    import numpy as np

    if array.ndim == 4:
        return np.ascontiguousarray(array.transpose(3, 2, 0, 1))
    if flattened:
        array = array.reshape(*flattened, -1).transpose(2, 0, 1, 3).reshape(array.shape)
    return np.ascontiguousarray(array.T)


def canonical_kernel(array: Array, flattened: Optional[Tuple[int, ...]]) -> Array:
    """Bring a kernel into the canonical layout: HWIO or (in, out), inputs flattened from NHWC."""
    if array.ndim == 4:
        return array.transpose(2, 3, 1, 0)
    array = array.T
    if flattened:
        height, width, channels = flattened
        array = array.reshape(channels, height, width, -1).transpose(1, 2, 0, 3).reshape(array.shape)
    return array
