#!/usr/bin/env bash
# In short: Optax's schedule-free average stops being one after 300 steps where the weights are bfloat16.
# Library: Optax 0.2.8 with JAX 0.12.0.1 on a CPU, contrib.schedule_free_adamw with its default rate.
# One would expect: the averaged weights are the mean of all steps' weights ("(1 - 1/t) x + z/t"): step 2000 counts
#   1/2000, as step 1 does. In bfloat16 the weights are coarse, but 1/t is a number that the optimiser counts.
# Behaviour: the sum of the steps' weights, by which each is divided, has the type of the model's weights. In bfloat16
#   this sum stops growing after some 300 steps (256 + 1 is 256 there), so each later step counts 1/312: the mean of
#   all steps becomes a moving average of the last few hundred. state_dtype=float32 changes the weights' copy alone.
# Who meets it: who trains schedule-free in bfloat16, for more than 300 steps: the average, which takes the place of
#   a decaying rate, stays as noisy as after 300 steps. Only a second run in float32 shows it.
# Output seen (share of the newest step in the average is 1 to ...):
#   after 100 steps: float32 100, bfloat16 102, bfloat16 with state_dtype=float32 102
#   after 1000 steps: float32 1000, bfloat16 312, bfloat16 with state_dtype=float32 312
#   after 2000 steps: float32 2000, bfloat16 312, bfloat16 with state_dtype=float32 312
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" optax==0.2.8 jax==0.12.0.1 jaxlib==0.12.0.1 numpy==2.5.5
cat >"$folder/share.py" <<'PY'
"""Print the sum of the steps' weights, in weights of the newest step, after 100, 1000 and 2000 steps."""
import jax
import jax.numpy as jnp
from optax import contrib


def share(steps, dtype, state_dtype=None):
    optimizer = contrib.schedule_free_adamw(state_dtype=state_dtype)
    weights = jnp.ones(3, dtype)
    state, update = optimizer.init(weights), jax.jit(optimizer.update)
    for _ in range(steps):
        _, state = update(jnp.ones(3, dtype), state, weights)
    return float(state.weight_sum) / float(state.max_lr) ** 2


for steps in (100, 1000, 2000):
    float32, bfloat16 = share(steps, jnp.float32), share(steps, jnp.bfloat16)
    copy = share(steps, jnp.bfloat16, jnp.float32)
    print(f"after {steps} steps: float32 {float32:.0f}, bfloat16 {bfloat16:.0f}, "
          f"bfloat16 with state_dtype=float32 {copy:.0f}")
PY
JAX_PLATFORMS=cpu "$folder/env/bin/python" "$folder/share.py" | tee "$folder/seen"
cmp -s "$folder/seen" - <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
after 100 steps: float32 100, bfloat16 102, bfloat16 with state_dtype=float32 102
after 1000 steps: float32 1000, bfloat16 312, bfloat16 with state_dtype=float32 312
after 2000 steps: float32 2000, bfloat16 312, bfloat16 with state_dtype=float32 312
SEEN
