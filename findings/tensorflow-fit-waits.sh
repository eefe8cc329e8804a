#!/usr/bin/env bash
# In short: An epoch of Keras's fit() on TensorFlow sleeps for up to as long as it has computed, now and then: it waits for
#   the thread that tunes tf.data.
# Library: TensorFlow 2.21.0 (CPU) with Keras 3.15.1 (Python 3.12, Linux); also seen in 2.18.1 and 2.20.0, more rarely.
# One would expect: fit() on NumPy arrays keeps the processor busy, and epochs of the same steps take the same time.
# Behaviour: some epochs take up to twice as long, and in the time beyond the process does nothing at all. fit() feeds NumPy
#   arrays through tf.data, whose autotuning thread sleeps 10 ms, then 20, 40, ... up to a minute. Where a new epoch drops
#   the iterator of the one before, it now and then waits for that sleep to end: the time from one epoch's start to the next
#   is then 10 ms times a power of 2: 2.56, 5.12, 10.24, 20.48, 40.96 s. A dataset whose autotune is off is never late.
# Who meets it: everyone who trains with fit() and compares epochs; the longer an epoch, the longer the sleep. With two
#   cores and a convolutional network half of the epochs were late: 22 s of work took 41 s.
# Output seen (2 cores; seconds of 60 epochs):
#   arrays: median 1.16, 3 late, the latest 2.64 with 0.8 cores busy
#   autotune off: median 1.04, 0 late
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" tensorflow-cpu==2.21.0 keras==3.15.1
cat >"$folder/epochs.py" <<'PY'
"""Time the epochs of a dense network, and count those that waited: half as long again, and idle."""
import os
import statistics
import sys
import time

os.environ.update(KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="2")
import keras
import numpy as np
import tensorflow as tf

STEPS, EPOCHS = 200, 60
x, y = np.zeros((STEPS * 128, 256), "float32"), np.zeros((STEPS * 128, 1), "float32")
dense = [keras.layers.Dense(1024, activation="relu") for _ in range(2)]
model = keras.Sequential([keras.Input((256,)), *dense, keras.layers.Dense(1)])
model.compile(optimizer="sgd", loss="mse")
found = []


class Clock(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        self.wall, self.cpu = time.perf_counter(), time.process_time()

    def on_epoch_end(self, epoch, logs=None):
        wall = time.perf_counter() - self.wall
        found.append((wall, (time.process_time() - self.cpu) / wall))


if sys.argv[1:] == ["off"]:
    options = tf.data.Options()
    options.autotune.enabled = False
    rows = tf.data.Dataset.from_tensor_slices((x, y)).batch(128).prefetch(2).with_options(options)
    model.fit(rows, epochs=EPOCHS, verbose=0, callbacks=[Clock()])
else:
    model.fit(x, y, batch_size=128, epochs=EPOCHS, verbose=0, callbacks=[Clock()])
median, cores = (statistics.median(values) for values in zip(*found[1:]))
late = [(wall, busy) for wall, busy in found[1:] if wall > 1.4 * median and busy < 0.75 * cores]
words = f"median {median:.2f}, {len(late)} late"
if late:
    words += ", the latest {:.2f} with {:.1f} cores busy".format(*max(late))
print(words)
PY
echo "arrays: $(env/bin/python epochs.py 2>/dev/null)" | tee seen
echo "autotune off: $(env/bin/python epochs.py off 2>/dev/null)" | tee -a seen
grep -qE "^arrays: .* [1-9][0-9]* late" seen
grep -qE "^autotune off: .* 0 late" seen
