#!/usr/bin/env bash
# In short: Optax's polyak_sgd takes longer steps the smaller its scaling is: half of it doubles the step.
# Library: Optax 0.2.8 with JAX 0.12.0.1 on a CPU, polyak_sgd(scaling=...).
# One would expect: "s min{(f(x) - f*) / (||grad f(x)||^2 + eps), max_learning_rate}", where "s scales the formula
#   by scaling": with a scaling of 0.5 the step is half as long as with 1.
# Behaviour: the gradient is scaled first, and its norm taken after that. The step is then (f - f*) / (s
#   ||grad||^2), so that a scaling of 0.5 doubles the step and 2 halves it, as long as max_learning_rate does not
#   cut it.
# Who meets it: who damps Polyak's step, which is known to be too long on noisy losses, or gives a schedule as
#   scaling: a warm-up begins with its longest steps, a decay ends with them.
# Output seen (f(x) = x^2 at x = 3, where the step is 1.5 by the formula with a scaling of 1):
#   scaling 2.0: formula 3.00, step 0.75
#   scaling 1.0: formula 1.50, step 1.50
#   scaling 0.5: formula 0.75, step 3.00
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" optax==0.2.8 jax==0.12.0.1 jaxlib==0.12.0.1 numpy==2.5.5
cat >"$folder/steps.py" <<'PY'
"""Print the first step of polyak_sgd on x squared for some scalings, beside the documented formula."""
import jax
import jax.numpy as jnp
import optax

x = jnp.array(3.0)
value, gradient = jax.value_and_grad(lambda x: x**2)(x)
for scaling in (2.0, 1.0, 0.5):
    solver = optax.polyak_sgd(scaling=scaling)
    update, _ = solver.update(gradient, solver.init(x), x, value=value)
    formula = scaling * min(value / gradient**2, 1.0) * gradient
    print(f"scaling {scaling}: formula {formula:.2f}, step {-update:.2f}")
PY
JAX_PLATFORMS=cpu "$folder/env/bin/python" "$folder/steps.py" | tee "$folder/seen"
cmp -s "$folder/seen" - <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
scaling 2.0: formula 3.00, step 0.75
scaling 1.0: formula 1.50, step 1.50
scaling 0.5: formula 0.75, step 3.00
SEEN
