"""The layers of the config as Chainer's links and functions."""

# Chainer is not installed where types are checked: see typings/.
# pyright: reportMissingModuleSource=false

import math
from functools import partial
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple

from scripts.core.network import LEAKY_SLOPE, Layers, given, has_bias, shapes, strides

OTHER_NAMES = {"epsilon": "eps", "momentum": "decay"}  # of a batch_norm, in Chainer


def links(layers: Layers, input_shape: Tuple[int, ...], matched: bool) -> List[List[Any]]:
    """Make the links and functions of each layer of the config; the last softmax is left to the loss."""
    made, shape = [], tuple(input_shape)
    for layer, after in zip(layers, shapes(layers, input_shape)):
        made.append([*parts(layer, shape, matched), *activation(layer.get("activation"))])
        shape = after
    return made


def parts(layer: Mapping[str, Any], shape: Tuple[int, ...], matched: bool) -> List[Callable[..., Any]]:
    """Make what computes one layer without its activation; it takes in `shape`, without the batch."""
    from chainer import functions as F
    from chainer import links as L

    def conv() -> Any:
        kernel = layer["kernel"]
        padding = (kernel - 1) // 2 if layer["padding"] == "same" else 0
        channels = shape[-1], layer["filters"]
        return L.Convolution2D(*channels, kernel, strides(layer), padding, nobias=not has_bias(layer))

    def flatten(x: Any) -> Any:
        return F.reshape(x, (len(x), -1))

    def pool(function: Callable[..., Any], **options: Any) -> Any:
        return partial(function, ksize=layer["size"], stride=strides(layer), **options)

    known: Dict[str, Callable[[], Any]] = {
        "conv": conv,
        "max_pool": lambda: pool(F.max_pooling_2d, cover_all=False),
        "avg_pool": lambda: pool(F.average_pooling_2d),
        "global_avg_pool": lambda: partial(F.mean, axis=(2, 3)),
        "batch_norm": lambda: batch_norm(layer, shape[-1], matched),
        "dropout": lambda: partial(F.dropout, ratio=layer["rate"]),
        "flatten": lambda: flatten,
        "dense": lambda: L.Linear(shape[0], layer["units"], nobias=not has_bias(layer)),
    }
    return [known[layer["type"]]()] if layer["type"] in known else []


def batch_norm(layer: Mapping[str, Any], size: int, matched: bool) -> Any:
    """Make a batch_norm."""
    from chainer import links as L

    constants = {OTHER_NAMES[key]: value for key, value in given(layer, *OTHER_NAMES).items()}
    return (with_mean_of_squares() if matched else L.BatchNormalization)(size, **constants)


def with_mean_of_squares() -> Any:
    """Make a batch_norm whose running variance is that of the batch; Chainer's divides by rows - 1."""
    import chainer
    import numpy as np
    from chainer import functions as F
    from chainer import links as L

    class BatchNormalization(L.BatchNormalization):
        def forward(self, x: Any) -> Any:
            if not chainer.config.train:
                return super().forward(x)
            mean, variance = np.zeros_like(self.avg_mean), np.zeros_like(self.avg_var)
            options = {"eps": self.eps, "running_mean": mean, "running_var": variance, "decay": 0.0}
            out = F.batch_normalization(x, self.gamma, self.beta, **options)
            count = x.size // x.shape[1]
            for running, value in ((self.avg_mean, mean), (self.avg_var, variance * ((count - 1) / count))):
                running[...] += (1 - self.decay) * (value - running)
            return out

    return BatchNormalization


def activation(name: Optional[str]) -> List[Callable[..., Any]]:
    """Give the function of an activation of the config; none for the last softmax and for linear.

    Chainer has neither of the two gelu.
    """
    from chainer import functions as F

    def gelu(x: Any) -> Any:
        return x * (1 + F.erf(x * math.sqrt(0.5))) * 0.5

    def gelu_tanh(x: Any) -> Any:
        return x * (1 + F.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x))) * 0.5

    known = {
        "relu": F.relu,
        "leaky_relu": partial(F.leaky_relu, slope=LEAKY_SLOPE),
        "elu": F.elu,
        "tanh": F.tanh,
        "sigmoid": F.sigmoid,
        "gelu": gelu,
        "gelu_tanh": gelu_tanh,
    }
    return [known[name]] if name in known else []


def parameters(model: Any) -> List[Any]:
    """List the parameters in the canonical order; Chainer's own is that of their names."""
    names = ("W", "b", "gamma", "beta")
    found = [getattr(link, name, None) for link in model for name in names if hasattr(link, "params")]
    return [parameter for parameter in found if parameter is not None]
