#!/usr/bin/env bash
# In short: RMSprop's steps get ten times as slow on a CPU where gradients are 0: its means become subnormal numbers,
#   and stay so.
# Library: PyTorch 2.15.0 (Python 3.12), torch.optim.RMSprop on an x86-64 CPU, one thread.
# One would expect: a step of an optimiser takes the same time whatever the numbers are.
# Behaviour: where a parameter's gradient is 0 (behind a ReLU that is off, or of a class that is not in the data), the
#   mean of squares shrinks by a tenth a step. After some 750 steps it is a subnormal float32, with which the processor
#   computes many times more slowly, and there it stays: 0.9 times 4 units of the last place is rounded to 4 again. A
#   step of such parameters then takes ten times as long and more, for good. With torch.set_flush_denormal(True) it
#   takes three times as long.
# Who meets it: who trains with RMSprop on a CPU: epochs get slower as training goes on, the more units are off.
# Output seen (AMD EPYC):
#   steps 100 to 200: 0.7 ms, steps 1100 to 1200: 11.8 ms; mean of squares 5.6e-45
#   with set_flush_denormal(True): 0.7 ms, 2.0 ms; mean of squares 0.0e+00
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" torch==2.15.0 numpy==2.5.5
cat >"$folder/steps.py" <<'PY'
"""Time steps of RMSprop with a gradient that is 0 from the second step on."""
import sys
import time

import torch

torch.set_num_threads(1)
if sys.argv[1:] == ["flush"]:
    torch.set_flush_denormal(True)
weights = torch.ones(1_000_000, requires_grad=True)
optimizer = torch.optim.RMSprop([weights], lr=1e-4, alpha=0.9)
weights.grad = torch.full_like(weights, 0.3)
optimizer.step()
weights.grad.zero_()
hundred = []
for _ in range(12):
    begin = time.perf_counter()
    for _ in range(100):
        optimizer.step()
    hundred.append(10 * (time.perf_counter() - begin))
mean = optimizer.state[weights]["square_avg"][0].item()
print(f"steps 100 to 200: {hundred[1]:.1f} ms, 1100 to 1200: {hundred[-1]:.1f} ms; mean of squares {mean:.1e}")
sys.exit(hundred[-1] > 6 * hundred[1])
PY
slow=0 flushed=0
"$folder/env/bin/python" "$folder/steps.py" || slow=$?
"$folder/env/bin/python" "$folder/steps.py" flush || flushed=$?
[ "$slow" = 1 ] && [ "$flushed" = 0 ] || { echo "the behaviour has changed" >&2; exit 1; }
