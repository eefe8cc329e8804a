#!/usr/bin/env bash
# In short: Optax's MultiSteps computes the wrapped optimiser's step in each mini-step, and throws all but one away.
# Library: Optax 0.2.8 with JAX 0.12.0.1 on a CPU, MultiSteps with every_k_schedule=8 around contrib.muon.
# One would expect: "once the scheduled number of intermediate 'mini-steps' has been reached, the gradients
#   accumulated [...] will be passed to the wrapped optimizer's update function": one step of the optimiser in eight
#   calls, and seven calls that add up gradients.
# Behaviour: each call runs the wrapped optimiser on what has been added up so far and then chooses between its
#   result and zeros. The numbers are right; the time of a call is that of a whole step.
# Who meets it: who adds up gradients with an optimiser that costs something (Muon, Shampoo, PSGD): the cost that
#   the eight mini-steps should share is paid eight times.
# Output seen (8 calls; times differ from machine to machine):
#   wrapped optimiser run 8 times, weights changed 1 time
#   a call that only adds up takes 1.48 of the time of a step of Muon
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" optax==0.2.8 jax==0.12.0.1 jaxlib==0.12.0.1 numpy==2.5.5
cat >"$folder/calls.py" <<'PY'
"""Count how often MultiSteps runs the optimiser that it wraps, and time a call that only adds up gradients."""
import time

import jax
import jax.numpy as jnp
import numpy as np
import optax
from optax import contrib

runs = []


def count(updates, state, params=None):
    jax.debug.callback(lambda: runs.append(1))
    return updates, state


counted = optax.chain(optax.GradientTransformation(lambda params: optax.EmptyState(), count), contrib.muon(1.0))
weights = jnp.asarray(np.random.RandomState(0).randn(512, 512), jnp.float32)


def start(optimizer):
    return optimizer.init(weights), jax.jit(optimizer.update)


state, update = start(optax.MultiSteps(counted, 8))
changed = 0
for _ in range(8):
    step, state = update(weights, state, weights)
    changed += bool(jnp.any(step != 0))
jax.effects_barrier()
print(f"wrapped optimiser run {len(runs)} times, weights changed {changed} time")


def seconds(optimizer):
    state, update = start(optimizer)
    jax.block_until_ready(update(weights, state, weights))
    times = []
    for _ in range(20):
        begin = time.perf_counter()
        jax.block_until_ready(update(weights, state, weights))
        times.append(time.perf_counter() - begin)
    return min(times)


ratio = seconds(optax.MultiSteps(contrib.muon(1.0), 8)) / seconds(contrib.muon(1.0))
print(f"a call that only adds up takes {ratio:.2f} of the time of a step of Muon")
PY
JAX_PLATFORMS=cpu "$folder/env/bin/python" "$folder/calls.py" | tee "$folder/seen"
grep -qx "wrapped optimiser run 8 times, weights changed 1 time" "$folder/seen" \
    && awk '/^a call/ && $8 < 0.5 { exit 1 }' "$folder/seen" || { echo "the behaviour has changed" >&2; exit 1; }
