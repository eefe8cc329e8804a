#!/usr/bin/env bash
# In short: Interrupted twice in one epoch, Keras's BackupAndRestore(save_freq=N) starts again at the first epoch.
# Library: Keras 3.15.1 on JAX 0.12.0.1, callbacks.BackupAndRestore with a number of batches as save_freq.
# One would expect: "the training state (which includes the Model weights and epoch number) is restored to the most
#   recently saved state": a training that is interrupted in its fourth epoch, and again in its fourth epoch, goes
#   on in the fourth.
# Behaviour: the callback reads the epoch from its file and hands it to fit(), but does not keep it: its own count,
#   which it writes with every backup, is 0 until an epoch has ended. So the second interruption leaves "epoch 0" in
#   the file beside the weights of the fourth, and the third run trains all epochs again from there.
# Who meets it: who sets save_freq to a number because jobs are interrupted within epochs: where that happens twice
#   before an epoch has ended, all epochs are trained again, from weights that were trained already.
# Output seen (epochs that are begun in each run, of 6):
#   run 1, interrupted: 1 2 3 4
#   run 2, interrupted: 4
#   run 3: 1 2 3 4 5 6
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" keras==3.15.1 jax==0.12.0.1 jaxlib==0.12.0.1 numpy==2.5.5
cat >"$folder/train.py" <<'PY'
"""Train for six epochs of four batches with a backup after each; with "stop" only to the fourth epoch's second."""
import sys

import keras
import numpy as np

begun = []


class Watch(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        begun.append(epoch + 1)

    def on_train_batch_end(self, batch, logs=None):
        if begun[-1] == 4 and batch == 1 and "stop" in sys.argv:
            raise RuntimeError("Interrupting!")


model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
backup = keras.callbacks.BackupAndRestore("backup", save_freq=1)
try:
    model.fit(np.ones((8, 1)), np.ones((8, 1)), batch_size=2, epochs=6, callbacks=[backup, Watch()], verbose=0)
except RuntimeError:
    pass
print(*begun)
PY
export KERAS_HOME="$folder" KERAS_BACKEND=jax JAX_PLATFORMS=cpu
{
    echo "run 1, interrupted: $("$folder/env/bin/python" "$folder/train.py" stop)"
    echo "run 2, interrupted: $("$folder/env/bin/python" "$folder/train.py" stop)"
    echo "run 3: $("$folder/env/bin/python" "$folder/train.py")"
} | tee "$folder/seen"
cmp -s "$folder/seen" - <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
run 1, interrupted: 1 2 3 4
run 2, interrupted: 4
run 3: 1 2 3 4 5 6
SEEN
