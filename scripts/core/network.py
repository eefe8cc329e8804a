"""The framework-neutral network of the config: shapes and parameter counts, in plain Python."""

from typing import Any, Dict, Iterable, Iterator, List, Mapping, NamedTuple, Sequence, Tuple

LEAKY_SLOPE = 0.01  # of leaky_relu below 0, in every framework: libraries have 0.01, 0.2 or 0.3
Layers = Sequence[Mapping[str, Any]]  # of a network, as in the config
Shape = Tuple[int, ...]


IMAGES = ("conv", "max_pool", "avg_pool", "global_avg_pool")  # layers that take images


class Weight(NamedTuple):
    """A weight of a layer: its kernel or bias, or the scale or shift of a batch_norm."""

    kind: str
    shape: Shape

    @property
    def start(self) -> float:
        """Give its value at the start; a kernel's is drawn."""
        return 1.0 if self.kind == "scale" else 0.0


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
        if kind in IMAGES and len(shape) != 3:
            raise NetworkError(f"{where} needs an image, but its input has shape {shape}")
        if kind == "dense" and len(shape) != 1:
            raise NetworkError(f"{where} needs a flat input, but it has shape {shape}: flatten first")
        if kind == "conv":
            shrink = layer["kernel"] - 1 if layer["padding"] == "valid" else 0
            shape = (*(places(size - shrink, 1, strides(layer)) for size in shape[:2]), layer["filters"])
        elif kind in ("max_pool", "avg_pool"):
            shape = (*(places(size, layer["size"], strides(layer)) for size in shape[:2]), *shape[2:])
        elif kind == "global_avg_pool":
            shape = shape[2:]
        elif kind == "flatten":
            shape = (product(shape),)
        elif kind == "dense":
            shape = (layer["units"],)
        if min(shape) < 1:
            raise NetworkError(f"{where} leaves nothing of its input: shape {shape}")
        found.append(shape)
    return found


def strides(layer: Mapping[str, Any]) -> int:
    """Give the step from one window to the next: of a convolution 1, of a pool its size, if none is named."""
    return layer.get("strides") or layer.get("size", 1)


def places(size: int, window: int, step: int) -> int:
    """Count the windows that fit into `size` rows or columns, one each `step`."""
    return max(0, (size - window) // step + 1)


def has_bias(layer: Mapping[str, Any]) -> bool:
    """Return whether a convolution or a dense layer adds a bias: it does if the config does not say."""
    return layer.get("bias", True)


def given(layer: Mapping[str, Any], *keys: str) -> Dict[str, Any]:
    """Give those of some keys that a layer names, and that are not null."""
    return {key: layer[key] for key in keys if layer.get(key) is not None}


def weights(layers: Layers, input_shape: Sequence[int]) -> List[Weight]:
    """Give all weights in the canonical layout: of each layer its kernel, then its bias, or scale and shift.

    A convolution's kernel is (height, width, channels, filters), a dense layer's (in, units).
    """
    found: List[Weight]
    shape: Shape
    found, shape = [], tuple(input_shape)
    for layer, after in zip(layers, shapes(layers, input_shape)):
        if layer["type"] == "conv":
            kernel = (layer["kernel"], layer["kernel"], shape[2], layer["filters"])
            found.append(Weight("kernel", kernel))
        elif layer["type"] == "dense":
            found.append(Weight("kernel", (shape[0], layer["units"])))
        elif layer["type"] == "batch_norm":
            found += [Weight("scale", after[-1:]), Weight("shift", after[-1:])]
        if layer["type"] in ("conv", "dense") and has_bias(layer):
            found.append(Weight("bias", after[-1:]))
        shape = after
    return found


def weight_shapes(layers: Layers, input_shape: Sequence[int]) -> List[Shape]:
    """Give the shapes of weights()."""
    return [weight.shape for weight in weights(layers, input_shape)]


def norm_sizes(layers: Layers, input_shape: Sequence[int]) -> List[int]:
    """Give the number of channels or features that each batch_norm keeps a mean and a variance of."""
    found = zip(layers, shapes(layers, input_shape))
    return [shape[-1] for layer, shape in found if layer["type"] == "batch_norm"]


def count_parameters(layers: Layers, input_shape: Sequence[int]) -> int:
    """Count the trainable parameters: kernels and biases, scales and shifts."""
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
        elif layer["type"] == "global_avg_pool":
            axes = 1


def multiply_adds(layers: Layers, input_shape: Sequence[int]) -> List[int]:
    """Count the multiply-adds of each layer, forward for one row: its kernel at each place it is put."""
    kernels = iter([shape for shape in weight_shapes(layers, input_shape) if len(shape) > 1])
    return [
        product(next(kernels)) * product(shape[:-1]) if layer["type"] in ("conv", "dense") else 0
        for layer, shape in zip(layers, shapes(layers, input_shape))
    ]


def expected_parameters(network: Mapping[str, Any], input_shape: Sequence[int]) -> int:
    """Give the number of parameters that every framework must count: the published one, or our own count."""
    return network.get("parameters") or count_parameters(network["layers"], input_shape)


def check_batches(layers: Layers, input_shape: Sequence[int], rows: int, batch_size: int) -> None:
    """Raise NetworkError if a batch_norm would take the variance of one value, in an epoch's last batch.

    Libraries raise an error then, or divide by nothing.
    """
    flat = any(
        layer["type"] == "batch_norm" and product(shape[:-1]) == 1
        for layer, shape in zip(layers, shapes(layers, input_shape))
    )
    if flat and (rows % batch_size or batch_size) == 1:
        raise NetworkError(
            f"batch_size: {batch_size} of {rows} rows leaves a last batch of one row, which has no variance"
            " for batch_norm: choose another one"
        )


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
