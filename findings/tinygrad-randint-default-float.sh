#!/usr/bin/env bash
# In short: With a default float of half or bfloat16 tinygrad's randint draws only 1024 or 128 different numbers.
# Library: tinygrad 0.14.0 (Python 3.12, its device PYTHON, which needs no compiler), Tensor.randint.
# One would expect: "random integer values generated uniformly from the interval [low, high)", of type int32: the type
#   of floats has no part in it. 10000 draws of 60000 numbers hit some 9200 of them.
# Behaviour: the integers are floats of the default type between 0 and 1, times high - low, cut off. A half has 1024
#   such floats, a bfloat16 128: all other integers are never drawn. In float32 it begins at 8 million: of the numbers
#   below 16777216 no odd one is drawn.
# Who meets it: everyone who trains with DEFAULT_FLOAT=HALF or BFLOAT16 and draws the examples of each batch with
#   randint, as tinygrad's tutorial of MNIST does (high=X_train.shape[0]): it trains on 1024 or 128 of the 60000
#   pictures.
# Output seen (different numbers in 10000 draws of 60000; odd numbers in 1000 draws of 16777216):
#   FLOAT32: int32, 9181 different; 0 odd
#   HALF: int32, 1024 different
#   BFLOAT16: int32, 128 different; 0 odd
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" tinygrad==0.14.0 numpy==2.5.5
cat >"$folder/draw.py" <<'PY'
"""Print how many numbers randint draws."""
import os

import numpy as np
from tinygrad import Tensor

Tensor.manual_seed(0)
drawn = Tensor.randint(10000, high=60000).numpy()
print(f"{os.environ['DEFAULT_FLOAT']}: {drawn.dtype}, {len(np.unique(drawn))} different", end="")
if os.environ["DEFAULT_FLOAT"] != "HALF":  # which has no 16777216
    print(";", int((Tensor.randint(1000, high=2**24).numpy() % 2).sum()), "odd", end="")
print()
PY
for type in FLOAT32 HALF BFLOAT16; do
  DEV=PYTHON DEFAULT_FLOAT=$type XDG_CACHE_HOME="$folder" "$folder/env/bin/python" "$folder/draw.py" 2>/dev/null
done | tee "$folder/seen"
cmp -s "$folder/seen" - <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
FLOAT32: int32, 9181 different; 0 odd
HALF: int32, 1024 different
BFLOAT16: int32, 128 different; 0 odd
SEEN
