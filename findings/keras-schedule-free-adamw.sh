#!/usr/bin/env bash
# In short: Keras's ScheduleFreeAdamW takes the algorithm's steps on JAX alone.
# Library: Keras 3.15.1, its optimiser ScheduleFreeAdamW, on JAX 0.12.0.1, TensorFlow 2.21.0 and PyTorch 2.15.0.
# One would expect: the same steps on every backend, those of the algorithm (Defazio and others, 2024), as Keras's other
#   optimisers give them: in float64 within 1e-6 after 40 steps.
# Behaviour: only JAX takes the algorithm's steps. A step keeps "the momentum before the update" and uses it after the
#   update. On JAX that is an array; on TensorFlow and PyTorch it is the variable itself, which holds the new momentum
#   by then, so that the averaged weights are recovered from a wrong point.
# Who meets it: everyone who trains with it on TensorFlow or PyTorch; there is no error, and a comparison of
#   backends compares two optimisers.
# Output seen (distance from the algorithm in NumPy, as a share of the way that the weights went):
#   jax 0.0000
#   tensorflow 0.0881
#   torch 0.0881
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" \
    keras==3.15.1 jax==0.12.0.1 tensorflow-cpu==2.21.0 torch==2.15.0 numpy==2.5.5
cat >"$folder/steps.py" <<'PY'
"""Take 40 steps with given gradients, and print how far from the algorithm they end."""
import keras
import numpy as np

keras.config.set_floatx("float64")
random = np.random.RandomState(0)
start, gradients = random.randn(5), random.randn(40, 5)
rate, beta_1, beta_2, epsilon = 0.0025, 0.9, 0.999, 1e-8

optimizer = keras.optimizers.ScheduleFreeAdamW(
    learning_rate=rate, beta_1=beta_1, beta_2=beta_2, epsilon=epsilon, warmup_steps=0
)
weights = keras.Variable(start)
for gradient in gradients:
    optimizer.apply([keras.ops.convert_to_tensor(gradient)], [weights])

z, x, y, square = start, start, start, np.zeros(5)
for n, gradient in enumerate(gradients, start=1):
    square = beta_2 * square + (1 - beta_2) * gradient**2
    z = z - rate * gradient / (np.sqrt(square / (1 - beta_2**n)) + epsilon)
    x = (1 - 1 / n) * x + z / n
    y = (1 - beta_1) * z + beta_1 * x
found = keras.ops.convert_to_numpy(weights.value)
print(f"{keras.backend.backend()} {np.abs(found - y).max() / np.abs(y - start).max():.4f}")
PY
for backend in jax tensorflow torch; do
    KERAS_HOME="$folder" KERAS_BACKEND=$backend JAX_PLATFORMS=cpu JAX_ENABLE_X64=1 CUDA_VISIBLE_DEVICES=-1 \
        "$folder/env/bin/python" "$folder/steps.py" 2>/dev/null
done | tee "$folder/seen"
cmp -s "$folder/seen" - <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
jax 0.0000
tensorflow 0.0881
torch 0.0881
SEEN
