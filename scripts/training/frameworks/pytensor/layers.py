"""The layers of the config as PyTensor's expressions.

PyTensor has neither convolution layers nor max pooling any more: both are slices here, and the convolution
one matrix product. Images are (rows, height, width, channels), kernels canonical.
"""

# PyTensor is not installed where types are checked: see typings/.
# pyright: reportMissingModuleSource=false, reportMissingImports=false

import math
from typing import Any, List, Optional, Sequence, Tuple

from scripts.core.network import LEAKY_SLOPE, Layers, Shape, shapes


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


def conv(x: Any, kernel: Any, out: Shape) -> Any:
    """Correlate images with a kernel, which gives the shape `out`: one row of a matrix for every window."""
    import pytensor.tensor as pt

    size, _, channels, filters = kernel.type.shape
    height, width, _ = out
    places = [(a, b) for a in range(size) for b in range(size)]
    windows = pt.concatenate([x[:, a : a + height, b : b + width] for a, b in places], axis=3)
    matrix = kernel.reshape((size * size * channels, filters))
    product = windows.reshape((-1, size * size * channels)) @ matrix
    return product.reshape((-1, height, width, filters))


def max_pool(x: Any, size: int, out: Shape) -> Any:
    """Take the maximum of each window; its gradient goes to the first of several equal ones."""
    import pytensor.tensor as pt

    height, width, _ = out
    places = [(a, b) for a in range(size) for b in range(size)]
    parts = [x[:, a : height * size : size, b : width * size : size] for a, b in places]
    found = parts[0]
    for part in parts[1:]:
        found = pt.switch(part > found, part, found)
    return found


def dropout(x: Any, rate: float, generator: Any) -> Tuple[Any, Any]:
    """Set a share of the values to 0 and scale the others; gives also the generator's next state."""
    import pytensor.tensor as pt

    after, drawn = generator.uniform(size=x.shape)
    return pt.switch(drawn >= rate, x / (1 - rate), 0), after


def logits(
    layers: Layers, input_shape: Shape, parameters: Sequence[Any], x: Any, generator: Any = None
) -> Tuple[Any, Any]:
    """Compute the network without its last softmax: (rows, classes).

    `parameters` are kernel, bias, kernel, ... With a `generator` layers drop out, and its next state is
    given, too.
    """
    weights, shape = iter(parameters), tuple(input_shape)
    for layer, after in zip(layers, shapes(layers, input_shape)):
        kind = layer["type"]
        if kind == "conv":
            images = padded(x, shape, layer["kernel"]) if layer["padding"] == "same" else x
            x = conv(images, next(weights), after) + next(weights)
        elif kind == "max_pool":
            x = max_pool(x, layer["size"], after)
        elif kind == "dropout" and generator is not None:
            x, generator = dropout(x, layer["rate"], generator)
        elif kind == "flatten":
            x = x.reshape((-1, *after))
        elif kind == "dense":
            x = x @ next(weights) + next(weights)
        x = activated(x, layer.get("activation"))
        shape = after
    return x, generator


def cross_entropy(logits: Any, labels: Any) -> Any:
    """Compute the mean of -log(softmax(logits)[label]) over the rows, from the logits and so not clipped."""
    import pytensor.tensor as pt

    return -pt.special.log_softmax(logits, axis=1)[pt.arange(labels.shape[0]), labels].mean()


def glorot_uniform(shapes: Sequence[Shape], precision: str, seed: int) -> List[Any]:
    """Draw initial weights: kernels uniform within sqrt(6 / (in + out)), biases 0; canonical layout.

    Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010.
    """
    import numpy as np

    random, found = np.random.RandomState(seed), []
    for shape in shapes:
        window = int(np.prod(shape[:-2]))  # of a convolution
        limit = np.sqrt(6 / (window * sum(shape[-2:]))) if len(shape) > 1 else 0
        found.append(random.uniform(-limit, limit, shape).astype(precision))
    return found
