#!/usr/bin/env bash
# In short: Chainer's NesterovAG takes a first step of 2.71 rates, where Nesterov's is 1.9.
# Library: Chainer 7.8.1, the last release (Python 3.11, NumPy 1.26.4), optimizers.NesterovAG, momentum 0.9.
# One would expect: Nesterov's momentum as in Sutskever et al. (2013), with the weights of the point that looks ahead: after
#   v = momentum v - rate g the weight changes by momentum v - rate g. With a constant gradient of 1 that is 1.9, 2.71 and
#   3.439 rates in the first three steps, as Keras, PyTorch, Optax and MXNet take them.
# Behaviour: the same formula, written with the velocity of before the step, has momentum^2 v - (1 + momentum) rate g.
#   NesterovAG takes that line with the velocity of after the step: 2.71, 3.439, 4.0951. Each step is the next one's, so
#   that the weights run ahead by one step, and the gradient of the present one counts 2.71 times.
# Who meets it: everyone who trains one network in Chainer and in another library: the same rate and momentum are another
#   optimiser, which diverges at rates where the others still learn.
# Output seen:
#   NesterovAG: 2.71, 3.439, 4.0951 rates
#   Nesterov's: 1.9, 2.71, 3.439 rates
#   loss of 50 steps on x^2 at a rate of 0.6: NesterovAG 1e+29, Nesterov's 1e-18
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.11}" "$folder/env"
echo setuptools==59.8.0 >"$folder/builders.txt"
uv pip install --quiet --python "$folder/env" --build-constraints "$folder/builders.txt" \
    chainer==7.8.1 numpy==1.26.4 setuptools==59.8.0
cat >"$folder/steps.py" <<'PY'
"""Print the first steps of NesterovAG on a constant gradient, and what it makes of a parabola."""
import chainer
import numpy as np

MOMENTUM = 0.9


def weight():
    link = chainer.Link()
    with link.init_scope():
        link.w = chainer.Parameter(np.ones(1))
    return link


def changes(rate, steps, gradient):
    """Return the weights of NesterovAG, and those of Nesterov's formula."""
    link, own, v = weight(), [1.0], 0.0
    optimizer, found = chainer.optimizers.NesterovAG(rate, MOMENTUM).setup(link), [1.0]
    for _ in range(steps):
        link.w.grad = np.array([gradient(found[-1])])
        optimizer.update()
        found.append(float(link.w.array[0]))
        g = gradient(own[-1])
        v = MOMENTUM * v - rate * g
        own.append(own[-1] + MOMENTUM * v - rate * g)
    return found, own


found, own = changes(0.01, 3, lambda w: 1.0)
for name, weights in (("NesterovAG", found), ("Nesterov's", own)):
    steps = [round(-difference / 0.01, 4) for difference in np.diff(weights)]
    print(f"{name}: {', '.join(f'{step:g}' for step in steps)} rates")
found, own = (abs(weights[-1]) ** 2 for weights in changes(0.6, 50, lambda w: 2 * w))
print(f"loss of 50 steps on x^2 at a rate of 0.6: NesterovAG {found:.0e}, Nesterov's {own:.0e}")
PY
"$folder/env/bin/python" -W ignore "$folder/steps.py" | tee "$folder/seen"
grep -qx "NesterovAG: 2.71, 3.439, 4.0951 rates" "$folder/seen" &&
    grep -qx "Nesterov's: 1.9, 2.71, 3.439 rates" "$folder/seen" || {
    echo "changed: the steps are others" >&2
    exit 1
}
