#!/usr/bin/env bash
# In short: PaddlePaddle's batch norm, and the gradient of its adaptive pooling, are right to 8 digits in float64.
# Library: PaddlePaddle 3.3.1 (CPU), nn.AdaptiveAvgPool2D(1), nn.BatchNorm2D, Tensor.mean, arrays of float64.
# One would expect: layers whose weights, input and output are float64 compute with its 16 digits, as Conv2D and Linear do.
# Behaviour: AdaptiveAvgPool2D gives the mean with 16 digits, but its gradient multiplies by 1 / 49 in float32 (with a
#   window of 4 x 4, whose inverse is a float32, nothing shows). BatchNorm2D has its epsilon in float32, which shows where a
#   channel's variance is small. Tensor.mean has 16 digits both ways.
# Who meets it: everyone who checks gradients or compares frameworks in float64; the type of a result says nothing.
# Output seen (largest difference from NumPy, as a share of its largest number):
#   Tensor.mean: 5e-16, gradient 0e+00
#   AdaptiveAvgPool2D: 6e-16, gradient 2e-08
#   BatchNorm2D: 7e-09
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" paddlepaddle==3.3.1 numpy==2.5.5 setuptools==84.2.1
cat >"$folder/layers.py" <<'PY'
"""Print how far layers of float64 are from NumPy, as a share of its largest number."""
import numpy as np
import paddle
from paddle import nn

paddle.set_default_dtype("float64")
random = np.random.RandomState(0)
x, weights = random.rand(4, 3, 7, 7) * 0.01, random.rand(4, 3)
mean, variance = x.mean((0, 2, 3), keepdims=True), x.var((0, 2, 3), keepdims=True)


def far(found, known):
    assert found.dtype == paddle.float64
    return f"{np.abs(found.numpy() - known).max() / np.abs(known).max():.0e}"


pools = {"Tensor.mean": lambda x: x.mean([2, 3]), "AdaptiveAvgPool2D": lambda x: nn.AdaptiveAvgPool2D(1)(x)[:, :, 0, 0]}
for name, pool in pools.items():
    given = paddle.to_tensor(x, stop_gradient=False)
    found = pool(given)
    (found * paddle.to_tensor(weights)).sum().backward()
    gradient = np.broadcast_to(weights[:, :, None, None] / 49, x.shape)
    print(f"{name}: {far(found, x.mean((2, 3)))}, gradient {far(given.grad, gradient)}")
found = nn.BatchNorm2D(3, epsilon=1e-5)(paddle.to_tensor(x))
print(f"BatchNorm2D: {far(found, (x - mean) / np.sqrt(variance + 1e-5))}")
PY
"$folder/env/bin/python" "$folder/layers.py" 2>/dev/null | tee "$folder/seen"
awk -F'[ ,]+' '
    $1 == "Tensor.mean:" && ($2 > 1e-14 || $4 > 1e-14) { bad = 1 }
    $1 == "AdaptiveAvgPool2D:" && ($2 > 1e-14 || $4 < 1e-12 || $4 > 1e-6) { bad = 1 }
    $1 == "BatchNorm2D:" && ($2 < 1e-12 || $2 > 1e-6) { bad = 1 }
    END { exit bad || NR != 3 }' "$folder/seen" || {
    echo "changed: these layers have more digits, or the mean has fewer" >&2
    exit 1
}
