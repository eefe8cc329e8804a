"""PyTorch."""

from typing import Any, Callable

import torch
from torch.nn import functional

from own_layers.made import Array, Made


def gradient(function: Callable[[Any], Any], x: Array) -> Array:
    """Return the gradient of the sum of what a function gives."""
    values = torch.tensor(x, requires_grad=True)
    function(values).sum().backward()
    assert values.grad is not None
    return values.grad.numpy()


def relu_gradient(x: Array) -> Array:
    return gradient(functional.relu, x)


def max_pool_gradient(x: Array) -> Array:
    return gradient(torch.nn.MaxPool2d(2), x[None, None])[0, 0]


def leaky_relu(x: Array) -> Array:
    return functional.leaky_relu(torch.tensor(x)).numpy()


def gelu(x: Array) -> Array:
    return functional.gelu(torch.tensor(x)).numpy()


def conv(channels: int, filters: int, size: int, padding: str, strides: int) -> Made:
    return made(torch.nn.Conv2d(channels, filters, size, stride=strides, padding=padding))


def dense(inputs: int, units: int) -> Made:
    return made(torch.nn.Linear(inputs, units))


def made(layer: Any) -> Made:
    """Bring the weights of a layer to NumPy."""
    return Made(
        lambda x: layer(torch.tensor(x)).detach().numpy(),
        layer.weight.detach().numpy(),
        layer.bias.detach().numpy(),
    )


def batch_norm(features: int) -> Callable[[Array], tuple]:
    layer = torch.nn.BatchNorm1d(features)

    def call(x: Array) -> tuple:
        given = layer(torch.tensor(x)).detach().numpy()
        assert layer.running_mean is not None and layer.running_var is not None
        return given, layer.running_mean.numpy(), layer.running_var.numpy()

    return call


def dropout(x: Array, rate: float) -> Array:
    return functional.dropout(torch.tensor(x), rate).numpy()


def cross_entropy(values: Array) -> float:
    return functional.cross_entropy(torch.tensor(values[None]), torch.tensor([0])).item()


def adam_step(weight: float, gradient: float, decay: float) -> float:
    parameter = parameters([[weight]], [[gradient]])[0]
    torch.optim.Adam([parameter], 0.1, weight_decay=decay).step()
    return parameter.item()


def clipped(gradients: list, norm: float) -> list:
    made = parameters(gradients, gradients)
    torch.nn.utils.clip_grad_norm_(made, norm)
    return [parameter.grad.numpy() for parameter in made if parameter.grad is not None]


def parameters(values: list, gradients: list) -> list:
    """Make weights with their gradients."""
    made = [torch.nn.Parameter(torch.tensor(value)) for value in values]
    for parameter, gradient in zip(made, gradients):
        parameter.grad = torch.tensor(gradient)
    return made
