#!/usr/bin/env bash
# In short: PaddlePaddle's adaptive pooling and batch norm of float64 are right to 8 digits, its mean to 16.
# Library: PaddlePaddle 3.3.1 (CPU), nn.AdaptiveAvgPool2D(1), nn.BatchNorm2D, Tensor.mean, arrays of float64.
# One would expect: layers whose weights, input and output are float64 compute with its 16 digits, as Conv2D and Linear do.
# Behaviour: global pooling by AdaptiveAvgPool2D(1) differs from the mean of the same numbers in the 9th digit; batch norm rounds
#   its epsilon to float32, which shows as much where a channel's variance is small.
# Who meets it: everyone who checks gradients or compares frameworks in float64; the type of the result says nothing.
# Output seen (largest relative difference from NumPy):
#   PLACEHOLDER
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" paddlepaddle==3.3.1 numpy==2.5.5 setuptools==84.2.1
cat >"$folder/layers.py" <<'PY'
"""Print how far layers of float64 are from NumPy, relative to its largest number."""
import numpy as np
import paddle
from paddle import nn

paddle.set_default_dtype("float64")
x = np.random.RandomState(0).rand(4, 3, 7, 7) * 0.01
given = paddle.to_tensor(x)
mean, variance = x.mean((0, 2, 3), keepdims=True), x.var((0, 2, 3), keepdims=True)
cases = {
    "Tensor.mean": (given.mean([2, 3]), x.mean((2, 3))),
    "AdaptiveAvgPool2D": (nn.AdaptiveAvgPool2D(1)(given)[:, :, 0, 0], x.mean((2, 3))),
    "BatchNorm2D": (nn.BatchNorm2D(3, epsilon=1e-5)(given), (x - mean) / np.sqrt(variance + 1e-5)),
}
for name, (found, known) in cases.items():
    assert found.dtype == paddle.float64
    print(f"{name}: {np.abs(found.numpy() - known).max() / np.abs(known).max():.0e}")
PY
"$folder/env/bin/python" "$folder/layers.py" 2>/dev/null | tee "$folder/seen"
awk '$1 == "Tensor.mean:" && $2 > 1e-14 || $1 != "Tensor.mean:" && ($2 < 1e-12 || $2 > 1e-6) { bad = 1 }
    END { exit bad || NR != 3 }' "$folder/seen" || {
    echo "changed: these layers have more digits, or the mean has fewer" >&2
    exit 1
}
