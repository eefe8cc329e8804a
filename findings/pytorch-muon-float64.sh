#!/usr/bin/env bash
# In short: PyTorch's Muon takes the same steps in float64 as in bfloat16, on a CPU, too: right to two digits.
# Library: PyTorch 2.15.0 (Python 3.12), torch.optim.Muon on a CPU.
# One would expect: weights and gradients of float64 give steps that are right to 1e-12, as every other optimiser of
#   torch.optim gives them; or an argument that chooses the type.
# Behaviour: the step is orthogonalised in bfloat16, whatever the weights are: it differs from the same iteration in
#   NumPy's float64 by some 2 % of its largest value, in float64 exactly as in float32. The documentation of the
#   class names the iteration and its constants, and no argument changes the type.
# Who meets it: everyone who checks an optimiser against another library or a formula, compares gradients in float64,
#   or wants runs that agree between frameworks: Optax's Muon is right to 1e-9 in float64.
# Output seen (largest difference from NumPy's step, in parts of its largest value):
#   float64 0.02
#   float32 0.02
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" torch==2.15.0 numpy==2.5.5
cat >"$folder/step.py" <<'PY'
"""Print how far a step of Muon is from the same iteration in NumPy."""
import numpy as np
import torch

A, B, C, STEPS, MOMENTUM = 3.4445, -4.7750, 2.0315, 5, 0.95


def orthogonal(matrix):
    """The quintic Newton-Schulz iteration that torch.optim.Muon's documentation names, of a wide matrix."""
    x = matrix / np.linalg.norm(matrix)
    for _ in range(STEPS):
        gram = x @ x.T
        x = A * x + (B * gram + C * gram @ gram) @ x
    return x


random = np.random.RandomState(0)
weights, gradients = random.randn(32, 64), random.randn(32, 64)
expected = orthogonal(gradients)  # the first step's Nesterov momentum is a multiple of the gradient
for dtype in (torch.float64, torch.float32):
    parameter = torch.nn.Parameter(torch.tensor(weights, dtype=dtype))
    parameter.grad = torch.tensor(gradients, dtype=dtype)
    torch.optim.Muon([parameter], lr=1.0, weight_decay=0.0, momentum=MOMENTUM).step()
    step = weights - parameter.detach().double().numpy()
    away = np.abs(step - expected).max() / np.abs(expected).max()
    print(f"{str(dtype).removeprefix('torch.')} {away:.2f}")
PY
"$folder/env/bin/python" "$folder/step.py" | tee "$folder/seen"
awk '$2 < 0.005 || $2 > 0.1 { bad = 1 } END { exit bad || NR != 2 }' "$folder/seen" || {
    echo "the behaviour has changed" >&2
    exit 1
}
