#!/usr/bin/env bash
# In short: Thinc's normal_init gives zeros, where its documentation has a normal distribution.
# Library: thinc 9.1.1 (Python 3.12, NumPy 2.5.5), initializers.normal_init, in a config "normal_init.v1".
# One would expect: "Initialize from a normal distribution, with scale = sqrt(1 / fan_in)": for 256 inputs a standard
#   deviation of 0.06, as lecun_normal_init gives it, and a hidden layer that learns.
# Behaviour: its argument `mean`, 0 by default, is handed to NumPy as the standard deviation: all weights are 0. With
#   mean=1 the mean is 0 and the deviation 1. A network whose layers start so trains its last bias alone: no number of
#   its matrices ever leaves 0, without an error.
# Who meets it: everyone who gives a layer this initialiser, in Python (init_W) or in a config.
# Output seen:
#   lecun_normal_init: mean 0.00, deviation 0.06
#   normal_init: mean 0.00, deviation 0.00
#   normal_init, mean=1: mean 0.00, deviation 1.00
#   200 steps from lecun_normal_init: loss 0.00, weights of the matrices that are not 0: 288 of 288
#   200 steps from normal_init: loss 0.25, weights of the matrices that are not 0: 0 of 288
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" thinc==9.1.1 blis==1.0.2 numpy==2.5.5 pydantic==2.14.4 confection==0.1.5
cat >"$folder/init.py" <<'PY'
"""Print how wide the initialisers of thinc draw, and whether a network learns from there."""
from functools import partial

import numpy as np
from thinc.api import Adam, Linear, Relu, chain
from thinc.backends import NumpyOps
from thinc.initializers import lecun_normal_init, normal_init

for name, init in {
    "lecun_normal_init": lecun_normal_init,
    "normal_init": normal_init,
    "normal_init, mean=1": partial(normal_init, mean=1.0),
}.items():
    np.random.seed(0)
    weights = init(NumpyOps(), (256, 256))
    print(f"{name}: mean {abs(weights.mean()):.2f}, deviation {weights.std():.2f}")

for init in lecun_normal_init, normal_init:
    np.random.seed(0)
    inputs = np.random.normal(size=(64, 8)).astype("float32")
    inputs = inputs[np.argsort(inputs[:, 0])]
    targets = (np.arange(64)[:, None] >= 32).astype("float32")  # is the first input one of the larger half?
    model = chain(Relu(32, 8, init_W=init), Linear(1, 32, init_W=init)).initialize(X=inputs, Y=targets)
    optimizer = Adam(0.01)
    for _ in range(200):
        outputs, backprop = model.begin_update(inputs)
        backprop((outputs - targets) / len(inputs))
        model.finish_update(optimizer)
    loss = float(((model.predict(inputs) - targets) ** 2).mean())
    matrices = [layer.get_param("W") for layer in model.layers]
    print(f"200 steps from {init.__name__}: loss {loss:.2f}, weights of the matrices that are not 0:", end=" ")
    print(sum(int((matrix != 0).sum()) for matrix in matrices), "of", sum(matrix.size for matrix in matrices))
PY
"$folder/env/bin/python" "$folder/init.py" | tee "$folder/seen"
cmp -s "$folder/seen" - <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
lecun_normal_init: mean 0.00, deviation 0.06
normal_init: mean 0.00, deviation 0.00
normal_init, mean=1: mean 0.00, deviation 1.00
200 steps from lecun_normal_init: loss 0.00, weights of the matrices that are not 0: 288 of 288
200 steps from normal_init: loss 0.25, weights of the matrices that are not 0: 0 of 288
SEEN
