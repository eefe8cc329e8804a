#!/usr/bin/env bash
# In short: TensorFlow's gelu and leaky_relu keep their constants in float32, whatever the type of their input.
# Library: TensorFlow 2.21.0 (tf.nn.gelu, tf.nn.leaky_relu), and Keras 3.15.1, whose activations call them.
# One would expect: of float64 they give float64, right to 1e-15, as tanh and elu do.
# Behaviour: the type is float64, the values are right to 1e-7 alone. gelu's square root of 2 and 0.044715 are Python numbers
#   that go through a float32 tensor (a cast of a Python number makes one first); the slope of leaky_relu is an attribute of
#   the operation, which is a float32.
# Who meets it: everyone who compares frameworks, checks gradients or continues a training in float64: two libraries seem to
#   disagree about a formula that both have. With TensorFlow alone nothing shows it.
# Output seen (largest error, relative to the right value):
#   tanh 2e-16, elu 0e+00, leaky_relu 2e-08, gelu 2e-07, gelu_tanh 7e-08
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" keras==3.15.1 tensorflow-cpu==2.21.0 numpy==2.5.5 scipy==1.18.1
cat >"$folder/constants.py" <<'PY'
"""Print how far float64 activations are from their formulas, and fail unless it is as described."""
import math

import keras
import numpy as np
import tensorflow as tf
from scipy.special import ndtr

x = np.linspace(-3, 3, 25)
x = x[x != 0]
scale = math.sqrt(2 / math.pi)
right = {
    "tanh": np.tanh(x),
    "elu": np.where(x > 0, x, np.expm1(x)),
    "leaky_relu": np.where(x > 0, x, 0.01 * x),
    "gelu": x * ndtr(x),
    "gelu_tanh": x * (1 + np.tanh(scale * (x + 0.044715 * x**3))) / 2,
}
of = keras.activations
found = {
    "tanh": of.tanh(tf.constant(x)),
    "elu": of.elu(tf.constant(x)),
    "leaky_relu": of.leaky_relu(tf.constant(x), negative_slope=0.01),
    "gelu": of.gelu(tf.constant(x)),
    "gelu_tanh": of.gelu(tf.constant(x), approximate=True),
}
assert {value.dtype for value in found.values()} == {tf.float64}
apart = {name: np.abs(value.numpy() / right[name] - 1).max() for name, value in found.items()}
print(", ".join(f"{name} {error:.0e}" for name, error in apart.items()))
exact, rounded = ("tanh", "elu"), ("leaky_relu", "gelu", "gelu_tanh")
assert all(apart[name] < 1e-14 for name in exact), "not exact"
assert all(1e-9 < apart[name] < 1e-6 for name in rounded), "no longer rounded to float32"
PY
TF_CPP_MIN_LOG_LEVEL=3 KERAS_BACKEND=tensorflow "$folder/env/bin/python" "$folder/constants.py" 2>/dev/null
