"""The framework-neutral network of the config: shapes and parameter counts, in plain Python."""


class NetworkError(ValueError):
    """A list of layers that makes no network; the text names the layer."""


def shapes(layers, input_shape):
    """Output shape of every layer, batch axis left out: (height, width, channels) or (features,).

    `input_shape` is a row's shape in the prepared data (NHWC). Raises NetworkError.
    """
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
            shape = (shape[0] - shrink, shape[1] - shrink, layer["filters"])
        elif kind == "max_pool":
            shape = (shape[0] // layer["size"], shape[1] // layer["size"], shape[2])
        elif kind == "flatten":
            shape = (product(shape),)
        elif kind == "dense":
            shape = (layer["units"],)
        if min(shape) < 1:
            raise NetworkError(f"{where} leaves nothing of its input: shape {shape}")
        found.append(shape)
    return found


def weight_shapes(layers, input_shape):
    """Shapes of all weights in the canonical layout: kernel, bias, kernel, bias, ... as layers go.

    A convolution's kernel is (height, width, channels, filters), a dense layer's (in, units).
    """
    found, shape = [], tuple(input_shape)
    for layer, after in zip(layers, shapes(layers, input_shape)):
        if layer["type"] == "conv":
            found += [(layer["kernel"], layer["kernel"], shape[2], layer["filters"]), (layer["filters"],)]
        elif layer["type"] == "dense":
            found += [(shape[0], layer["units"]), (layer["units"],)]
        shape = after
    return found


def count_parameters(layers, input_shape):
    """Number of trainable parameters: kernels and biases of convolutions and dense layers."""
    return sum(product(shape) for shape in weight_shapes(layers, input_shape))


def check(network, input_shape, classes):
    """Raise NetworkError unless the network fits its data and counts its published total."""
    layers = network["layers"]
    out = shapes(layers, input_shape)[-1]
    if out != (classes,) or layers[-1].get("activation") != "softmax":
        raise NetworkError(f"the last layer must be dense, {classes} units, softmax; it gives {out}")
    counted = count_parameters(layers, input_shape)
    if counted != network["parameters"]:
        raise NetworkError(f"the layers have {counted} parameters, not {network['parameters']}")


def product(numbers):
    result = 1
    for number in numbers:
        result *= number
    return result
