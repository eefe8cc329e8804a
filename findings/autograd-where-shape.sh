#!/usr/bin/env bash
# In short: Autograd's gradient of np.where has the shape of the result, so one weight becomes one for each example.
# Library: Autograd 1.9.1 (Python 3.12, NumPy 2.5.5), autograd.numpy.where.
# One would expect: the gradient of a number is a number: where a number takes the place of several elements, the sum
#   of their parts, as with np.maximum and with arithmetic in Autograd, and with where in JAX and PyTorch.
# Behaviour: it is an array, which nothing adds up; of a weight of the shape (3, 1) one of the shape (3, 4). The next
#   step of gradient descent, weight - rate * gradient, makes an array of the weight, without an error, and from then
#   on each example has a weight of its own: the loss goes to 0, where one weight cannot.
# Who meets it: everyone who writes a training step of their own for a function that is put together by np.where.
# Output seen (one weight in the place of three targets, 1, 2 and 6):
#   np.where: first gradient [-0.4 -0.8 -2.4  0.   0. ], weight [1. 2. 6. 0. 0.], loss 0.0
#   arithmetic: first gradient -3.6, weight 3.0, loss 2.8
#   shape of the gradient of a weight of the shape (3, 1): np.where (3, 4), np.maximum (3, 1)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" autograd==1.9.1 numpy==2.5.5
cat >"$folder/where.py" <<'PY'
"""Train one weight that takes the place of what is missing, by np.where and by arithmetic."""
import autograd.numpy as np
from autograd import grad

values = np.array([0.0, 0.0, 0.0, 2.0, 3.0])
targets = np.array([1.0, 2.0, 6.0, 2.0, 3.0])
missing = np.array([True, True, True, False, False])
for name, fill in {
    "np.where": lambda weight: np.where(missing, weight, values),
    "arithmetic": lambda weight: missing * weight + values,
}.items():

    def loss(weight):
        return np.mean((fill(weight) - targets) ** 2)

    weight = 0.0
    first = grad(loss)(weight)
    for _ in range(300):
        weight = weight - 0.5 * grad(loss)(weight)
    print(f"{name}: first gradient {np.round(first, 3)}, weight {np.round(weight, 3)}, loss {loss(weight):.1f}")

column, wide = np.zeros((3, 1)), np.ones((3, 4))
shapes = [
    grad(lambda weight: np.sum(np.where(wide > 0, weight, wide)))(column).shape,
    grad(lambda weight: np.sum(np.maximum(weight, -wide)))(column).shape,
]
print(f"shape of the gradient of a weight of the shape (3, 1): np.where {shapes[0]}, np.maximum {shapes[1]}")
PY
"$folder/env/bin/python" "$folder/where.py" | tee "$folder/seen"
cmp -s "$folder/seen" - <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
np.where: first gradient [-0.4 -0.8 -2.4  0.   0. ], weight [1. 2. 6. 0. 0.], loss 0.0
arithmetic: first gradient -3.6, weight 3.0, loss 2.8
shape of the gradient of a weight of the shape (3, 1): np.where (3, 4), np.maximum (3, 1)
SEEN
