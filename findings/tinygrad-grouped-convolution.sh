#!/usr/bin/env bash
# In short: tinygrad's grouped convolutions start with weights too small by the square root of the number of groups.
# Library: tinygrad 0.14.0 (Python 3.12, its device PYTHON), nn.Conv2d(groups=...).
# One would expect: weights between -b and b with b = 1 / sqrt(k), where k is the number of inputs of an output,
#   channels / groups * kernel size: as PyTorch's Conv2d, to which the documentation points. A depthwise convolution
#   of 64 channels with kernels of 3 x 3 has 9 inputs for each output, so b is 0.333.
# Behaviour: all channels are counted, in whatever group they are: b is 0.042, an eighth, and so is what such a layer
#   adds up from its inputs. MLX had the same until 2026 (its issue 4536); its newest release has it right.
# Who meets it: everyone who trains networks with depthwise or grouped convolutions (MobileNet, EfficientNet,
#   ConvNeXt, ResNeXt) from scratch, or compares them with PyTorch's.
# Output seen (64 channels, kernels of 3 x 3):
#   1 groups: bound 0.042, largest weight: tinygrad 0.042, MLX 0.042
#   8 groups: bound 0.118, largest weight: tinygrad 0.042, MLX 0.118
#   64 groups: bound 0.333, largest weight: tinygrad 0.042, MLX 0.332
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" tinygrad==0.14.0 mlx==0.32.4 mlx-cpu==0.32.4 numpy==2.5.5
cat >"$folder/init.py" <<'PY'
"""Print the largest weight of convolutions with and without groups, beside what it should be."""
import mlx.core as mx
import mlx.nn
import numpy as np
from tinygrad import Tensor, nn

mx.set_default_device(mx.cpu)
Tensor.manual_seed(0)
mx.random.seed(0)
for groups in 1, 8, 64:
    right = (64 // groups * 9) ** -0.5
    weight = nn.Conv2d(64, 64, 3, groups=groups).weight.numpy()
    other = np.array(mlx.nn.Conv2d(64, 64, 3, groups=groups).weight)
    print(f"{groups} groups: bound {right:.3f}, largest weight: tinygrad {np.abs(weight).max():.3f}", end=", ")
    print(f"MLX {np.abs(other).max():.3f}")
PY
DEV=PYTHON XDG_CACHE_HOME="$folder" "$folder/env/bin/python" "$folder/init.py" 2>/dev/null | tee "$folder/seen"
cmp -s "$folder/seen" - <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
1 groups: bound 0.042, largest weight: tinygrad 0.042, MLX 0.042
8 groups: bound 0.118, largest weight: tinygrad 0.042, MLX 0.118
64 groups: bound 0.333, largest weight: tinygrad 0.042, MLX 0.332
SEEN
