"""The activations of the `matched` settings as formulas, in plain NumPy.

Each takes x and returns its values and the function that carries the loss's gradient backwards through it,
as the layers of numpy_layers.py do. Goodfellow, Bengio and Courville, Deep Learning, 2016, chapter 6.3.
"""

import math
from collections.abc import Callable

import numpy as np

from scripts.core.network import LEAKY_SLOPE

Gradients = tuple[np.ndarray, list[np.ndarray]]
Backward = Callable[[np.ndarray], Gradients]
Output = tuple[np.ndarray, Backward]


def relu(x: np.ndarray) -> Output:
    """Compute max(x, 0); its derivative at 0 is 0."""
    return np.maximum(x, 0), lambda gradient: (gradient * (x > 0), [])


def leaky_relu(x: np.ndarray) -> Output:
    """Compute x, below 0 LEAKY_SLOPE x."""
    slope = np.where(x > 0, 1, LEAKY_SLOPE).astype(x.dtype)
    return x * slope, lambda gradient: (gradient * slope, [])


def elu(x: np.ndarray) -> Output:
    """Compute x, below 0 exp(x) - 1. Clevert et al., arXiv:1511.07289, alpha 1."""
    below = np.minimum(x, 0)
    return np.where(x > 0, x, np.expm1(below)), lambda gradient: (gradient * np.exp(below), [])


def tanh(x: np.ndarray) -> Output:
    """Compute the hyperbolic tangent."""
    out = np.tanh(x)
    return out, lambda gradient: (gradient * (1 - out * out), [])


def sigmoid(x: np.ndarray) -> Output:
    """Compute 1 / (1 + exp(-x)), by the hyperbolic tangent, which never overflows."""
    out = (1 + np.tanh(x / 2)) / 2
    return out, lambda gradient: (gradient * out * (1 - out), [])


def gelu(x: np.ndarray) -> Output:
    """Compute x Phi(x), Phi of the normal distribution. Hendrycks and Gimpel, arXiv:1606.08415."""
    from scipy.special import erf

    share = (1 + erf(x / math.sqrt(2))) / 2
    density = np.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    return x * share, lambda gradient: (gradient * (share + x * density), [])


def gelu_tanh(x: np.ndarray) -> Output:
    """Compute its approximation x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))), of the same paper."""
    scale = math.sqrt(2 / math.pi)
    out = np.tanh(scale * (x + 0.044715 * x**3))
    slope = (1 + out) / 2 + x / 2 * (1 - out * out) * scale * (1 + 3 * 0.044715 * x * x)
    return x * (1 + out) / 2, lambda gradient: (gradient * slope, [])


ACTIVATIONS: dict[str, Callable[[np.ndarray], Output]] = {
    **{"relu": relu, "leaky_relu": leaky_relu, "elu": elu, "tanh": tanh, "sigmoid": sigmoid},
    **{"gelu": gelu, "gelu_tanh": gelu_tanh},
}
