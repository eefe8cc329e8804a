"""The layers of the config as PaddlePaddle has them."""

# PaddlePaddle is not installed where types are checked: see typings/.
# pyright: reportMissingModuleSource=false

from typing import Any, List, Mapping, Optional, Tuple

from scripts.core.network import Layers


def modules(layers: Layers, input_shape: Tuple[int, ...]) -> Any:
    """Make the layers of the config; the last softmax is left to the loss."""
    from paddle import nn

    from scripts.core.network import shapes

    found, shape = [], tuple(input_shape)
    for layer, after in zip(layers, shapes(layers, input_shape)):
        kind = layer["type"]
        if kind == "conv":
            found.append(nn.Conv2D(shape[-1], layer["filters"], layer["kernel"], padding=padding(layer)))
        elif kind == "max_pool":
            found.append(nn.MaxPool2D(layer["size"]))
        elif kind == "dropout":
            found.append(nn.Dropout(layer["rate"]))
        elif kind == "flatten":
            found.append(nn.Flatten())
        elif kind == "dense":
            found.append(nn.Linear(shape[0], layer["units"]))
        found += activation(layer.get("activation"))
        shape = after
    return nn.Sequential(*found)


def activation(name: Optional[str]) -> List[Any]:
    """Make the layer of an activation of the config; none for the last softmax and for linear."""
    from paddle import nn

    from scripts.core.network import LEAKY_SLOPE

    known = {
        "relu": nn.ReLU,
        "leaky_relu": lambda: nn.LeakyReLU(LEAKY_SLOPE),
        "elu": nn.ELU,
        "tanh": nn.Tanh,
        "sigmoid": nn.Sigmoid,
        "gelu": nn.GELU,
        "gelu_tanh": lambda: nn.GELU(approximate=True),
    }
    return [known[name]()] if name in known else []


def padding(layer: Mapping[str, Any]) -> Any:
    """Give the padding of a convolution as PaddlePaddle takes it."""
    return "SAME" if layer["padding"] == "same" else 0
