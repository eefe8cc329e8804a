#!/usr/bin/env bash
# In short: In a static PaddlePaddle program with oneDNN the optimiser SGD changes no weight of a convolution network.
# Library: PaddlePaddle 3.3.1 (CPU), a static program with oneDNN (FLAGS_use_onednn=1), paddle.optimizer.SGD.
# One would expect: the flag changes how fast a step is, and losses by rounding at most.
# Behaviour: the loss stays the same from step to step, without an error: no weight is changed. Momentum with a momentum of 0,
#   the same mathematics, trains as it does without the flag.
# Who meets it: everyone who trains in a static program on the CPU with plain gradient descent and sets the flag for faster
#   convolutions. Only a loss that does not move at all shows it.
# Output seen (losses of the same batch, step after step):
#   SGD, oneDNN 0: 1.5654 1.4543 1.3862 1.3326
#   SGD, oneDNN 1: 1.5654 1.5654 1.5654 1.5654
#   Momentum, oneDNN 0: 1.5654 1.4543 1.3862 1.3326
#   Momentum, oneDNN 1: 1.5654 1.4543 1.3862 1.3326
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" paddlepaddle==3.3.1 numpy==2.5.5 setuptools==84.2.1
cat >"$folder/sgd.py" <<'PY'
"""Train four steps of a small convolution network in a static program, and print the losses."""
import sys

import numpy as np
import paddle
from paddle import nn, static

optimizers = {
    "SGD": lambda: paddle.optimizer.SGD(0.05),
    "Momentum": lambda: paddle.optimizer.Momentum(0.05, momentum=0.0),
}
random = np.random.RandomState(0)
x, y = random.rand(16, 1, 8, 8).astype("float32"), np.arange(16).reshape(-1, 1) % 4
paddle.enable_static()
paddle.seed(1)
program, start = static.Program(), static.Program()
with static.program_guard(program, start):
    images, labels = static.data("x", [-1, 1, 8, 8], "float32"), static.data("y", [-1, 1], "int64")
    maps = nn.functional.relu(nn.Conv2D(1, 8, 3)(images))
    loss = nn.functional.cross_entropy(nn.Linear(8 * 6 * 6, 4)(maps.flatten(1)), labels)
    optimizers[sys.argv[1]]().minimize(loss)
executor = static.Executor()
executor.run(start)
losses = [executor.run(program, feed={"x": x, "y": y}, fetch_list=[loss])[0] for _ in range(4)]
print(*(f"{float(value):.4f}" for value in losses))
PY
losses() { FLAGS_use_onednn=$2 "$folder/env/bin/python" "$folder/sgd.py" "$1" 2>/dev/null | tail -1; }
for optimizer in SGD Momentum; do
    for onednn in 0 1; do
        echo "$optimizer, oneDNN $onednn: $(losses "$optimizer" "$onednn")"
    done
done | tee "$folder/seen"
moved() { awk -F': ' -v run="$1" '$1 == run { split($2, loss, " "); print loss[1] != loss[4] }' "$folder/seen"; }
[ "$(moved "SGD, oneDNN 0")$(moved "SGD, oneDNN 1")$(moved "Momentum, oneDNN 1")" = 101 ] || {
    echo "changed: SGD trains with oneDNN, or nothing does without" >&2
    exit 1
}
