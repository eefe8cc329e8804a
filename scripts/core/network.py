"""The framework-neutral network of the config: shapes and parameter counts, in plain Python."""

from typing import Any, Iterable, Iterator, List, Mapping, Sequence, Tuple

LEAKY_SLOPE = 0.01  # of leaky_relu below 0, in every framework: libraries have 0.01, 0.2 or 0.3
Layers = Sequence[Mapping[str, Any]]  # of a network, as in the config
Shape = Tuple[int, ...]


class NetworkError(ValueError):
    """A list of layers that makes no network; the text names the layer."""


def shapes(layers: Layers, input_shape: Sequence[int]) -> List[Shape]:
    """Give the output shape of every layer without the batch: (height, width, channels) or (features,).

    `input_shape` is a row's shape in the prepared data (NHWC). Raises NetworkError.
    """
    found: List[Shape]
    shape: Shape
    found, shape = [], tuple(input_shape)
    for number, layer in enumerate(layers, start=1):
        kind = layer["type"]
        where = f"layer {number} ({kind})"
        if kind in ("conv", "max_pool") and len(shape) != 3:
            raise NetworkError(f"{where} needs an image, but its input has shape {shape}")
        if kind == "dense" and len(shape) != 1:
            raise NetworkError(f"{where} needs a flat input, but it has shape {shape}: flatten first")
        if kind == "conv":
            shrink = layer["kernel"] - 1 if layer["padding"] == "valid" else 0
            # An image has three axes: checked above.
            shape = (shape[0] - shrink, shape[1] - shrink, layer["filters"])  # pyright: ignore[reportGeneralTypeIssues]
        elif kind == "max_pool":
            # Likewise.
            shape = (shape[0] // layer["size"], shape[1] // layer["size"], shape[2])  # pyright: ignore[reportGeneralTypeIssues]
        elif kind == "flatten":
            shape = (product(shape),)
        elif kind == "dense":
            shape = (layer["units"],)
        if min(shape) < 1:
            raise NetworkError(f"{where} leaves nothing of its input: shape {shape}")
        found.append(shape)
    return found


def weight_shapes(layers: Layers, input_shape: Sequence[int]) -> List[Shape]:
    """Give the shapes of all weights in the canonical layout: kernel, bias, kernel, bias, ... as layers go.

    A convolution's kernel is (height, width, channels, filters), a dense layer's (in, units).
    """
    found: List[Shape]
    shape: Shape
    found, shape = [], tuple(input_shape)
    for layer, after in zip(layers, shapes(layers, input_shape)):
        if layer["type"] == "conv":
            found += [(layer["kernel"], layer["kernel"], shape[2], layer["filters"]), (layer["filters"],)]
        elif layer["type"] == "dense":
            found += [(shape[0], layer["units"]), (layer["units"],)]
        shape = after
    return found


def count_parameters(layers: Layers, input_shape: Sequence[int]) -> int:
    """Count the trainable parameters: kernels and biases of convolutions and dense layers."""
    return sum(product(shape) for shape in weight_shapes(layers, input_shape))


def unequal_layers(layers: Layers, axes: int) -> Iterator[str]:
    """Yield layers that the frameworks do not compute alike, or not at all; `axes` are those of a row."""
    for number, layer in enumerate(layers, start=1):
        where = f"layer {number} ({layer['type']})"
        if layer.get("activation") == "softmax" and number < len(layers):
            yield f"{where}: softmax is for the last layer alone"
        if layer.get("padding") == "same" and layer["kernel"] % 2 == 0:
            yield (
                f"{where}: padding: same with an even kernel, {layer['kernel']}, pads other sides in Theano"
                " than elsewhere: take an odd kernel, or padding: valid"
            )
        if layer["type"] == "flatten":
            if axes == 1:
                yield f"{where}: its input is flat already, and not all frameworks take that: leave it out"
            axes = 1


def multiply_adds(layers: Layers, input_shape: Sequence[int]) -> List[int]:
    """Count the multiply-adds of each layer, forward for one row: its kernel at each place it is put."""
    kernels = iter(weight_shapes(layers, input_shape)[::2])
    return [
        product(next(kernels)) * product(shape[:-1]) if layer["type"] in ("conv", "dense") else 0
        for layer, shape in zip(layers, shapes(layers, input_shape))
    ]


def expected_parameters(network: Mapping[str, Any], input_shape: Sequence[int]) -> int:
    """Give the number of parameters that every framework must count: the published one, or our own count."""
    return network.get("parameters") or count_parameters(network["layers"], input_shape)


def check(network: Mapping[str, Any], input_shape: Sequence[int], classes: int) -> None:
    """Raise NetworkError unless the network fits its data and counts its published total, if it has one."""
    layers = network["layers"]
    out = shapes(layers, input_shape)[-1]
    if out != (classes,) or layers[-1].get("activation") != "softmax":
        raise NetworkError(f"the last layer must be dense, {classes} units, softmax; it gives {out}")
    counted = count_parameters(layers, input_shape)
    if counted != expected_parameters(network, input_shape):
        raise NetworkError(f"the layers have {counted} parameters, not {network['parameters']}")


def product(numbers: Iterable[int]) -> int:
    """Multiply whole numbers; 1 for none."""
    result = 1
    for number in numbers:
        result *= number
    return result
