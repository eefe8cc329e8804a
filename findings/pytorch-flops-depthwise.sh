#!/usr/bin/env bash
# In short: PyTorch's FlopCounterMode multiplies the cost of a depthwise kernel's gradient by the number of channels.
# Library: PyTorch 2.15.0 (Python 3.12), torch.utils.flop_counter.FlopCounterMode, Conv2d with groups.
# One would expect: a step of training (forward, gradient of the input, gradient of the kernel) costs three times the
#   forward pass, as it does for a convolution without groups: each of the three has the same multiplications.
# Behaviour: the forward pass and the gradient of the input are counted right, but the formula of the kernel's gradient
#   does not know of groups: it is too large by their number. A step of a depthwise convolution of 64 channels is 66
#   times its forward pass, one of 512 channels 514 times. (A pull request of May 2026, number 183405, divides by the
#   groups; this release does not have it.)
# Who meets it: whoever gives the cost of training a network such as MobileNet, EfficientNet, ConvNeXt or ResNeXt, or
#   the part of a device's speed that it uses.
# Output seen (a step of training, in forward passes):
#   groups 1 of 64: 3
#   groups 4 of 64: 6
#   groups 64 of 64: 66
#   groups 512 of 512: 514
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" torch==2.15.0 numpy==2.5.5
cat >"$folder/count.py" <<'PY'
"""Print how many forward passes a step of training costs, by FlopCounterMode."""
import torch
from torch.utils.flop_counter import FlopCounterMode


def count(function):
    """Count the floating point operations of a function."""
    with FlopCounterMode(display=False) as counter:
        function()
    return counter.get_total_flops()


for channels, groups in ((64, 1), (64, 4), (64, 64), (512, 512)):
    layer = torch.nn.Conv2d(channels, channels, 3, padding=1, groups=groups)
    images = torch.ones(2, channels, 14, 14, requires_grad=True)
    forward = count(lambda: layer(images))
    assert forward == 2 * 2 * channels * channels // groups * 9 * 14 * 14, "the forward pass is no longer counted right"
    print(f"groups {groups} of {channels}: {count(lambda: layer(images).sum().backward()) / forward:g}")
PY
"$folder/env/bin/python" "$folder/count.py" | tee "$folder/seen"
cmp -s "$folder/seen" - <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
groups 1 of 64: 3
groups 4 of 64: 6
groups 64 of 64: 66
groups 512 of 512: 514
SEEN
