#!/usr/bin/env bash
# In short: Keras's average pooling with padding "same" and strides counts the last value twice on PyTorch.
# Library: Keras 3.15.1 with its PyTorch backend (PyTorch 2.15.0), beside its JAX backend (JAX 0.12.0.1).
# One would expect: average pooling with padding "same" means the same on every backend: the mean of those values of a
#   window that lie inside the input, as the TensorFlow and JAX backends compute it.
# Behaviour: where the padding cannot be the same on both sides (window 3, strides 2, even length), the PyTorch backend
#   repeats the last value instead, which then counts twice in the mean, and so does its gradient. Without strides, or
#   with an odd length, where the padding is even, the backends agree.
# Who meets it: everyone who loads a model's weights on another backend, or compares backends: outputs differ by up to
#   a quarter at the lower and right edge, without a warning, and training differs from the first step on.
# Output seen:
#   values 0 1 2 3 4 5 6 7, window 3, strides 2, same
#   jax    1.0 3.0 5.0 6.5
#   torch  1.0 3.0 5.0 6.6667
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" keras==3.15.1 torch==2.15.0 jax==0.12.0.1 numpy==2.5.5
cat >"$folder/pool.py" <<'PY'
"""Average-pool 0..7 and print the means."""
import keras
import numpy as np

x = np.arange(8, dtype="float32").reshape(1, 8, 1)
means = keras.ops.convert_to_numpy(keras.layers.AveragePooling1D(3, strides=2, padding="same")(x)).ravel()
print(*means.round(4))
PY
run() { KERAS_HOME="$folder" KERAS_BACKEND=$1 JAX_PLATFORMS=cpu "$folder/env/bin/python" "$folder/pool.py" 2>/dev/null; }
jax=$(run jax)
torch=$(run torch)
echo "values 0 1 2 3 4 5 6 7, window 3, strides 2, same"
echo "jax    $jax"
echo "torch  $torch"
[ "$jax" = "1.0 3.0 5.0 6.5" ] && [ "$torch" = "1.0 3.0 5.0 6.6667" ] || { echo "the behaviour has changed" >&2; exit 1; }
