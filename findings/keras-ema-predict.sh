#!/usr/bin/env bash
# In short: predict() with Keras's SwapEMAWeights leaves the average in the model; evaluate() puts the weights back.
# Library: Keras 3.15.1 on JAX 0.12.0.1, callbacks.SwapEMAWeights in Model.evaluate and Model.predict.
# One would expect: the callback swaps the averaged weights in before predict() as before evaluate(), "and restores
#   the previous weights after": the model's weights are the same before and after either of them.
# Behaviour: on_predict_end asks whether the averaged weights are *not* in the model, where on_test_end asks whether
#   they are. So nothing is restored: the average stays in the model, the trained weights in the average's place.
#   Training goes on from there, with the two exchanged.
# Who meets it: who trains with train_on_batch() or in several calls and looks at predictions of the averaged model
#   in between: from the first look on it is another training, without an error.
# Output seen (the model's weight, trained by train_on_batch; its average in brackets):
#   trained 1.34464 (0.63472)
#   after evaluate 1.34464 (0.63472)
#   after predict 0.63472 (1.34464)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" keras==3.15.1 jax==0.12.0.1 jaxlib==0.12.0.1 numpy==2.5.5
cat >"$folder/predict.py" <<'PY'
"""Train one weight, and print it and its average before and after evaluate() and predict()."""
import keras
import numpy as np

inputs, targets = np.ones((8, 1), "float32"), np.full((8, 1), 2, "float32")
model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")])
model.compile(keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.9), "mse")


def show(when):
    average = [v for v in model.optimizer.variables if "average" in v.path]
    print(f"{when} {float(model.get_weights()[0][0, 0]):.5f} ({float(average[0].numpy()[0, 0]):.5f})")


for _ in range(5):
    model.train_on_batch(inputs, targets)
show("trained")
model.evaluate(inputs, targets, callbacks=[keras.callbacks.SwapEMAWeights()], verbose=0)
show("after evaluate")
model.predict(inputs, callbacks=[keras.callbacks.SwapEMAWeights()], verbose=0)
show("after predict")
PY
export KERAS_HOME="$folder" KERAS_BACKEND=jax JAX_PLATFORMS=cpu
"$folder/env/bin/python" "$folder/predict.py" | tee "$folder/seen"
cmp -s "$folder/seen" - <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
trained 1.34464 (0.63472)
after evaluate 1.34464 (0.63472)
after predict 0.63472 (1.34464)
SEEN
