"""How weights come from the canonical layout to PaddlePaddle's, and go back to it."""

from typing import List, Sequence

from scripts.training.fold_data import Array
from scripts.training.frameworks._shared.layouts import Order, channels_first, channels_last


def native(arrays: Sequence[Array], orders: Sequence[Order]) -> List[Array]:
    """Bring weights into PaddlePaddle's layout: kernels OIHW or (in, out); `orders` of flatten_orders()."""
    import numpy as np

    def one(array: Array, order: Order) -> Array:
        return array.transpose(3, 2, 0, 1) if array.ndim == 4 else channels_first(array, order)

    return [np.ascontiguousarray(one(array, order)) for array, order in zip(arrays, orders)]


def canonical(arrays: Sequence[Array], orders: Sequence[Order]) -> List[Array]:
    """Bring weights, or their gradients, into the canonical layout: kernels HWIO or (in, out)."""

    def one(array: Array, order: Order) -> Array:
        return array.transpose(2, 3, 1, 0) if array.ndim == 4 else channels_last(array, order)

    return [one(array, order) for array, order in zip(arrays, orders)]
