#!/usr/bin/env bash
# In short: With MLX's Muon a matrix that has no gradient shrinks by full steps, however small the weight decay is.
# Library: MLX 0.32.4 on a CPU (mlx-cpu 0.32.4, Python 3.12, Linux), optimizers.Muon, weight_decay=0.01 by default.
# One would expect: "follows the original implementation", whose weight decay is "AdamW-style": each step multiplies
#   the weights by 1 - rate * decay, so 50 steps of a rate of 0.02 leave 0.990 of a matrix that has no gradient, and
#   with a decay of 0.000001 all of it. PyTorch and Optax do the same.
# Behaviour: the decay is added to the gradient before the matrix is made orthogonal, which removes its size: where
#   the gradient is 0 the step is a full one, whatever the decay. 50 steps leave 0.056 of the matrix, or 0.130. The
#   documentation has "(L2 penalty)" beside the argument, as PyTorch's has for its Muon.
# Who meets it: everyone who trains matrices that have no gradient in some steps (experts that are not chosen, inputs
#   that do not occur, a part whose loss is off for a while), or who takes a weight decay over from another library.
# Output seen (norm after 50 steps without a gradient, as a part of the first):
#   weight_decay=0: decoupled 1.000, MLX 1.000
#   weight_decay=1e-06: decoupled 1.000, MLX less than 0.200 (0.130)
#   weight_decay=0.01: decoupled 0.990, MLX less than 0.200 (0.056)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" mlx==0.32.4 mlx-cpu==0.32.4
cat >"$folder/decay.py" <<'PY'
"""Print how much of a matrix is left after 50 steps of Muon without a gradient."""
import mlx.core as mx
from mlx.optimizers import Muon

mx.set_default_device(mx.cpu)
mx.random.seed(0)
start = mx.random.normal((8, 8)) * 0.1
for decay in 0.0, 1e-6, 0.01:
    optimizer = Muon(learning_rate=0.02, weight_decay=decay)
    weights = {"matrix": start}
    for _ in range(50):
        weights = optimizer.apply_gradients({"matrix": mx.zeros_like(start)}, weights)
    left = (mx.linalg.norm(weights["matrix"]) / mx.linalg.norm(start)).item()
    shown = "less than 0.200" if left < 0.2 else f"{left:.3f}"
    print(f"weight_decay={decay:g}: decoupled {(1 - 0.02 * decay) ** 50:.3f}, MLX {shown}")
PY
"$folder/env/bin/python" "$folder/decay.py" | tee "$folder/seen"
cmp -s "$folder/seen" - <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
weight_decay=0: decoupled 1.000, MLX 1.000
weight_decay=1e-06: decoupled 1.000, MLX less than 0.200
weight_decay=0.01: decoupled 0.990, MLX less than 0.200
SEEN
