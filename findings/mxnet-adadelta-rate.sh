#!/usr/bin/env bash
# In short: MXNet's AdaDelta takes a learning rate and a schedule, and steps as if the rate were 1.
# Library: Apache MXNet 1.9.1, the last release (Python 3.11, NumPy 1.23.5), gluon.Trainer with "adadelta", "adagrad", "adam".
# One would expect: learning_rate and lr_scheduler of gluon.Trainer scale the steps of every optimiser, as they do in
#   Keras and PyTorch, which give ADADELTA a rate, too; or an error where the optimiser has none.
# Behaviour: trainer.learning_rate gives the rate back, and trainer.set_learning_rate(0) is accepted; the weights change as
#   with a rate of 1 all the same. A rate of 0, set to freeze a network, freezes nothing.
# Who meets it: everyone who moves a network that is trained with Adadelta from Keras 3, whose rate is 0.001 by default,
#   or who lets its rate fall.
# Output seen (change of a weight in one step, rate 0.1, and then at a rate of 0):
#   adagrad: rate 0.1 moves by 0.1, rate 0 by 0
#   adam: rate 0.1 moves by 0.1, rate 0 by 0
#   adadelta: rate 0.1 moves by 0.01, rate 0 by 0.0103, rate 1 by 0.01
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.11}" "$folder/env"
uv pip install --quiet --python "$folder/env" mxnet==1.9.1 numpy==1.23.5
cat >"$folder/rates.py" <<'PY'
"""Print how far a weight of gradient 1 moves with a rate, and with a rate of 0 after it."""
from mxnet import autograd, gluon, init, nd


def moves(name, rate):
    """Return the change of a weight in a step at this rate, and in one after set_learning_rate(0)."""
    model = gluon.nn.Dense(1, in_units=1, use_bias=False)
    model.initialize(init.One())
    trainer = gluon.Trainer(model.collect_params(), name, {"learning_rate": rate})
    weights = [float(model.weight.data().asnumpy()[0, 0])]
    for now in (rate, 0.0):
        trainer.set_learning_rate(now)
        assert trainer.learning_rate == now
        with autograd.record():
            loss = model(nd.ones((1, 1)))
        loss.backward()
        trainer.step(1)
        weights.append(float(model.weight.data().asnumpy()[0, 0]))
    return [before - after for before, after in zip(weights, weights[1:])]


for name in ("adagrad", "adam", "adadelta"):
    first, second = moves(name, 0.1)
    more = f", rate 1 by {moves(name, 1.0)[0]:.3g}" if name == "adadelta" else ""
    print(f"{name}: rate 0.1 moves by {first:.3g}, rate 0 by {second:.3g}{more}")
PY
"$folder/env/bin/python" -W ignore "$folder/rates.py" 2>/dev/null | tee "$folder/seen"
awk -F'[ ,]+' '
    $1 != "adadelta:" && $10 != 0 { bad = 1 }
    $1 == "adadelta:" && ($6 != $14 || $10 < 0.001) { bad = 1 }
    END { exit bad || NR != 3 }' "$folder/seen" || {
    echo "changed: AdaDelta heeds its rate, or another optimiser does not" >&2
    exit 1
}
