"""Chainer. Its convolutions take a number of zeros; there is no `same`, and no gelu."""

from typing import Any, Callable

import chainer
import numpy as np
from chainer import functions, links

from own_layers.made import Array, Made

KNOWS_SAME = False
gelu = None


def gradient(function: Callable[[Any], Any], x: Array) -> Array:
    """Return the gradient of the sum of what a function gives."""
    values = chainer.Variable(x)
    functions.sum(function(values)).backward()
    assert values.grad is not None
    return values.grad


def relu_gradient(x: Array) -> Array:
    return gradient(functions.relu, x)


def max_pool_gradient(x: Array) -> Array:
    return gradient(lambda values: functions.max_pooling_2d(values, 2), x[None, None])[0, 0]


def leaky_relu(x: Array) -> Array:
    return functions.leaky_relu(x).array


def conv(channels: int, filters: int, size: int, padding: str, strides: int) -> Made:
    assert padding == "valid"
    return made(links.Convolution2D(channels, filters, size, strides))


def dense(inputs: int, units: int) -> Made:
    return made(links.Linear(inputs, units))


def made(link: Any) -> Made:
    """Take the weights of a link."""
    return Made(lambda x: link(x).array, link.W.array, link.b.array)


def batch_norm(features: int) -> Callable[[Array], tuple]:
    link = links.BatchNormalization(features)
    return lambda x: (link(x).array, link.avg_mean, link.avg_var)


def dropout(x: Array, rate: float) -> Array:
    return functions.dropout(x, rate).array


def cross_entropy(values: Array) -> float:
    return float(functions.softmax_cross_entropy(values[None], np.zeros(1, np.int32)).array)


def adam_step(weight: float, gradient: float, decay: float) -> float:
    (link,) = with_gradients([[weight]], [[gradient]])
    chainer.optimizers.Adam(0.1, weight_decay_rate=decay).setup(link).update()
    return float(link.w.array[0])


def clipped(gradients: list, norm: float) -> list:
    made = chainer.ChainList(*with_gradients(gradients, gradients))
    optimizer = chainer.optimizers.SGD(0.0).setup(made)
    chainer.optimizer_hooks.GradientClipping(norm)(optimizer)
    return [link.w.grad for link in made]


def with_gradients(values: list, gradients: list) -> list:
    """Make links of one weight with its gradient."""
    made = []
    for value, gradient in zip(values, gradients):
        link = chainer.Link()
        with link.init_scope():
            link.w = chainer.Parameter(np.array(value, np.float32))
        link.w.grad = np.array(gradient, np.float32)
        made.append(link)
    return made
