"""PaddlePaddle."""

from typing import Any, Callable

import numpy as np
import paddle
from paddle.nn import functional

from own_layers.made import Array, Made


def gradient(function: Callable[[Any], Any], x: Array) -> Array:
    """Return the gradient of the sum of what a function gives."""
    values = paddle.to_tensor(x, stop_gradient=False)
    function(values).sum().backward()
    return values.grad.numpy()


def relu_gradient(x: Array) -> Array:
    return gradient(functional.relu, x)


def max_pool_gradient(x: Array) -> Array:
    return gradient(paddle.nn.MaxPool2D(2), x[None, None])[0, 0]


def leaky_relu(x: Array) -> Array:
    return functional.leaky_relu(paddle.to_tensor(x)).numpy()


def gelu(x: Array) -> Array:
    return functional.gelu(paddle.to_tensor(x)).numpy()


def conv(channels: int, filters: int, size: int, padding: str, strides: int) -> Made:
    return made(paddle.nn.Conv2D(channels, filters, size, stride=strides, padding=padding))


def dense(inputs: int, units: int) -> Made:
    return made(paddle.nn.Linear(inputs, units))


def made(layer: Any) -> Made:
    """Bring the weights of a layer to NumPy."""
    return Made(
        lambda x: layer(paddle.to_tensor(x)).numpy(),
        layer.weight.numpy(),
        layer.bias.numpy(),
    )


def batch_norm(features: int) -> Callable[[Array], tuple]:
    layer = paddle.nn.BatchNorm1D(features)

    def call(x: Array) -> tuple:
        given = layer(paddle.to_tensor(x)).numpy()
        return given, layer._mean.numpy(), layer._variance.numpy()

    return call


def dropout(x: Array, rate: float) -> Array:
    return functional.dropout(paddle.to_tensor(x), rate).numpy()


def cross_entropy(values: Array) -> float:
    label = paddle.to_tensor([0], dtype="int64")
    return float(functional.cross_entropy(paddle.to_tensor(values[None]), label))


def adam_step(weight: float, gradient: float, decay: float) -> float:
    values = descended([np.float32([weight])], [np.float32([gradient])], "Adam", 0.1, weight_decay=decay)
    return float(values[0][0])


def clipped(gradients: list, norm: float) -> list:
    zeros = [np.zeros_like(gradient) for gradient in gradients]
    clip = paddle.nn.ClipGradByGlobalNorm(norm)
    return [-values for values in descended(zeros, gradients, "SGD", 1.0, grad_clip=clip)]


def descended(values: list, gradients: list, name: str, rate: float, **options: Any) -> list:
    """Take a step of an optimiser from these values of weights."""
    weights = [paddle.to_tensor(value, stop_gradient=False) for value in values]
    optimizer = getattr(paddle.optimizer, name)(rate, parameters=weights, **options)
    sum((weight * paddle.to_tensor(one)).sum() for weight, one in zip(weights, gradients)).backward()
    optimizer.step()
    return [weight.numpy() for weight in weights]
