"""The layers of the config as PyTorch's modules."""

# PyTorch is not installed where types are checked.
# pyright: reportMissingImports=false

from typing import Any, List, Mapping, Optional, Tuple

from scripts.core.network import LEAKY_SLOPE, Layers, given, has_bias, shapes, strides


def modules(layers: Layers, input_shape: Tuple[int, ...], matched: bool) -> List[List[Any]]:
    """Make the modules of each layer of the config; the last softmax is left to the loss."""
    found, shape = [], tuple(input_shape)
    for layer, after in zip(layers, shapes(layers, input_shape)):
        found.append([*module(layer, shape, matched), *activation(layer.get("activation"))])
        shape = after
    return found


def module(layer: Mapping[str, Any], shape: Tuple[int, ...], matched: bool) -> List[Any]:
    """Make the modules of one layer without its activation; it takes in `shape`, without the batch."""
    from torch import nn

    def conv() -> List[Any]:
        step, kernel = strides(layer), layer["kernel"]
        # "same" is for steps of 1 alone; these zeros are the same then.
        padding: Any = "same" if step == 1 else (kernel - 1) // 2
        padding = padding if layer["padding"] == "same" else 0
        options = {"stride": step, "padding": padding, "bias": has_bias(layer)}
        return [nn.Conv2d(shape[-1], layer["filters"], kernel, **options)]

    known = {
        "conv": conv,
        "max_pool": lambda: [nn.MaxPool2d(layer["size"], strides(layer))],
        "avg_pool": lambda: [nn.AvgPool2d(layer["size"], strides(layer))],
        "global_avg_pool": lambda: [nn.AdaptiveAvgPool2d(1), nn.Flatten()],
        "batch_norm": lambda: [batch_norm(layer, shape, matched)],
        "dropout": lambda: [nn.Dropout(layer["rate"])],
        "flatten": lambda: [nn.Flatten()],
        "dense": lambda: [nn.Linear(shape[0], layer["units"], bias=has_bias(layer))],
    }
    return known[layer["type"]]() if layer["type"] in known else []


def batch_norm(layer: Mapping[str, Any], shape: Tuple[int, ...], matched: bool) -> Any:
    """Make a batch_norm; PyTorch's momentum is the part of the new mean, the config's that of the old one."""
    from torch import nn

    kind = nn.BatchNorm2d if len(shape) == 3 else nn.BatchNorm1d
    constants, options = given(layer, "epsilon", "momentum"), {}
    if "epsilon" in constants:
        options["eps"] = constants["epsilon"]
    if "momentum" in constants:
        options["momentum"] = 1 - constants["momentum"]
    return (with_mean_of_squares(kind) if matched else kind)(shape[-1], **options)


def with_mean_of_squares(kind: Any) -> Any:
    """Make a batch_norm whose running variance is that of the batch; PyTorch's divides by rows - 1."""
    import torch
    from torch.nn.functional import batch_norm

    class BatchNorm(kind):
        def forward(self, x: Any) -> Any:
            if not self.training:
                return super().forward(x)
            mean, variance = torch.zeros_like(self.running_mean), torch.zeros_like(self.running_var)
            out = batch_norm(x, mean, variance, self.weight, self.bias, True, 1.0, self.eps)
            count = x.numel() // x.shape[1]
            with torch.no_grad():
                self.running_mean.lerp_(mean, self.momentum)
                self.running_var.lerp_(variance * ((count - 1) / count), self.momentum)
            return out

    return BatchNorm


def activation(name: Optional[str]) -> List[Any]:
    """Make the module of an activation of the config; none for the last softmax and for linear."""
    from torch import nn

    known = {
        "relu": nn.ReLU,
        "leaky_relu": lambda: nn.LeakyReLU(LEAKY_SLOPE),
        "elu": nn.ELU,
        "tanh": nn.Tanh,
        "sigmoid": nn.Sigmoid,
        "gelu": nn.GELU,
        "gelu_tanh": lambda: nn.GELU(approximate="tanh"),
    }
    return [known[name]()] if name in known else []
