#!/usr/bin/env bash
# In short: After early stopping Keras's SwapEMAWeights leaves the last weights in the model, not their average.
# Library: Keras 3.15.1 on JAX 0.12.0.1, callbacks.SwapEMAWeights(swap_on_epoch=True) with callbacks.EarlyStopping.
# One would expect: fit() with use_ema=True ends with the averaged weights in the model ("this happens automatically
#   after the last epoch"), whether the last epoch is the planned one or the one after which training is stopped.
# Behaviour: swap_on_epoch=True puts the average into the model, and the last weights into the average's place, at
#   the end of each epoch. fit() copies that place to the model when it ends; so that this is right, the callback
#   puts the average back into its place in the last epoch, but knows it only by epochs - 1. Stopped earlier, fit()
#   ends with the last weights, and the average is overwritten. There is no warning.
# Who meets it: who averages weights and stops early, as most do; the model that is tested or saved after fit() is
#   another one than the one that was evaluated and saved at the end of the last epoch.
# Output seen (weight of a model after five epochs in each case; it is on its way from 0 to 2):
#   no average 1.34464
#   average, 5 of 5 epochs 0.63472
#   average, stopped after 5 of 20 epochs 1.34464
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" keras==3.15.1 jax==0.12.0.1 jaxlib==0.12.0.1 numpy==2.5.5
cat >"$folder/average.py" <<'PY'
"""Train one weight for five epochs, with and without an average and early stopping, and print it."""
import keras
import numpy as np

inputs, targets = np.ones((8, 1), "float32"), np.full((8, 1), 2, "float32")


def train(epochs, average, callbacks):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")])
    model.compile(keras.optimizers.SGD(0.1, use_ema=average, ema_momentum=0.9), "mse")
    history = model.fit(inputs, targets, epochs=epochs, batch_size=8, callbacks=callbacks, verbose=0)
    assert len(history.epoch) == 5, history.epoch
    return float(model.get_weights()[0][0, 0])


stop = keras.callbacks.EarlyStopping(monitor="loss", min_delta=0.5, patience=1)
swap = keras.callbacks.SwapEMAWeights
print(f"no average {train(5, False, []):.5f}")
print(f"average, 5 of 5 epochs {train(5, True, [swap(swap_on_epoch=True)]):.5f}")
print(f"average, stopped after 5 of 20 epochs {train(20, True, [swap(swap_on_epoch=True), stop]):.5f}")
PY
export KERAS_HOME="$folder" KERAS_BACKEND=jax JAX_PLATFORMS=cpu
"$folder/env/bin/python" "$folder/average.py" | tee "$folder/seen"
cmp -s "$folder/seen" - <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
no average 1.34464
average, 5 of 5 epochs 0.63472
average, stopped after 5 of 20 epochs 1.34464
SEEN
