"""MXNet, through Gluon. Its convolutions take a number of zeros; there is no `same`."""

from typing import Any, Callable

import mxnet as mx
from mxnet import autograd, gluon, nd

from own_layers.made import Array, Made

KNOWS_SAME = False


def gradient(function: Callable[[Any], Any], x: Array) -> Array:
    """Return the gradient of the sum of what a function gives."""
    values = nd.array(x)
    values.attach_grad()
    with autograd.record():
        out = function(values)
    out.backward()
    return values.grad.asnumpy()


def relu_gradient(x: Array) -> Array:
    return gradient(nd.relu, x)


def max_pool_gradient(x: Array) -> Array:
    return gradient(gluon.nn.MaxPool2D(2), x[None, None])[0, 0]


def leaky_relu(x: Array) -> Array:
    return nd.LeakyReLU(nd.array(x)).asnumpy()


def gelu(x: Array) -> Array:
    return gluon.nn.GELU()(nd.array(x)).asnumpy()


def conv(channels: int, filters: int, size: int, padding: str, strides: int) -> Made:
    assert padding == "valid"
    return made(gluon.nn.Conv2D(filters, size, strides, in_channels=channels))


def dense(inputs: int, units: int) -> Made:
    return made(gluon.nn.Dense(units, in_units=inputs))


def made(layer: Any) -> Made:
    """Initialise a layer as by default, and bring its weights to NumPy."""
    layer.initialize()
    weights = [parameter.data().asnumpy() for parameter in (layer.weight, layer.bias)]
    return Made(lambda x: layer(nd.array(x)).asnumpy(), *weights)


def batch_norm(features: int) -> Callable[[Array], tuple]:
    layer = gluon.nn.BatchNorm(in_channels=features)
    layer.initialize()

    def call(x: Array) -> tuple:
        with autograd.record():
            given = layer(nd.array(x))
        given.backward()  # without which the running values stay
        running = (parameter.data().asnumpy() for parameter in (layer.running_mean, layer.running_var))
        return (given.asnumpy(), *running)

    return call


def dropout(x: Array, rate: float) -> Array:
    with autograd.record():
        return gluon.nn.Dropout(rate)(nd.array(x)).asnumpy()


def cross_entropy(values: Array) -> float:
    loss = gluon.loss.SoftmaxCrossEntropyLoss()
    return float(loss(nd.array(values[None]), nd.array([0])).asscalar())


def adam_step(weight: float, gradient: float, decay: float) -> float:
    optimizer = mx.optimizer.Adam(learning_rate=0.1, wd=decay)
    value = nd.array([weight])
    optimizer.update(0, value, nd.array([gradient]), optimizer.create_state(0, value))
    return float(value.asscalar())


def clipped(gradients: list, norm: float) -> list:
    arrays = [nd.array(gradient) for gradient in gradients]
    gluon.utils.clip_global_norm(arrays, norm)
    return [array.asnumpy() for array in arrays]
