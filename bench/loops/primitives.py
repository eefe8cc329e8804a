"""The floor: the convolutions, poolings and matrix products of a training step alone, forward and backward.

Same shapes, same batches, by the kernels that PyTorch calls (oneDNN's and MKL's), in its fastest layout.
What a step has besides is left out: activations, dropout, loss, optimiser, the picking of rows, and the
bookkeeping of autograd.
"""

# PyTorch is not installed where types are checked.
# pyright: reportMissingImports=false

from typing import Any, Dict, List, Mapping, Tuple

from scripts.core.network import shapes
from scripts.training import fold_data
from scripts.training.session import Session
from scripts.training.timing import EpochClock

ONES, NONE = [1, 1], [0, 0]  # of strides and dilations, and of paddings


class Convolution:
    """A convolution with bias; the first of a network needs no gradient of its input."""

    def __init__(self, layer: Mapping[str, Any], before: Tuple[int, ...], first: bool) -> None:
        import torch

        size = layer["kernel"]
        kernel = 0.05 * torch.randn(layer["filters"], before[-1], size, size)
        self.kernel = kernel.contiguous(memory_format=torch.channels_last)
        self.bias = torch.zeros(layer["filters"])
        self.padding = [size // 2] * 2 if layer["padding"] == "same" else NONE
        self.wanted = [not first, True, True]  # gradients of input, kernel and bias

    def forward(self, x: Any) -> Any:
        """Compute the output, NCHW in channels last."""
        import torch

        self.x = x
        return torch.conv2d(x, self.kernel, self.bias, padding=self.padding)

    def backward(self, gradient: Any) -> Any:
        """Compute all gradients, and return that of the input."""
        import torch

        sizes, kernel = [len(self.bias)], self.kernel
        rest = (sizes, ONES, self.padding, ONES, False, NONE, 1, self.wanted)
        return torch.ops.aten.convolution_backward(gradient, self.x, kernel, *rest)[0]


class Pooling:
    """Max pooling with windows next to each other."""

    def __init__(self, layer: Mapping[str, Any]) -> None:
        self.size = [layer["size"]] * 2

    def forward(self, x: Any) -> Any:
        """Compute the output, and keep where the maxima are."""
        import torch

        self.x = x
        found, self.places = torch.ops.aten.max_pool2d_with_indices(x, self.size, self.size)
        return found

    def backward(self, gradient: Any) -> Any:
        """Return the gradient of the input."""
        import torch

        back = torch.ops.aten.max_pool2d_with_indices_backward
        return back(gradient, self.x, self.size, self.size, NONE, ONES, False, self.places)


class Flattening:
    """A view of images in the order in which they lie in memory."""

    def forward(self, x: Any) -> Any:
        """Return a view, (rows, features)."""
        rows, self.channels, self.height, self.width = x.shape
        return x.permute(0, 2, 3, 1).reshape(rows, -1)

    def backward(self, gradient: Any) -> Any:
        """Return a view, NCHW in channels last."""
        return gradient.reshape(-1, self.height, self.width, self.channels).permute(0, 3, 1, 2)


class Dense:
    """A matrix product with bias; the first layer of a network needs no gradient of its input."""

    def __init__(self, layer: Mapping[str, Any], before: Tuple[int, ...], first: bool) -> None:
        import torch

        self.kernel = 0.05 * torch.randn(layer["units"], before[0])
        self.bias = torch.zeros(layer["units"])
        self.first = first

    def forward(self, x: Any) -> Any:
        """Compute the output."""
        import torch

        self.x = x
        return torch.addmm(self.bias, x, self.kernel.t())

    def backward(self, gradient: Any) -> Any:
        """Compute all gradients, and return that of the input."""
        self.gradients = gradient.t() @ self.x, gradient.sum(0)
        return None if self.first else gradient @ self.kernel


def primitives(layers: List[Dict[str, Any]], input_shape: Tuple[int, ...]) -> List[Any]:
    """Make the primitives of the config's layers, in their order."""
    found: List[Any] = []
    shape = tuple(input_shape)
    for layer, after in zip(layers, shapes(layers, input_shape)):
        kind = layer["type"]
        if kind == "conv":
            found.append(Convolution(layer, shape, first=not found))
        elif kind == "dense":
            found.append(Dense(layer, shape, first=not found))
        elif kind == "max_pool":
            found.append(Pooling(layer))
        elif kind == "flatten":
            found.append(Flattening())
        shape = after
    return found


def step(parts: List[Any], x: Any) -> None:
    """Go forward and backward through all of them."""
    import torch

    for part in parts:
        x = part.forward(x)
    gradient = torch.ones_like(x)
    for part in reversed(parts):
        gradient = part.backward(gradient)


def run(opened: Session, clock: EpochClock) -> None:
    """Take as many steps as the product does, on the same rows in their order."""
    import torch

    rows = fold_data.load(opened.args.data, opened.args.splits, 0, opened.spec.network["input_scale"])
    x = torch.from_numpy(rows.x_train)
    if x.ndim == 4:  # NHWC: the same memory, seen as NCHW in channels last
        x = x.permute(0, 3, 1, 2)
    parts = primitives(opened.spec.network["layers"], rows.x_train.shape[1:])
    batches = x.split(opened.spec.training["batch_size"])
    with torch.inference_mode():
        for _ in range(clock.epochs):
            clock.start()
            for batch in batches:
                step(parts, batch)
            clock.stop(lambda: 0.0)
