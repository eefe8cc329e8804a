#!/usr/bin/env bash
# In short: Keras with floatx float64 computes some operations in float32 on JAX and on PyTorch, without a warning.
# Library: Keras 3.15.1 with floatx "float64" on TensorFlow 2.21.0, JAX 0.12.0.1 (JAX_ENABLE_X64=1) and PyTorch 2.15.0.
# One would expect: tensors of float64 stay float64, and results are right to 1e-15, as in the library that computes.
# Behaviour: that holds on TensorFlow alone. On the others Keras's type promotion turns float64 into float32, and which
#   operations follow it depends on the backend: tanh and the variance on JAX, matrix products and cumulative sums on
#   PyTorch. A mean is computed in float32 on both and then handed out as float64. Weights and gradients say float64.
# Who meets it: everyone who trains in float64 to compare frameworks, check gradients or solve equations: a dense layer on
#   PyTorch is right to 1e-7, without a warning, and looking at the types of weights and outputs does not show it.
# Output seen (type, and how many digits are right, of tanh, matmul, mean):
#   tensorflow tanh float64 exact, matmul float64 exact, mean float64 exact
#   jax tanh float32 rounded, matmul float64 exact, mean float64 rounded
#   torch tanh float64 exact, matmul float32 rounded, mean float64 rounded
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" \
    keras==3.15.1 jax==0.12.0.1 tensorflow-cpu==2.21.0 torch==2.15.0 numpy==2.5.5
cat >"$folder/float64.py" <<'PY'
"""Print the type of some results of float64, and whether they are NumPy's."""
import keras
import numpy as np
from keras import ops

keras.config.set_floatx("float64")
random = np.random.RandomState(0)
x, y = random.rand(4, 6), random.rand(6, 3)
results = {
    "tanh": (ops.tanh(ops.convert_to_tensor(x)), np.tanh(x)),
    "matmul": (ops.matmul(ops.convert_to_tensor(x), ops.convert_to_tensor(y)), x @ y),
    "mean": (ops.mean(ops.convert_to_tensor(x)), x.mean()),
}
words = []
for name, (found, right) in results.items():
    found = ops.convert_to_numpy(found)
    exact = np.abs(found - right).max() < 1e-14
    words.append(f"{name} {found.dtype} {'exact' if exact else 'rounded'}")
print(keras.backend.backend(), ", ".join(words))
PY
for backend in tensorflow jax torch; do
    KERAS_HOME="$folder" KERAS_BACKEND=$backend JAX_PLATFORMS=cpu JAX_ENABLE_X64=1 CUDA_VISIBLE_DEVICES=-1 \
        "$folder/env/bin/python" "$folder/float64.py" 2>/dev/null
done | tee "$folder/seen"
cmp -s "$folder/seen" - <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
tensorflow tanh float64 exact, matmul float64 exact, mean float64 exact
jax tanh float32 rounded, matmul float64 exact, mean float64 rounded
torch tanh float64 exact, matmul float32 rounded, mean float64 rounded
SEEN
