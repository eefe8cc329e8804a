#!/usr/bin/env bash
# In short: With MXNet's Nadam a step of one array of weights depends on how many other arrays come before it.
# Library: Apache MXNet 1.9.1, the last release (Python 3.11, NumPy 1.23.5), gluon.Trainer with "nadam".
# One would expect: an optimiser that adapts each weight by itself gives weights of equal gradients equal steps, as
#   MXNet's Adam does, and Nadam of PyTorch and of Keras, however many layers a network has.
# Behaviour: the product of momenta that Nadam divides by is kept once for the optimiser, and multiplied in the step of each
#   array instead of once for all. Only the first array starts as in the formula; each later one, and each later step,
#   divides by a number nearer to 1. So the first step of the tenth array is 0.57 of that of the first, and after five steps
#   even the first one is behind the same array without others.
# Who meets it: everyone who moves a network that is trained with Nadam to or from MXNet: the layers next to the output
#   begin more slowly, and the more layers a network has, the fewer of them begin as in the formula.
# Output seen (how far weights of gradient 1 have moved, in rates):
#   adam: 1 step(s): alone 1.00, first of ten 1.00, tenth 1.00
#   adam: 5 step(s): alone 5.00, first of ten 5.00, tenth 5.00
#   nadam: 1 step(s): alone 1.06, first of ten 1.06, tenth 0.60
#   nadam: 5 step(s): alone 4.05, first of ten 3.80, tenth 3.34
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.11}" "$folder/env"
uv pip install --quiet --python "$folder/env" mxnet==1.9.1 numpy==1.23.5
cat >"$folder/arrays.py" <<'PY'
"""Print how far weights of gradient 1 move in the first steps, alone and beside others."""
from mxnet import autograd, gluon, init, nd


def moves(name, count, steps):
    """Return how far each of so many weights has moved, in parts of the rate."""
    layers = gluon.nn.Sequential()
    for _ in range(count):
        layers.add(gluon.nn.Dense(1, in_units=1, use_bias=False))
    layers.initialize(init.One())
    trainer = gluon.Trainer(layers.collect_params(), name, {"learning_rate": 0.001})
    for _ in range(steps):
        with autograd.record():
            loss = sum(layer(nd.ones((1, 1))) for layer in layers)
        loss.backward()
        trainer.step(1)
    return [float(1 - layer.weight.data().asnumpy()[0, 0]) / 0.001 for layer in layers]


for name in ("adam", "nadam"):
    for steps in (1, 5):
        alone, beside = moves(name, 1, steps), moves(name, 10, steps)
        of_ten = f"first of ten {beside[0]:.2f}, tenth {beside[-1]:.2f}"
        print(f"{name}: {steps} step(s): alone {alone[0]:.2f}, {of_ten}")
PY
"$folder/env/bin/python" -W ignore "$folder/arrays.py" 2>/dev/null | tee "$folder/seen"
awk -F'[ ,]+' '
    $1 == "adam:" && ($5 != $9 || $5 != $11) { bad = 1 }
    $1 == "nadam:" && $11 > 0.9 * $5 { bad = 1 }
    END { exit bad || NR != 4 }' "$folder/seen" || {
    echo "changed: Nadam treats arrays alike, or Adam does not" >&2
    exit 1
}
