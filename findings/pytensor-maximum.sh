#!/usr/bin/env bash
# In short: PyTensor's maximum(x, 0) and maximum(0, x) differ in their derivative at 0, and every equal maximum gets the
#   whole gradient.
# Library: PyTensor 3.3.8 (Python 3.12).
# One would expect: maximum(x, 0) and maximum(0, x) are one function with one derivative; and where a maximum has several
#   equal places, the gradient's parts add up to 1, whether one place gets all or each a share.
# Behaviour: at x = 0 the derivative is 1 or 0 by the order of the arguments; and the gradient of max([1, 1, 0]) is
#   [1, 1, 0]: every equal place gets all of it, so that the gradient is twice as large as it should be.
# Who meets it: everyone who writes a ReLU as maximum(x, 0), or pooling by max, as PyTensor has neither layer: pictures have
#   black areas, where inputs are 0 and all places of a window equal, and gradients there are up to four times too large.
# Output seen:
#   maximum(x, 0): 1.0
#   maximum(0, x): 0.0
#   max of [1, 1, 0]: [1. 1. 0.]
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" pytensor==3.3.8 numba==0.68.0
cat >"$folder/maximum.py" <<'PY'
"""Print gradients of maxima."""
import numpy as np
import pytensor
import pytensor.tensor as pt

x, v = pt.dscalar(), pt.dvector()
for name, y in {"maximum(x, 0)": pt.maximum(x, 0.0), "maximum(0, x)": pt.maximum(0.0, x)}.items():
    print(f"{name}:", float(pytensor.function([x], pytensor.grad(y, x))(0.0)))
gradient = pytensor.function([v], pytensor.grad(pt.max(v), v))
print("max of [1, 1, 0]:", gradient(np.array([1.0, 1.0, 0.0])))
PY
PYTENSORRC=/dev/null PYTENSOR_FLAGS="base_compiledir=$folder/compiled,cxx=" \
    "$folder/env/bin/python" "$folder/maximum.py" 2>/dev/null | tee "$folder/seen"
cmp -s "$folder/seen" - <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
maximum(x, 0): 1.0
maximum(0, x): 0.0
max of [1, 1, 0]: [1. 1. 0.]
SEEN
