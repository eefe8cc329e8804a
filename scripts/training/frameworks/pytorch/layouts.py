"""How PyTorch's kernels lie in memory, and how they come from the canonical layout and go back to it."""

# PyTorch is not installed where types are checked.
# pyright: reportMissingImports=false

from typing import Any, List, Optional, Sequence

from scripts.training.frameworks._shared.flattened import Order, channels_first, channels_last
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


def native(arrays: Sequence[Array], orders: Sequence[Order]) -> List[Array]:
    """Bring weights into PyTorch's layout: kernels OIHW or (out, in); `orders` of flatten_orders()."""
    import numpy as np

    def one(array: Array, order: Order) -> Array:
        if array.ndim == 4:
            return array.transpose(3, 2, 0, 1)
        return channels_first(array, order).T

    return [np.ascontiguousarray(one(array, order)) for array, order in zip(arrays, orders)]


def canonical(arrays: Sequence[Array], orders: Sequence[Order]) -> List[Array]:
    """Bring weights, or their gradients, into the canonical layout: kernels HWIO or (in, out)."""

    def one(array: Array, order: Order) -> Array:
        if array.ndim == 4:
            return array.transpose(2, 3, 1, 0)
        return channels_last(array.T, order)

    return [one(array, order) for array, order in zip(arrays, orders)]
