#!/usr/bin/env bash
# In short: Optax's Muon trains what is no matrix with Nadam, where its documentation says AdamW.
# Library: Optax 0.2.8 with JAX 0.12.0.1 on a CPU, contrib.muon(learning_rate) with its defaults.
# One would expect: "the non-2D parameters are instead passed through an AdamW optimizer", so the first step of a bias
#   is one rate long, as with optax.adamw of the same constants (weight decay 0).
# Behaviour: `nesterov`, which is true by default and meant for the momentum of the matrices, is handed on to that AdamW,
#   which is Nadam then: the first step of a bias is 1.47 rates long. With nesterov=False it is 1, and the matrices
#   lose their Nesterov momentum, too; one without the other cannot be had.
# Who meets it: everyone who compares Muon with other libraries or goes on with another one's constants. Keras and PyTorch
#   give biases plain AdamW, or leave them to an optimiser of the user's.
# Output seen (length of the first step of a bias whose gradients are 1, in rates):
#   adamw 1.00
#   muon 1.47
#   muon, nesterov=False 1.00
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" optax==0.2.8 jax==0.12.0.1 jaxlib==0.12.0.1 numpy==2.5.5
cat >"$folder/steps.py" <<'PY'
"""Print how far a bias goes in the first step, beside a matrix."""
import jax.numpy as jnp
import optax
from optax import contrib

weights = {"matrix": jnp.ones((4, 3)), "bias": jnp.zeros(3)}
gradients = {"matrix": jnp.arange(12.0).reshape(4, 3), "bias": jnp.ones(3)}
for name, optimizer in {
    "adamw": optax.adamw(1.0, weight_decay=0.0),
    "muon": contrib.muon(1.0),
    "muon, nesterov=False": contrib.muon(1.0, nesterov=False),
}.items():
    updates, _ = optimizer.update(gradients, optimizer.init(weights), weights)
    print(f"{name} {-float(updates['bias'][0]):.2f}")
PY
JAX_PLATFORMS=cpu "$folder/env/bin/python" "$folder/steps.py" | tee "$folder/seen"
cmp -s "$folder/seen" - <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
adamw 1.00
muon 1.47
muon, nesterov=False 1.00
SEEN
