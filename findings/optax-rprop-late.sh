#!/usr/bin/env bash
# In short: Optax's Rprop takes its steps a call late, and never the one before a turn; the first call changes nothing.
# Library: Optax 0.2.8 with JAX 0.12.0.1 on a CPU, rprop with its defaults. An open pull request (1725) names it.
# One would expect: Rprop as PyTorch has it: with gradients of 1, 1, 1, -1, -1 steps of 1, 1.2 and 1.44 rates, none
#   where the sign turns, and then 0.72 rates back.
# Behaviour: the update that is handed back is that of the call before: 0, 1, 1.2 rates; where the sign turns it is
#   none, so that the step of 1.44 is lost, and none in the call after it, too.
# Who meets it: everyone who trains with it, or compares it with another library's: the step for a gradient is taken
#   at weights for which another gradient was computed, and the tests of convergence do not see it.
# Output seen (steps in rates for gradients of 1, 1, 1, -1, -1, -1):
#   Rprop  1.00 1.20 1.44 0.00 -0.72 -0.86
#   Optax  0.00 1.00 1.20 0.00 0.00 -0.72
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" optax==0.2.8 jax==0.12.0.1 jaxlib==0.12.0.1 numpy==2.5.5
cat >"$folder/steps.py" <<'PY'
"""Print the steps of Rprop, written out as in PyTorch's documentation, and of Optax's."""
import jax.numpy as jnp
import optax

gradients = [1.0, 1.0, 1.0, -1.0, -1.0, -1.0]
before, size, steps = 0.0, 1.0, []
for gradient in gradients:
    if before * gradient > 0:
        size = min(size * 1.2, 50.0)
    elif before * gradient < 0:
        size, gradient = max(size * 0.5, 1e-6), 0.0
    steps.append(size * ((gradient > 0) - (gradient < 0)))
    before = gradient
print("Rprop ", *(f"{step:.2f}" for step in steps))

weights, optimizer = jnp.zeros(1), optax.rprop(1.0)
state, steps = optimizer.init(weights), []
for gradient in gradients:
    update, state = optimizer.update(jnp.full(1, gradient), state, weights)
    steps.append(-float(update[0]))
print("Optax ", *(f"{step + 0.0:.2f}" for step in steps))
PY
JAX_PLATFORMS=cpu "$folder/env/bin/python" "$folder/steps.py" | tee "$folder/seen"
cmp -s "$folder/seen" - <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
Rprop  1.00 1.20 1.44 0.00 -0.72 -0.86
Optax  0.00 1.00 1.20 0.00 0.00 -0.72
SEEN
