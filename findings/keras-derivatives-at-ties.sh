#!/usr/bin/env bash
# In short: What Keras's activations have as their derivative at a kink depends on the backend; celu's at 0 is wrong on
#   TensorFlow.
# Library: Keras 3.15.1 on JAX 0.12.0.1, TensorFlow 2.21.0 and PyTorch 2.15.0.
# One would expect: one activation, one derivative. At a kink the derivative is a choice, but all three backends choose 0
#   for relu, so Keras's other functions should have one choice each, too; and celu has no kink: 1 at 0.
# Behaviour: the choice depends on the backend for leaky_relu, selu, hard_tanh, maximum, clip and abs; and celu has the
#   derivative 2 at 0 on TensorFlow, which is no choice but wrong (it adds a maximum and a minimum with 0, and
#   TensorFlow gives each the whole derivative there).
# Who meets it: networks on pictures with black areas and biases that start at 0. There the input of an activation is
#   exactly 0 in many places, so that backends part in the first gradient, far beyond rounding.
# Output seen (derivatives; of hard_tanh and clip at 1, of the others at 0):
#   jax relu=0 leaky_relu=1 selu=1.758 celu=1 hard_tanh=1 maximum=0.5 clip=0.5 abs=1
#   tensorflow relu=0 leaky_relu=0.2 selu=1.051 celu=2 hard_tanh=1 maximum=1 clip=1 abs=0
#   torch relu=0 leaky_relu=0.2 selu=1.758 celu=1 hard_tanh=0 maximum=0.5 clip=0.5 abs=0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" \
    keras==3.15.1 jax==0.12.0.1 tensorflow-cpu==2.21.0 torch==2.15.0 numpy==2.5.5
cat >"$folder/derivatives.py" <<'PY'
"""Print the derivatives of Keras's functions at their kinks."""
import keras
from keras import activations, ops

PLACES = {
    "relu": (activations.relu, 0.0),
    "leaky_relu": (activations.leaky_relu, 0.0),
    "selu": (activations.selu, 0.0),
    "celu": (lambda x: activations.celu(x, alpha=0.5), 0.0),
    "hard_tanh": (activations.hard_tanh, 1.0),
    "maximum": (lambda x: ops.maximum(x, 0.0), 0.0),
    "clip": (lambda x: ops.clip(x, -1.0, 1.0), 1.0),
    "abs": (ops.abs, 0.0),
}


def derivative(function, at):
    """Ask the backend for the derivative."""
    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        return float(jax.grad(function)(at))
    if backend == "torch":
        import torch

        x = torch.tensor(at, requires_grad=True)
        function(x).backward()
        return float(x.grad)
    import tensorflow as tf

    x = tf.Variable(at)
    with tf.GradientTape() as tape:
        y = function(x)
    return float(tape.gradient(y, x))


print(keras.backend.backend(), *(f"{name}={derivative(*place):.4g}" for name, place in PLACES.items()))
PY
for backend in jax tensorflow torch; do
    KERAS_HOME="$folder" KERAS_BACKEND=$backend JAX_PLATFORMS=cpu CUDA_VISIBLE_DEVICES=-1 \
        "$folder/env/bin/python" "$folder/derivatives.py" 2>/dev/null
done | tee "$folder/seen"
cmp -s "$folder/seen" - <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
jax relu=0 leaky_relu=1 selu=1.758 celu=1 hard_tanh=1 maximum=0.5 clip=0.5 abs=1
tensorflow relu=0 leaky_relu=0.2 selu=1.051 celu=2 hard_tanh=1 maximum=1 clip=1 abs=0
torch relu=0 leaky_relu=0.2 selu=1.758 celu=1 hard_tanh=0 maximum=0.5 clip=0.5 abs=0
SEEN
