"""The layers and the loss of the `matched` settings as formulas, in plain NumPy.

x is (rows, height, width, channels) or (rows, features). A layer's function returns its output and the
function that carries the loss's gradient backwards through it: gradient of the output -> (gradient of x,
[gradient of each weight]). Goodfellow, Bengio and Courville, Deep Learning, 2016, chapters 6.5 and 9.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np

from scripts.core.errors import UserError
from scripts.core.network import LEAKY_SLOPE

Gradients = tuple[np.ndarray, list[np.ndarray]]
Backward = Callable[[np.ndarray], Gradients]
Output = tuple[np.ndarray, Backward]

# Rows at a time in conv(): those of a whole batch (265 MB of columns for CIFAR-10) took half as long again.
BLOCK = 4


def conv(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray, padding: str) -> Output:
    """Compute a cross-correlation of stride 1.

    out[n, i, j, f] = sum over (a, b, c) of x[n, i + a, j + b, c] * kernel[a, b, c, f], + bias[f];
    padding `same` puts zeros around x: (kernel - 1) // 2 before and the rest after, as TensorFlow does.
    Returns the output and backward(gradient) -> (gradient of x, [of kernel, of bias]).
    """
    size, _, channels, filters = kernel.shape
    before, after = ((size - 1) // 2, size // 2) if padding == "same" else (0, 0)
    padded = np.pad(x, ((0, 0), (before, after), (before, after), (0, 0)))
    height, width = padded.shape[1] - size + 1, padded.shape[2] - size + 1
    matrix = kernel.reshape(-1, filters)
    blocks = [slice(start, start + BLOCK) for start in range(0, len(x), BLOCK)]
    places = [(a, b) for a in range(size) for b in range(size)]

    def seen(images: np.ndarray, a: int, b: int) -> np.ndarray:  # by place (a, b) of every window
        return images[:, a : a + height, b : b + width]

    def columns(block: slice) -> np.ndarray:  # one row for every window: convolution becomes a matrix product
        parts = [seen(padded[block], a, b) for a, b in places]
        return np.concatenate(parts, axis=3).reshape(-1, size * size * channels)

    out = np.empty((len(x), height, width, filters), x.dtype)
    for block in blocks:
        out[block] = (columns(block) @ matrix + bias).reshape(-1, height, width, filters)

    def backward(gradient: np.ndarray) -> Gradients:
        of_x, of_matrix = np.zeros_like(padded), np.zeros_like(matrix)
        for block in blocks:
            of_out = gradient[block].reshape(-1, filters)
            of_matrix += columns(block).T @ of_out
            of_columns = (of_out @ matrix.T).reshape(-1, height, width, len(places), channels)
            for at, (a, b) in enumerate(places):
                seen(of_x[block], a, b)[...] += of_columns[:, :, :, at]
        of_x = of_x[:, before : before + x.shape[1], before : before + x.shape[2]]
        return of_x, [of_matrix.reshape(kernel.shape), gradient.sum(axis=(0, 1, 2))]

    return out, backward


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


def max_pool(x: np.ndarray, size: int) -> Output:
    """Take the maximum of every size x size window; rows and columns that fill no window are dropped.

    The gradient goes to a window's first maximum, in the order of rows, then columns.
    """
    height, width = x.shape[1] // size, x.shape[2] // size

    def values(array: np.ndarray, at: int) -> np.ndarray:  # those at one place of all windows
        a, b = divmod(at, size)
        return array[:, a : height * size : size, b : width * size : size]

    out, first = values(x, 0).copy(), np.zeros((len(x), height, width, x.shape[3]), np.int32)
    for at in range(1, size * size):
        first[values(x, at) > out] = at
        np.maximum(out, values(x, at), out=out)

    def backward(gradient: np.ndarray) -> Gradients:
        of_x = np.zeros_like(x)
        for at in range(size * size):
            values(of_x, at)[...] = gradient * (first == at)
        return of_x, []

    return out, backward


def flatten(x: np.ndarray) -> Output:
    """Reshape (rows, height, width, channels) to (rows, height * width * channels), the last axis fastest."""
    return x.reshape(len(x), -1), lambda gradient: (gradient.reshape(x.shape), [])


def dense(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> Output:
    """Compute x @ kernel + bias."""
    return x @ kernel + bias, lambda gradient: (
        gradient @ kernel.T,
        [x.T @ gradient, gradient.sum(axis=0)],
    )


def pass_forward(
    layers: list[dict], parameters: Sequence[np.ndarray], x: np.ndarray
) -> tuple[np.ndarray, list[Backward]]:
    """Compute the logits, and return them with the backward functions of all layers, in their order.

    The last layer's softmax is part of the loss. Raises UserError for a softmax elsewhere.
    """
    weights, steps = iter(parameters), []

    def through(pair: Output) -> np.ndarray:
        out, backward = pair
        steps.append(backward)
        return out

    for number, layer in enumerate(layers, start=1):
        kind, activation = layer["type"], layer.get("activation")
        if kind == "conv":
            x = through(conv(x, next(weights), next(weights), layer["padding"]))
        elif kind == "max_pool":
            x = through(max_pool(x, layer["size"]))
        elif kind == "flatten":
            x = through(flatten(x))
        elif kind == "dense":
            x = through(dense(x, next(weights), next(weights)))
        if activation in ACTIVATIONS:
            x = through(ACTIVATIONS[activation](x))
        elif activation == "softmax" and number != len(layers):
            raise UserError(f"layer {number} ({kind}): the reference knows softmax only in the last layer")
    return x, steps


def forward(layers: list[dict], parameters: Sequence[np.ndarray], x: np.ndarray) -> np.ndarray:
    """Compute the logits, (rows, classes): the last layer before its softmax.

    `layers` as in the config, `parameters` [kernel_0, bias_0, ...].
    """
    return pass_forward(layers, parameters, x)[0]


def cross_entropy(logits: np.ndarray, labels: np.ndarray) -> tuple[float, np.ndarray]:
    """Average -log(softmax(logits)[label]) over the rows, from the logits and so without clipping.

    Returns the loss and its gradient by the logits: (softmax - one hot label) / rows.
    """
    every = np.arange(len(labels))
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_softmax = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    gradient = np.exp(log_softmax)
    gradient[every, labels] -= 1
    return float(-log_softmax[every, labels].mean()), gradient / len(labels)


def loss_and_gradients(
    layers: list[dict], parameters: Sequence[np.ndarray], x: np.ndarray, labels: np.ndarray
) -> tuple[float, list[np.ndarray]]:
    """Compute the loss of a batch and its gradients by every weight, in order and layout of `parameters`."""
    logits, steps = pass_forward(layers, parameters, x)
    loss, gradient = cross_entropy(logits, labels)
    gradients = []
    for backward in reversed(steps):
        gradient, of_weights = backward(gradient)
        gradients = of_weights + gradients
    return loss, gradients


def relative_distance(gradients: Sequence[np.ndarray], exact: Sequence[np.ndarray]) -> float:
    """Compute the largest relative difference of any weight's gradient: norm of the difference over norm.

    Where the exact one is zero (a layer whose ReLUs are all off): 0 for another zero, infinite for others.
    """
    largest = 0.0
    for gradient, other in zip(gradients, exact, strict=True):
        apart, norm = (float(np.linalg.norm(array)) for array in (gradient - other, other))
        relative = apart / norm if norm else 0.0 if apart == 0 else np.inf
        largest = float(np.maximum(largest, relative))  # keeps a NaN, which max() may lose
    return largest
