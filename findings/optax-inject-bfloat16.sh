#!/usr/bin/env bash
# In short: Optax's inject_hyperparams makes Adam's first step NaN where the weights are bfloat16.
# Library: Optax 0.2.8 with JAX 0.12.0.1 on a CPU, inject_hyperparams(optax.adam)(learning_rate) with its defaults.
# One would expect: the wrapper lets hyperparameters be read and changed, or follow a schedule, and is otherwise the
#   optimiser that it wraps: the same steps, also of weights that are bfloat16.
# Behaviour: each hyperparameter becomes an array of the weights' type. In bfloat16 Adam's b2 of 0.999 is 1: the
#   mean of squares stays 0, its bias correction divides 0 by 0, and each weight is NaN after the first step. With
#   hyperparam_dtype=jnp.float32 the steps are the optimiser's own.
# Who meets it: who changes the learning rate from outside (the usual way in Optax) and moves a model to bfloat16. A
#   b2 of 0.99, as others have it, becomes 0.9883 without any NaN.
# Output seen (step of a weight in rates, gradients of 1):
#   float32: adam 1.00, wrapped 1.00, wrapped with hyperparam_dtype=float32 1.00
#   bfloat16: adam 1.00, wrapped nan, wrapped with hyperparam_dtype=float32 1.00
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" optax==0.2.8 jax==0.12.0.1 jaxlib==0.12.0.1 numpy==2.5.5
cat >"$folder/steps.py" <<'PY'
"""Print the first step of Adam, wrapped and not, of float32 and of bfloat16."""
import jax.numpy as jnp
import optax

RATE = 2.0**-10  # a number that bfloat16 has
for dtype in (jnp.float32, jnp.bfloat16):
    seen = []
    for name, optimizer in {
        "adam": optax.adam(RATE),
        "wrapped": optax.inject_hyperparams(optax.adam)(RATE),
        "wrapped with hyperparam_dtype=float32": optax.inject_hyperparams(
            optax.adam, hyperparam_dtype=jnp.float32
        )(RATE),
    }.items():
        weights, gradients = jnp.zeros(3, dtype), jnp.ones(3, dtype)
        update, _ = optimizer.update(gradients, optimizer.init(weights), weights)
        seen.append(f"{name} {-float(update[0]) / RATE:.2f}".replace("-nan", "nan"))
    print(f"{jnp.dtype(dtype).name}: {', '.join(seen)}")
PY
JAX_PLATFORMS=cpu "$folder/env/bin/python" "$folder/steps.py" | tee "$folder/seen"
cmp -s "$folder/seen" - <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
float32: adam 1.00, wrapped 1.00, wrapped with hyperparam_dtype=float32 1.00
bfloat16: adam 1.00, wrapped nan, wrapped with hyperparam_dtype=float32 1.00
SEEN
