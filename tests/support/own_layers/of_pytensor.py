"""PyTensor: expressions, neither layers nor convolutions nor pools. Its relu is what one writes for it."""

import pytensor
import pytensor.tensor as pt

from own_layers.made import Array

max_pool_gradient = leaky_relu = gelu = conv = dense = batch_norm = dropout = cross_entropy = None
adam_step = clipped = None


def relu_gradient(x: Array) -> Array:
    values = pt.vector(dtype="float32")
    return pytensor.function([values], pytensor.grad(pt.maximum(values, 0).sum(), values))(x)
