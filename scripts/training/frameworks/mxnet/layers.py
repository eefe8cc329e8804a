"""The layers of the config as Gluon's blocks."""

# MXNet is not installed where types are checked: see typings/.
# pyright: reportMissingModuleSource=false, reportMissingImports=false

import math
from typing import Any, List, Mapping, Optional, Tuple

from scripts.core.network import LEAKY_SLOPE, Layers, given, has_bias, shapes, strides


def blocks(layers: Layers, input_shape: Tuple[int, ...], matched: bool) -> List[List[Any]]:
    """Make the blocks of each layer of the config; the last softmax is left to the loss."""
    made, shape = [], tuple(input_shape)
    for layer, after in zip(layers, shapes(layers, input_shape)):
        made.append([*block(layer, shape), *activation(layer.get("activation"), matched)])
        shape = after
    return made


def block(layer: Mapping[str, Any], shape: Tuple[int, ...]) -> List[Any]:
    """Make the blocks of one layer without its activation; it takes in `shape`, without the batch."""
    from mxnet.gluon import nn

    def conv() -> List[Any]:
        kernel = layer["kernel"]
        padding = (kernel - 1) // 2 if layer["padding"] == "same" else 0
        options = {"padding": padding, "use_bias": has_bias(layer), "in_channels": shape[-1]}
        return [nn.Conv2D(layer["filters"], kernel, strides(layer), **options)]

    def dense() -> List[Any]:
        options = {"use_bias": has_bias(layer), "flatten": False, "in_units": shape[0]}
        return [nn.Dense(layer["units"], **options)]

    known = {
        "conv": conv,
        "max_pool": lambda: [nn.MaxPool2D(layer["size"], strides(layer))],
        "avg_pool": lambda: [nn.AvgPool2D(layer["size"], strides(layer))],
        "global_avg_pool": lambda: [nn.GlobalAvgPool2D(), nn.Flatten()],
        "batch_norm": lambda: [nn.BatchNorm(in_channels=shape[-1], **given(layer, "epsilon", "momentum"))],
        "dropout": lambda: [nn.Dropout(layer["rate"])],
        "flatten": lambda: [nn.Flatten()],
        "dense": dense,
    }
    return known[layer["type"]]() if layer["type"] in known else []


def leaky_relu(F: Any, x: Any) -> Any:
    """Compute x, below 0 LEAKY_SLOPE x, which MXNet's own block rounds to float32."""
    return F.where(x > 0, x, LEAKY_SLOPE * x)


def gelu(F: Any, x: Any) -> Any:
    """Compute x Phi(x) with its derivative, of which MXNet's own block, and its erf, have 8 digits."""
    share = (1 + F.erf(x * math.sqrt(0.5))) / 2
    slope = F.BlockGrad(share + x * F.exp(-x * x / 2) / math.sqrt(2 * math.pi))
    return slope * x + F.BlockGrad(x * share - slope * x)


def gelu_tanh(F: Any, x: Any) -> Any:
    """Compute the approximation of gelu by a hyperbolic tangent, which Gluon does not have."""
    return x * (1 + F.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x))) / 2


def activation(name: Optional[str], matched: bool) -> List[Any]:
    """Make the block of an activation of the config; none for the last softmax and for linear."""
    from mxnet.gluon import nn

    known = {
        "relu": lambda: nn.Activation("relu"),
        "leaky_relu": lambda: nn.HybridLambda(leaky_relu) if matched else nn.LeakyReLU(LEAKY_SLOPE),
        "elu": nn.ELU,
        "tanh": lambda: nn.Activation("tanh"),
        "sigmoid": lambda: nn.Activation("sigmoid"),
        "gelu": lambda: nn.HybridLambda(gelu) if matched else nn.GELU(),
        "gelu_tanh": lambda: nn.HybridLambda(gelu_tanh),
    }
    return [known[name]()] if name in known else []
