"""The layers and the loss of the `matched` settings as formulas, in plain NumPy.

x is (rows, height, width, channels) or (rows, features). A layer's function returns its output and the
function that carries the loss's gradient backwards through it: gradient of the output -> (gradient of x,
[gradient of each weight]). Goodfellow, Bengio and Courville, Deep Learning, 2016, chapters 6.5 and 9.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from scripts.core.errors import UserError
from scripts.core.network import has_bias, places, strides
from scripts.parity.numpy_activations import ACTIVATIONS, Backward, Gradients, Output

Running = dict[int, tuple[np.ndarray, np.ndarray]]  # of a batch_norm, by its place: mean and variance

# Rows at a time in conv(): those of a whole batch (265 MB of columns for CIFAR-10) took half as long again.
BLOCK = 4


def windows(x: np.ndarray, size: int, step: int) -> tuple[Callable[[np.ndarray, int], np.ndarray], int, int]:
    """Lay windows of size x size over images of x's shape, one each `step` rows and columns.

    Returns a function that gives what of such images all windows have at their place 0, 1, ..., by rows, then
    columns: a view, (rows, height, width, channels); and how many windows there are, height and width.
    """
    height, width = (places(count, size, step) for count in x.shape[1:3])

    def seen(images: np.ndarray, at: int) -> np.ndarray:
        a, b = divmod(at, size)
        return images[:, a : a + height * step : step, b : b + width * step : step]

    return seen, height, width


def conv(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray | None, padding: str, step: int = 1) -> Output:
    """Compute a cross-correlation, with windows each `step` rows and columns.

    out[n, i, j, f] = sum over (a, b, c) of x[n, step i + a, step j + b, c] * kernel[a, b, c, f], + bias[f];
    padding `same` puts zeros around x, (kernel - 1) // 2 before and the rest after.
    Returns the output and backward(gradient) -> (gradient of x, [of kernel, of bias]).
    """
    size, _, channels, filters = kernel.shape
    before, after = ((size - 1) // 2, size // 2) if padding == "same" else (0, 0)
    padded = np.pad(x, ((0, 0), (before, after), (before, after), (0, 0)))
    seen, height, width = windows(padded, size, step)
    matrix = kernel.reshape(-1, filters)
    blocks = [slice(start, start + BLOCK) for start in range(0, len(x), BLOCK)]

    def columns(block: slice) -> np.ndarray:  # one row for every window: convolution becomes a matrix product
        parts = [seen(padded[block], at) for at in range(size * size)]
        return np.concatenate(parts, axis=3).reshape(-1, size * size * channels)

    out = np.empty((len(x), height, width, filters), x.dtype)
    for block in blocks:
        out[block] = (columns(block) @ matrix).reshape(-1, height, width, filters)
    if bias is not None:
        out += bias

    def backward(gradient: np.ndarray) -> Gradients:
        of_x, of_matrix = np.zeros_like(padded), np.zeros_like(matrix)
        for block in blocks:
            of_out = gradient[block].reshape(-1, filters)
            of_matrix += columns(block).T @ of_out
            of_columns = (of_out @ matrix.T).reshape(-1, height, width, size * size, channels)
            for at in range(size * size):
                seen(of_x[block], at)[...] += of_columns[:, :, :, at]
        of_x = of_x[:, before : before + x.shape[1], before : before + x.shape[2]]
        of_bias = [] if bias is None else [gradient.sum(axis=(0, 1, 2))]
        return of_x, [of_matrix.reshape(kernel.shape), *of_bias]

    return out, backward


def max_pool(x: np.ndarray, size: int, step: int) -> Output:
    """Take the maximum of size x size windows; rows and columns that fill no window are dropped.

    The gradient goes to a window's first maximum, in the order of rows, then columns.
    """
    seen, height, width = windows(x, size, step)
    out, first = seen(x, 0).copy(), np.zeros((len(x), height, width, x.shape[3]), np.int32)
    for at in range(1, size * size):
        first[seen(x, at) > out] = at
        np.maximum(out, seen(x, at), out=out)

    def backward(gradient: np.ndarray) -> Gradients:
        of_x = np.zeros_like(x)
        for at in range(size * size):
            seen(of_x, at)[...] += gradient * (first == at)
        return of_x, []

    return out, backward


def avg_pool(x: np.ndarray, size: int, step: int) -> Output:
    """Take the mean of size x size windows; rows and columns that fill no window are dropped."""
    seen, _, _ = windows(x, size, step)
    count = size * size

    def backward(gradient: np.ndarray) -> Gradients:
        of_x = np.zeros_like(x)
        for at in range(count):
            seen(of_x, at)[...] += gradient / count
        return of_x, []

    total = seen(x, 0).copy()
    for at in range(1, count):
        total += seen(x, at)
    return total / count, backward


def global_avg_pool(x: np.ndarray) -> Output:
    """Take the mean of each channel of an image: (rows, channels)."""
    count = x.shape[1] * x.shape[2]

    def backward(gradient: np.ndarray) -> Gradients:
        return np.broadcast_to(gradient[:, None, None] / count, x.shape), []

    return x.mean(axis=(1, 2)), backward


def batch_norm(x: np.ndarray, scale: np.ndarray, shift: np.ndarray, epsilon: float) -> Output:
    """Normalise each channel by mean and variance of the batch, and compute scale times that, + shift.

    Ioffe and Szegedy, Batch normalization, arXiv:1502.03167, algorithm 1.
    """
    axes = tuple(range(x.ndim - 1))
    count = x.size // x.shape[-1]
    mean, variance = moments(x)
    root = np.sqrt(variance + epsilon)
    normal = (x - mean) / root

    def backward(gradient: np.ndarray) -> Gradients:
        of_shift, of_scale = gradient.sum(axis=axes), (gradient * normal).sum(axis=axes)
        of_x = scale / root * (gradient - of_shift / count - normal * of_scale / count)
        return of_x, [of_scale, of_shift]

    return scale * normal + shift, backward


def moments(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute mean and variance, a mean of squares, of each channel or feature."""
    axes = tuple(range(x.ndim - 1))
    return x.mean(axis=axes), x.var(axis=axes)


def run_on(running: Running, place: int, x: np.ndarray, momentum: float) -> None:
    """Move the running mean and variance of a batch_norm, 0 and 1 at first, towards those of a batch."""
    before = running.get(place, (np.zeros(x.shape[-1], x.dtype), np.ones(x.shape[-1], x.dtype)))
    mean, variance = (
        momentum * old + (1 - momentum) * new for old, new in zip(before, moments(x), strict=True)
    )
    running[place] = mean, variance


def flatten(x: np.ndarray) -> Output:
    """Reshape (rows, height, width, channels) to (rows, height * width * channels), the last axis fastest."""
    return x.reshape(len(x), -1), lambda gradient: (gradient.reshape(x.shape), [])


def dense(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray | None) -> Output:
    """Compute x @ kernel + bias."""

    def backward(gradient: np.ndarray) -> Gradients:
        of_bias = [] if bias is None else [gradient.sum(axis=0)]
        return gradient @ kernel.T, [x.T @ gradient, *of_bias]

    out = x @ kernel
    return out if bias is None else out + bias, backward


def computed(layer: dict, weights: Iterator[np.ndarray], x: np.ndarray) -> Output | None:
    """Compute a layer without its activation, from the next of the weights; None: it changes nothing."""
    kind = layer["type"]
    if kind in ("conv", "dense"):
        kernel, bias = next(weights), next(weights) if has_bias(layer) else None
        if kind == "dense":
            return dense(x, kernel, bias)
        return conv(x, kernel, bias, layer["padding"], strides(layer))
    if kind in ("max_pool", "avg_pool"):
        return (max_pool if kind == "max_pool" else avg_pool)(x, layer["size"], strides(layer))
    if kind == "global_avg_pool":
        return global_avg_pool(x)
    if kind == "batch_norm":
        return batch_norm(x, next(weights), next(weights), layer["epsilon"])
    return flatten(x) if kind == "flatten" else None


def pass_forward(
    layers: list[dict], parameters: Sequence[np.ndarray], x: np.ndarray, running: Running | None = None
) -> tuple[np.ndarray, list[Backward]]:
    """Compute the logits, and return them with the backward functions of all layers, in their order.

    The last layer's softmax is part of the loss. `running` is moved on. Raises UserError for a softmax
    elsewhere.
    """
    weights, steps = iter(parameters), []

    def through(pair: Output) -> np.ndarray:
        out, backward = pair
        steps.append(backward)
        return out

    for number, layer in enumerate(layers, start=1):
        if running is not None and layer["type"] == "batch_norm":
            run_on(running, number, x, layer["momentum"])
        found, activation = computed(layer, weights, x), layer.get("activation")
        if found:
            x = through(found)
        if activation in ACTIVATIONS:
            x = through(ACTIVATIONS[activation](x))
        elif activation == "softmax" and number != len(layers):
            where = f"layer {number} ({layer['type']})"
            raise UserError(f"{where}: the reference knows softmax only in the last layer")
    return x, steps


def forward(layers: list[dict], parameters: Sequence[np.ndarray], x: np.ndarray) -> np.ndarray:
    """Compute the logits, (rows, classes): the last layer before its softmax.

    `layers` as in the config, `parameters` as core/network.py orders them.
    """
    return pass_forward(layers, parameters, x)[0]


def probabilities(
    layers: list[dict], parameters: Sequence[np.ndarray], x: np.ndarray, running: Running
) -> np.ndarray:
    """Predict the probabilities of the classes, (rows, classes): batch_norm takes its running values."""
    weights = iter(parameters)
    for place, layer in enumerate(layers, start=1):
        if layer["type"] == "batch_norm":
            (mean, variance), scale, shift = running[place], next(weights), next(weights)
            x = scale * (x - mean) / np.sqrt(variance + layer["epsilon"]) + shift
        elif found := computed(layer, weights, x):
            x = found[0]
        if layer.get("activation") in ACTIVATIONS:
            x = ACTIVATIONS[layer["activation"]](x)[0]
    powers = np.exp(x - x.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


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
    layers: list[dict],
    parameters: Sequence[np.ndarray],
    x: np.ndarray,
    labels: np.ndarray,
    running: Running | None = None,
) -> tuple[float, list[np.ndarray]]:
    """Compute the loss of a batch and its gradients by every weight, in order and layout of `parameters`."""
    logits, steps = pass_forward(layers, parameters, x, running)
    loss, gradient = cross_entropy(logits, labels)
    gradients = []
    for backward in reversed(steps):
        gradient, of_weights = backward(gradient)
        gradients = of_weights + gradients
    return loss, gradients


LEAST = 1e-3  # of the largest gradient: so large every one counts at least


def relative_distance(gradients: Sequence[np.ndarray], exact: Sequence[np.ndarray]) -> float:
    """Compute the largest relative difference of any weight's gradient: norm of the difference over norm.

    A gradient may be zero but for rounding, as of a bias before a batch_norm, or exactly, where all ReLUs of
    a layer are off: its norm counts as LEAST of the largest one. Where all are zero: 0 for zeros, else
    infinite.
    """
    norms = [float(np.linalg.norm(array)) for array in exact]
    least, largest = LEAST * max(norms), 0.0
    for gradient, other, norm in zip(gradients, exact, norms, strict=True):
        apart, size = float(np.linalg.norm(gradient - other)), max(norm, least)
        relative = apart / size if size else 0.0 if apart == 0 else np.inf
        largest = float(np.maximum(largest, relative))  # keeps a NaN, which max() may lose
    return largest
