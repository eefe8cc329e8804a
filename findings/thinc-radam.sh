#!/usr/bin/env bash
# In short: Thinc's RAdam counts its steps from 2, so the first step is half as long as it should be.
# Library: thinc 9.1.1 (Python 3.12, NumPy 2.5.5), optimizers.RAdam.
# One would expect: the steps of PyTorch's RAdam, which scales by the second moment from a length of 5 on (Liu et al.,
#   2020, from 4 on): at first the momentum without its bias, m / (1 - beta1^t), so with a constant gradient of 0.1 each
#   of the first steps is 0.1 rates long.
# Behaviour: the number of the step is raised twice before it is used. The first step is 0.053 rates long, the second
#   0.070, the third 0.079; and the steps that the second moment scales begin at the fifth step, not the sixth.
# Who meets it: everyone who trains with RAdam in thinc or with a config of thinc, compares it with another library,
#   or goes on there.
# Output seen (length of the first seven steps, in rates, for a gradient of 0.1):
#   PyTorch's  0.100 0.100 0.100 0.100 0.100 0.026 0.033
#   thinc      0.053 0.070 0.079 0.084 0.025 0.032 0.038
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" thinc==9.1.1 blis==1.0.2 numpy==2.5.5 pydantic==2.14.4 confection==0.1.5
cat >"$folder/steps.py" <<'PY'
"""Print how far a weight goes in each step, by the formulas and with thinc."""
import numpy as np
from thinc.api import RAdam

beta1, beta2, gradient = 0.9, 0.999, 0.1
steps, momentum, square = [], 0.0, 0.0
longest = 2 / (1 - beta2) - 1
for t in range(1, 8):
    momentum = beta1 * momentum + (1 - beta1) * gradient
    square = beta2 * square + (1 - beta2) * gradient**2
    length = longest - 2 * t * beta2**t / (1 - beta2**t)
    step = momentum / (1 - beta1**t)
    if length > 5:  # as PyTorch and thinc have it
        rectify = ((length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)) ** 0.5
        step *= rectify * (1 - beta2**t) ** 0.5 / (square**0.5 + 1e-8)
    steps.append(step)
print("PyTorch's ", *(f"{step:.3f}" for step in steps))

optimizer = RAdam(1.0, beta1=beta1, beta2=beta2, grad_clip=0.0, use_averages=False)
weights, steps = np.zeros(1, "float32"), []
for _ in range(7):
    before = weights.copy()
    weights, _ = optimizer((0, "W"), weights, np.full(1, gradient, "float32"))
    steps.append(float((before - weights)[0]))
print("thinc     ", *(f"{step:.3f}" for step in steps))
PY
"$folder/env/bin/python" "$folder/steps.py" | tee "$folder/seen"
cmp -s "$folder/seen" - <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
PyTorch's  0.100 0.100 0.100 0.100 0.100 0.026 0.033
thinc      0.053 0.070 0.079 0.084 0.025 0.032 0.038
SEEN
