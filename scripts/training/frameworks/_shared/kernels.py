"""Weights in libraries whose kernels are OIHW and (out, in), and back in the canonical layout."""

from typing import List, Sequence

from scripts.training.fold_data import Array
from scripts.training.frameworks._shared.flattened import Order, channels_first, channels_last


def native(arrays: Sequence[Array], orders: Sequence[Order]) -> List[Array]:
    """Bring weights into a library's layout: kernels OIHW or (out, in); `orders` of flatten_orders()."""
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
