#!/usr/bin/env bash
# In short: MyGrad's he_uniform draws wider the more inputs a layer has, where He's initialisation draws narrower.
# Library: MyGrad 2.5.0 (Python 3.12, NumPy 2.5.5), nnet.initializers.he_uniform.
# One would expect: weights between -b and b with b = sqrt(6 / n) for n inputs and ReLU (He et al., 2015; its
#   documentation has the formula): a standard deviation of sqrt(2 / n), the same as he_normal's with the same gain,
#   sqrt(2). So numbers keep their size from layer to layer.
# Behaviour: b is gain * sqrt(n / 3), as the root is divided by, not multiplied with: for 512 inputs it is 171 times
#   too large, for 3 inputs right by chance. Five layers of 512 make numbers of 100,000,000,000.
# Who meets it: everyone who starts a network of MyGrad with it: its first loss is astronomical.
# Output seen:
#   he_normal: deviation for 3, 32, 512 inputs 0.80 0.25 0.06, after five layers 1e+00
#   he_uniform: deviation for 3, 32, 512 inputs 0.83 2.67 10.67, after five layers 1e+11
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" mygrad==2.5.0 numpy==2.5.5
cat >"$folder/init.py" <<'PY'
"""Print how wide two initialisers draw, and the size of numbers after five layers."""
import numpy as np
from mygrad.nnet.initializers import he_normal, he_uniform

for init in he_normal, he_uniform:
    np.random.seed(0)
    widths = [float(init(512, inputs, gain=2**0.5).data.std()) for inputs in (3, 32, 512)]
    x = np.random.normal(size=(100, 512))
    for _ in range(5):
        x = np.maximum(x @ init(512, 512, gain=2**0.5).data.T, 0)
    print(f"{init.__name__}: deviation for 3, 32, 512 inputs", *(f"{width:.2f}" for width in widths), end=", ")
    print(f"after five layers {np.sqrt((x**2).mean()):.0e}")
PY
"$folder/env/bin/python" "$folder/init.py" | tee "$folder/seen"
cmp -s "$folder/seen" - <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
he_normal: deviation for 3, 32, 512 inputs 0.80 0.25 0.06, after five layers 1e+00
he_uniform: deviation for 3, 32, 512 inputs 0.83 2.67 10.67, after five layers 1e+11
SEEN
