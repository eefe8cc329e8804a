#!/usr/bin/env bash
# In short: The derivative of MLX's elu and selu is NaN at large inputs: above 11 in float16, above 88 in float32.
# Library: MLX 0.32.4 on a CPU (mlx-cpu 0.32.4, Python 3.12, Linux), nn.elu and nn.selu (layers ELU and SELU).
# One would expect: where the input is positive both are straight lines, so the derivatives there are 1 and 1.0507 at
#   any size. The values are right, and MLX's celu, the same function as elu, has the derivative 1.
# Behaviour: exp(x) is computed for positive inputs, too, and only its value is left out. Where it overflows, the
#   derivative of what is left out is 0 times infinity. One such input makes NaN of every weight in front of it.
# Who meets it: everyone who trains with elu or selu in float16, where 12 is an ordinary activation of a network that
#   normalises nothing; in float32 a training whose activations grow for a moment does not come back.
# Output seen (value, derivative):
#   float16 celu: at 10: 10, 1; at 12: 12, 1
#   float16 elu: at 10: 10, 1; at 12: 12, nan
#   float16 selu: at 10: 10.51, 1.051; at 12: 12.61, nan
#   float32 celu: at 80: 80, 1; at 100: 100, 1
#   float32 elu: at 80: 80, 1; at 100: 100, nan
#   float32 selu: at 80: 84.06, 1.051; at 100: 105.1, nan
#   NaN in the gradient of the 12 weights in front: 12
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" mlx==0.32.4 mlx-cpu==0.32.4
cat >"$folder/elu.py" <<'PY'
"""Print values and derivatives of three activations at large inputs."""
import mlx.core as mx
from mlx import nn

mx.set_default_device(mx.cpu)
for dtype, name, points in (mx.float16, "float16", (10, 12)), (mx.float32, "float32", (80, 100)):
    for function in nn.celu, nn.elu, nn.selu:
        pairs = []
        for point in points:
            value, derivative = mx.value_and_grad(function)(mx.array(point, dtype))
            pairs.append(f"at {point}: {value.item():.4g}, {derivative.item():.4g}")
        print(f"{name} {function.__name__}: {'; '.join(pairs)}")

weights = mx.ones((3, 4))
inputs = mx.array([[1.0, 2.0, 3.0], [20.0, 30.0, 40.0]])  # the second example has sums of 90
gradient = mx.grad(lambda weights: nn.elu(inputs @ weights).mean())(weights)
print("NaN in the gradient of the 12 weights in front:", mx.isnan(gradient).sum().item())
PY
"$folder/env/bin/python" "$folder/elu.py" | tee "$folder/seen"
cmp -s "$folder/seen" - <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
float16 celu: at 10: 10, 1; at 12: 12, 1
float16 elu: at 10: 10, 1; at 12: 12, nan
float16 selu: at 10: 10.51, 1.051; at 12: 12.61, nan
float32 celu: at 80: 80, 1; at 100: 100, 1
float32 elu: at 80: 80, 1; at 100: 100, nan
float32 selu: at 80: 84.06, 1.051; at 100: 105.1, nan
NaN in the gradient of the 12 weights in front: 12
SEEN
