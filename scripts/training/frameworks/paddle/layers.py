"""The layers of the config as PaddlePaddle has them."""

# PaddlePaddle is not installed where types are checked: see typings/.
# pyright: reportMissingModuleSource=false

from typing import Any, Dict, List, Mapping, Optional, Tuple

from scripts.core.network import LEAKY_SLOPE, Layers, has_bias, shapes, strides
from scripts.training.frameworks.paddle import batch_norm


def modules(layers: Layers, input_shape: Tuple[int, ...]) -> List[List[Any]]:
    """Make what stands for each layer of the config; the last softmax is left to the loss."""
    found, shape = [], tuple(input_shape)
    for layer, after in zip(layers, shapes(layers, input_shape)):
        found.append([*module(layer, shape), *activation(layer.get("activation"))])
        shape = after
    return found


def module(layer: Mapping[str, Any], shape: Tuple[int, ...]) -> List[Any]:
    """Make the layers of one of the config without its activation; it takes in `shape`, without the batch."""
    from paddle import nn

    def conv() -> List[Any]:
        options = {"stride": strides(layer), "padding": padding(layer), **bias(layer)}
        return [nn.Conv2D(shape[-1], layer["filters"], layer["kernel"], **options)]

    known = {
        "conv": conv,
        "max_pool": lambda: [nn.MaxPool2D(layer["size"], strides(layer))],
        "avg_pool": lambda: [nn.AvgPool2D(layer["size"], strides(layer))],
        "global_avg_pool": lambda: [global_mean()],
        "batch_norm": lambda: [batch_norm.module(layer, shape)],
        "dropout": lambda: [nn.Dropout(layer["rate"])],
        "flatten": lambda: [nn.Flatten()],
        "dense": lambda: [nn.Linear(shape[0], layer["units"], **bias(layer))],
    }
    return known[layer["type"]]() if layer["type"] in known else []


def global_mean() -> Any:
    """Make the mean of each channel: the gradient of AdaptiveAvgPool2D has 8 digits in float64."""
    from paddle import nn

    class GlobalMean(nn.Layer):
        def forward(self, x: Any) -> Any:
            return x.mean([2, 3])

    return GlobalMean()


def bias(layer: Mapping[str, Any]) -> Dict[str, Any]:
    """Give what makes PaddlePaddle leave out the bias; nothing where there is one."""
    return {} if has_bias(layer) else {"bias_attr": False}


def activation(name: Optional[str]) -> List[Any]:
    """Make the layer of an activation of the config; none for the last softmax and for linear."""
    from paddle import nn

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


def padding(layer: Mapping[str, Any]) -> int:
    """Give the zeros on each side of a convolution's images."""
    return (layer["kernel"] - 1) // 2 if layer["padding"] == "same" else 0
