#!/usr/bin/env bash
# In short: PyTorch's FlopCounterMode counts 0 for an LSTM, and 0 for a Transformer layer as soon as it does not train.
# Library: PyTorch 2.15.0 on an x86 CPU (Python 3.12), torch.utils.flop_counter.FlopCounterMode.
# One would expect: the count depends on the layer and the shapes: for an LSTM 4/3 of a GRU's; and for a Transformer
#   layer, without dropout, the same in training and in evaluation, with gradients and without.
# Behaviour: what PyTorch computes in one operation that has no formula adds nothing: the LSTM (not the GRU, nor the
#   plain RNN), and the whole Transformer layer in eval() under no_grad(). There is no warning, get_unsupported_ops() is
#   empty, and on the "meta" device the same LSTM is counted right. A product of a matrix and a vector is 0, too. (The
#   documentation says that operations without a formula add 0, but not that layers of torch.nn are among them.)
# Who meets it: whoever prints the cost of a network for a paper, and does it in inference, as one should: the layers of
#   a Transformer cost nothing, however large they are.
# Output seen (counted, in parts of the multiplications and additions of the matrix products):
#   RNN 1, GRU 1, LSTM 0, LSTM on the meta device 1
#   Transformer layer: training 1, evaluation 1, evaluation without gradients 0
#   matrix by matrix 1, matrix by vector 0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" torch==2.15.0 numpy==2.5.5
cat >"$folder/count.py" <<'PY'
"""Print what part of the floating point operations FlopCounterMode counts."""
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

BATCH, STEPS, INPUTS, UNITS, HEADS = 8, 20, 64, 128, 4


def part(function, true):
    """Count the operations of a function, in parts of the true number."""
    with FlopCounterMode(display=False) as counter:
        function()
    assert not counter.get_unsupported_ops(), "unsupported operations are named now"
    return f"{counter.get_total_flops() / true:g}"


def recurrent(kind, gates, device="cpu"):
    """Count a recurrent layer."""
    layer, x = kind(INPUTS, UNITS, batch_first=True, device=device), torch.ones(BATCH, STEPS, INPUTS, device=device)
    return part(lambda: layer(x), 2 * gates * BATCH * STEPS * UNITS * (INPUTS + UNITS))


print(f"RNN {recurrent(nn.RNN, 1)}, GRU {recurrent(nn.GRU, 3)}, LSTM {recurrent(nn.LSTM, 4)},",
      f"LSTM on the meta device {recurrent(nn.LSTM, 4, 'meta')}")
layer = nn.TransformerEncoderLayer(INPUTS, HEADS, UNITS, dropout=0.0, batch_first=True)
x = torch.ones(BATCH, STEPS, INPUTS)
true = 2 * BATCH * STEPS * (4 * INPUTS * INPUTS + 2 * INPUTS * UNITS + 2 * STEPS * INPUTS)
training = part(lambda: layer(x), true)
evaluation = part(lambda: layer.eval()(x), true)
with torch.no_grad():
    print(f"Transformer layer: training {training}, evaluation {evaluation},",
          f"evaluation without gradients {part(lambda: layer(x), true)}")
matrix = torch.ones(64, 64)
print(f"matrix by matrix {part(lambda: matrix @ matrix, 2 * 64**3)},",
      f"matrix by vector {part(lambda: matrix @ matrix[0], 2 * 64**2)}")
PY
"$folder/env/bin/python" "$folder/count.py" | tee "$folder/seen"
cmp -s "$folder/seen" - <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
RNN 1, GRU 1, LSTM 0, LSTM on the meta device 1
Transformer layer: training 1, evaluation 1, evaluation without gradients 0
matrix by matrix 1, matrix by vector 0
SEEN
