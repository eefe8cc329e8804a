"""Batch norm: PaddlePaddle's own, or its formula.

The formula is taken in float64, for the parity certificate: PaddlePaddle keeps epsilon and momentum in
float32 whatever its input is.
"""

# PaddlePaddle is not installed where types are checked: see typings/.
# pyright: reportMissingModuleSource=false

from typing import Any, Mapping, Tuple

from scripts.core.network import given


def module(layer: Mapping[str, Any], shape: Tuple[int, ...]) -> Any:
    """Make the layer of the dynamic graph; its momentum is the config's, the part of the old mean."""
    from paddle import nn

    constants = given(layer, "momentum", "epsilon")

    class BatchNorm(nn.BatchNorm2D if len(shape) == 3 else nn.BatchNorm1D):
        def forward(self, x: Any) -> Any:
            variables = self._mean, self._variance, self.weight, self.bias
            return batch_norm(x, variables, constants, self.training)

    return BatchNorm(shape[-1], **constants)


def batch_norm(
    x: Any, variables: Tuple[Any, Any, Any, Any], constants: Mapping[str, float], training: bool
) -> Any:
    """Normalise channels, the second axis of x; in training by the batch, which moves the running values on.

    `variables`: running mean and variance, scale and shift.
    """
    import paddle

    if x.dtype == paddle.float64:
        return formula(x, variables, constants, training)
    return paddle.nn.functional.batch_norm(x, *variables, training=training, **constants)


def formula(
    x: Any, variables: Tuple[Any, Any, Any, Any], constants: Mapping[str, float], training: bool
) -> Any:
    """Compute batch_norm() in float64; matched settings give all constants."""
    import paddle

    def number(value: float) -> Any:  # of a plain one a static program makes a float32
        return paddle.full([1], value, "float64")

    def spread(values: Any) -> Any:
        return values.reshape([1, -1] + [1] * (x.ndim - 2))

    *running, scale, shift = variables
    mean, variance = running
    if training:
        axes = [axis for axis in range(x.ndim) if axis != 1]
        mean = x.mean(axes)
        variance = paddle.square(x - spread(mean)).mean(axes)
        keep, rest = number(constants["momentum"]), number(1 - constants["momentum"])
        for old, new in zip(running, (mean, variance)):
            paddle.assign(keep * old + rest * new.detach(), output=old)
    root = paddle.sqrt(spread(variance) + number(constants["epsilon"]))
    return spread(scale) * (x - spread(mean)) / root + spread(shift)
