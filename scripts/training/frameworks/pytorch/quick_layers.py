"""Layers that compute what PyTorch's own do, in less time where images lie channels last."""

# PyTorch is not installed where types are checked.
# pyright: reportMissingImports=false

from typing import Any


def put_into(model: Any, on_cpu: bool, traced: bool) -> None:
    """Put them in the places of the usual layers of an nn.Sequential.

    A GPU keeps its dropout, which is one kernel there. TorchScript, for a model that is `traced`, cannot read
    numbers as bytes.
    """
    from torch import nn

    own_output_unused = (nn.Conv2d, nn.Linear, nn.BatchNorm2d, nn.BatchNorm1d)
    for place, layer in enumerate(model):
        if isinstance(layer, nn.ReLU):
            # These do not need their own output again; others, and the rows themselves, are kept.
            layer.inplace = place > 0 and isinstance(model[place - 1], own_output_unused)
        elif isinstance(layer, nn.Flatten):
            model[place] = flatten_channels_last()
        elif isinstance(layer, nn.Dropout) and on_cpu:
            model[place] = dropout(layer.p, in_bytes=not traced and float(256 * layer.p).is_integer())


def flatten_channels_last() -> Any:
    """Make a layer that flattens (rows, channels, height, width) in the order in which channels last lie.

    nn.Flatten has to copy them into another order, and its gradient back.
    """
    from torch import nn

    class FlattenChannelsLast(nn.Module):
        def forward(self, x: Any) -> Any:
            return (x.permute(0, 2, 3, 1) if x.ndim == 4 else x).flatten(1)

    return FlattenChannelsLast()


def dropout(rate: float, in_bytes: bool) -> Any:
    """Make a layer of dropout that draws 8 random bits a value, where these give the rate exactly.

    Else it draws as many as a random number of x's type has. nn.Dropout always draws 32, and more slowly.
    """
    import torch
    from torch import nn

    class Dropout(nn.Module):
        def forward(self, x: Any) -> Any:
            if not self.training or not rate:
                return x
            kept = random_bytes(x) >= int(256 * rate) if in_bytes else torch.rand_like(x) >= rate
            return x * kept.to(x.dtype).mul_(1 / (1 - rate))

    return Dropout()


def random_bytes(like: Any) -> Any:
    """Draw a random byte for each value of a dense tensor, in its shape and order in memory."""
    import torch

    words = torch.empty((like.numel() + 7) // 8, dtype=torch.int64).random_(-(2**63), None)
    return words.view(torch.uint8)[: like.numel()].as_strided(like.shape, like.stride())
