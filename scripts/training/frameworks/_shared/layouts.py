"""Images and weights in libraries whose images are NCHW, and whose kernels are OIHW and (out, in)."""

from typing import List, Optional, Sequence, Tuple

from scripts.core.network import Layers
from scripts.training.fold_data import Array

Order = Optional[Tuple[int, ...]]


def nchw(x: Array) -> Array:
    """Bring images, NHWC, into NCHW; rows of features stay as they are."""
    import numpy as np

    return np.ascontiguousarray(np.moveaxis(x, -1, 1) if x.ndim == 4 else x)


def flatten_orders(layers: Layers, input_shape: Tuple[int, ...]) -> List[Order]:
    """Give, for every weight, the shape that a Flatten before its layer took in.

    (height, width, channels), or None where there was no Flatten. A library whose images are NCHW flattens
    channels first, the canonical layout channels last: that is another order of a kernel's inputs, and of the
    scales and shifts of a batch_norm. Biases have None.
    """
    from scripts.core.network import shapes, weights

    found, before, shape = [], None, tuple(input_shape)
    for layer, after in zip(layers, shapes(layers, input_shape)):
        if layer["type"] == "flatten":
            before = shape if len(shape) == 3 else None
        kinds = [weight.kind for weight in weights([layer], shape)]
        found += [None if kind == "bias" else before for kind in kinds]
        if "kernel" in kinds:
            before = None
        shape = after
    return found


def channels_first(array: Array, order: Order) -> Array:
    """Bring the first axis, flattened from (height, width, channels), into the order of NCHW."""
    if order is None:
        return array
    return array.reshape(*order, -1).transpose(2, 0, 1, 3).reshape(array.shape)


def channels_last(array: Array, order: Order) -> Array:
    """Bring the first axis, flattened from NCHW, into the order of (height, width, channels)."""
    if order is None:
        return array
    height, width, channels = order
    return array.reshape(channels, height, width, -1).transpose(1, 2, 0, 3).reshape(array.shape)


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
