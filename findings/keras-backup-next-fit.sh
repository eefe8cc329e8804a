#!/usr/bin/env bash
# In short: After a fit() that BackupAndRestore has resumed, the model's next fit() trains nothing, without a word.
# Library: Keras 3.15.1 on JAX 0.12.0.1, callbacks.BackupAndRestore and Model.fit.
# One would expect: a training that was interrupted and resumed leaves the same model behind as one that was not: a
#   second fit() for three epochs (other data, a lower rate, layers unfrozen) trains three epochs.
# Behaviour: to resume at epoch 4, the callback sets an attribute of the model that nothing sets back. Each later
#   fit() of that model begins at epoch 4, too: asked for three epochs it trains none and returns an empty history.
# Who meets it: scripts that train in two stages (pre-training and fine-tuning): if the first stage was ever
#   interrupted, the second is skipped or cut, and nothing says so.
# Output seen (epochs that the second fit() trains, of 3):
#   first fit() not interrupted: 3
#   first fit() interrupted in its fifth epoch and resumed: 0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" keras==3.15.1 jax==0.12.0.1 jaxlib==0.12.0.1 numpy==2.5.5
cat >"$folder/stages.py" <<'PY'
"""Train in two stages, the first with a backup; with "stop" only to the first stage's fifth epoch."""
import sys

import keras
import numpy as np


class Stop(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 4 and "stop" in sys.argv:
            raise RuntimeError("Interrupting!")


data = np.ones((8, 1)), np.ones((8, 1))
model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
try:
    model.fit(*data, epochs=6, callbacks=[keras.callbacks.BackupAndRestore("backup"), Stop()], verbose=0)
except RuntimeError:
    sys.exit()
print(len(model.fit(*data, epochs=3, verbose=0).epoch))
PY
export KERAS_HOME="$folder" KERAS_BACKEND=jax JAX_PLATFORMS=cpu
{
    echo "first fit() not interrupted: $("$folder/env/bin/python" "$folder/stages.py")"
    "$folder/env/bin/python" "$folder/stages.py" stop
    echo "first fit() interrupted in its fifth epoch and resumed: $("$folder/env/bin/python" "$folder/stages.py")"
} | tee "$folder/seen"
cmp -s "$folder/seen" - <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
first fit() not interrupted: 3
first fit() interrupted in its fifth epoch and resumed: 0
SEEN
