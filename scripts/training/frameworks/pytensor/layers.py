"""The layers of the config as PyTensor's expressions.

PyTensor has neither convolution layers nor max pooling any more: both are slices here, and the convolution
one matrix product. Images are (rows, height, width, channels), kernels canonical.
"""

# PyTensor is not installed where types are checked: see typings/.
# pyright: reportMissingModuleSource=false, reportMissingImports=false

import math
from types import MappingProxyType
from typing import Any, Callable, List, Mapping, NamedTuple, Optional, Tuple

from scripts.core.network import (
    LEAKY_SLOPE,
    Layers,
    Shape,
    given,
    has_bias,
    norm_sizes,
    shapes,
    strides,
    weights,
)

Running = Tuple[Any, Any]  # mean and variance of a batch_norm
Updates = List[Tuple[Any, Any]]  # shared variable, its new value
# PyTensor has no layers: with published settings the constants of Keras 2.3.1, as those of its optimisers.
KERAS_2 = MappingProxyType({"momentum": 0.99, "epsilon": 1e-3})


def relu(x: Any) -> Any:
    """Compute max(x, 0) with the derivative 0 at 0, as other libraries have it.

    That of `maximum` is 1 there, which matters wherever a picture is black and a bias still 0.
    """
    import pytensor.tensor as pt

    return pt.switch(x > 0, x, 0)


def activated(x: Any, name: Optional[str]) -> Any:
    """Compute an activation of the config; the last softmax is part of the loss."""
    import pytensor.tensor as pt

    known = {
        "relu": relu,
        "leaky_relu": lambda x: pt.switch(x > 0, x, LEAKY_SLOPE * x),
        # The branch that is not taken must be finite, or the gradient is not.
        "elu": lambda x: pt.switch(x > 0, x, pt.expm1(pt.switch(x > 0, 0, x))),
        "tanh": pt.tanh,
        "sigmoid": pt.sigmoid,
        "gelu": lambda x: x * (1 + pt.erf(x / math.sqrt(2))) / 2,
        "gelu_tanh": lambda x: x * (1 + pt.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x))) / 2,
    }
    return known[name](x) if name in known else x


def padded(x: Any, shape: Shape, kernel: int) -> Any:
    """Put zeros around images of this (height, width, channels), so that a convolution keeps their size."""
    import pytensor.tensor as pt

    before, (height, width, channels) = (kernel - 1) // 2, shape
    zeros = pt.zeros((x.shape[0], height + kernel - 1, width + kernel - 1, channels), dtype=x.dtype)
    return pt.set_subtensor(zeros[:, before : before + height, before : before + width], x)


def views(x: Any, size: int, step: int, out: Shape) -> List[Any]:
    """Give what windows of size x size, one each `step`, have at each place: by rows, then columns.

    `out` is (height, width, ...), the number of windows.
    """
    height, width = (count * step for count in out[:2])
    places = [(a, b) for a in range(size) for b in range(size)]
    return [x[:, a : a + height : step, b : b + width : step] for a, b in places]


def conv(x: Any, kernel: Any, step: int, out: Shape) -> Any:
    """Correlate images with a kernel, which gives the shape `out`: one row of a matrix for every window."""
    import pytensor.tensor as pt

    size, _, channels, filters = kernel.type.shape
    height, width, _ = out
    windows = pt.concatenate(views(x, size, step, out), axis=3)
    matrix = kernel.reshape((size * size * channels, filters))
    product = windows.reshape((-1, size * size * channels)) @ matrix
    return product.reshape((-1, height, width, filters))


def max_pool(x: Any, layer: Mapping[str, Any], out: Shape) -> Any:
    """Take the maximum of each window; its gradient goes to the first of several equal ones."""
    import pytensor.tensor as pt

    found, *parts = views(x, layer["size"], strides(layer), out)
    for part in parts:
        found = pt.switch(part > found, part, found)
    return found


def avg_pool(x: Any, layer: Mapping[str, Any], out: Shape) -> Any:
    """Take the mean of each window."""
    return sum(views(x, layer["size"], strides(layer), out)) / layer["size"] ** 2


POOLS: Mapping[str, Callable[[Any, Mapping[str, Any], Shape], Any]] = MappingProxyType(
    {"max_pool": max_pool, "avg_pool": avg_pool, "global_avg_pool": lambda x, *_: x.mean(axis=(1, 2))}
)


def dropout(x: Any, rate: float, generator: Any) -> Tuple[Any, Any]:
    """Set a share of the values to 0 and scale the others; gives also the generator's next state."""
    import pytensor.tensor as pt

    after, drawn = generator.uniform(size=x.shape)
    return pt.switch(drawn >= rate, x / (1 - rate), 0), after


def batch_norm(
    x: Any, scale: Any, shift: Any, layer: Mapping[str, Any], running: Running
) -> Tuple[Any, Updates]:
    """Normalise channels by the batch, and give the updates of the running mean and variance."""
    constants = {**KERAS_2, **given(layer, *KERAS_2)}
    axes = tuple(range(x.type.ndim - 1))
    mean = x.mean(axis=axes)
    variance = ((x - mean) ** 2).mean(axis=axes)
    keep = constants["momentum"]
    moved = [(old, keep * old + (1 - keep) * new) for old, new in zip(running, (mean, variance))]
    return normal(x, scale, shift, (mean, variance), constants["epsilon"]), moved


def predicted_norm(x: Any, scale: Any, shift: Any, layer: Mapping[str, Any], running: Running) -> Any:
    """Normalise channels by the running mean and variance."""
    return normal(x, scale, shift, running, {**KERAS_2, **given(layer, *KERAS_2)}["epsilon"])


def normal(x: Any, scale: Any, shift: Any, by: Running, epsilon: float) -> Any:
    """Normalise channels by a mean and a variance, and scale and shift them."""
    import pytensor.tensor as pt

    mean, variance = by
    return scale * (x - mean) / pt.sqrt(variance + epsilon) + shift


def logits(
    layers: Layers, input_shape: Shape, variables: "Variables", x: Any, generator: Any = None
) -> Tuple[Any, Updates]:
    """Compute the network without its last softmax, (rows, classes), and the updates of what it changes.

    With a `generator` it is training: layers drop out, and batch_norm takes the batch's mean and variance.
    """
    left, norms, shape = iter(variables.parameters), iter(variables.running), tuple(input_shape)
    updates, before = [], generator
    for layer, after in zip(layers, shapes(layers, input_shape)):
        kind = layer["type"]
        if kind == "conv":
            images = padded(x, shape, layer["kernel"]) if layer["padding"] == "same" else x
            x = conv(images, next(left), strides(layer), after)
        elif kind in POOLS:
            x = POOLS[kind](x, layer, after)
        elif kind == "batch_norm" and generator is not None:
            x, moved = batch_norm(x, next(left), next(left), layer, next(norms))
            updates += moved
        elif kind == "batch_norm":
            x = predicted_norm(x, next(left), next(left), layer, next(norms))
        elif kind == "dropout" and generator is not None:
            x, generator = dropout(x, layer["rate"], generator)
        elif kind == "flatten":
            x = x.reshape((-1, *after))
        elif kind == "dense":
            x = x @ next(left)
        if kind in ("conv", "dense") and has_bias(layer):
            x = x + next(left)
        x = activated(x, layer.get("activation"))
        shape = after
    return x, updates if generator is before else [*updates, (before, generator)]


def cross_entropy(logits: Any, labels: Any) -> Any:
    """Compute the mean of -log(softmax(logits)[label]) over the rows, from the logits and so not clipped."""
    import pytensor.tensor as pt

    return -pt.special.log_softmax(logits, axis=1)[pt.arange(labels.shape[0]), labels].mean()


class Variables(NamedTuple):
    """Shared variables of a network: weights as weights() orders them, running values of each batch_norm."""

    parameters: List[Any]
    running: List[Running]


def drawn(layers: Layers, input_shape: Shape, seed: int) -> Variables:
    """Make the variables: kernels uniform within sqrt(6 / (in + out)), the others as they start everywhere.

    Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010.
    """
    import numpy as np
    import pytensor

    random, precision = np.random.RandomState(seed), pytensor.config.floatX

    def shared(array: Any) -> Any:
        return pytensor.shared(array.astype(precision), shape=array.shape)

    parameters = []
    for kind, shape in weights(layers, input_shape):
        window = int(np.prod(shape[:-2]))  # of a convolution
        limit = np.sqrt(6 / (window * sum(shape[-2:]))) if kind == "kernel" else 0
        array = random.uniform(-limit, limit, shape) if kind == "kernel" else np.zeros(shape)
        parameters.append(shared(array + (kind == "scale")))
    sizes = norm_sizes(layers, input_shape)
    return Variables(parameters, [(shared(np.zeros(size)), shared(np.ones(size))) for size in sizes])
