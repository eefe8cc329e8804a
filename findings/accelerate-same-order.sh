#!/usr/bin/env bash
# In short: With use_seedable_sampler=True an epoch that is broken off is followed by the same one: the same batches.
# Library: Accelerate 1.15.0 with PyTorch 2.15.0 on a CPU, DataLoaderConfiguration(use_seedable_sampler=True).
# One would expect: each pass over a shuffled loader has another order, as without Accelerate and as with
#   use_seedable_sampler=False; the argument makes the orders follow from the seed and the number of the pass.
# Behaviour: the passes are counted when they have come to their end. A loop that leaves a pass by break (a fixed number
#   of steps an epoch) gets the same order again in each pass: it trains on the first batches of one order, and never
#   sees the rest of the data. loader.set_epoch(n) before each pass avoids it.
# Who meets it: who bounds the steps of an epoch, or evaluates every n steps by breaking off, and asks for repeatable
#   orders: most of the data is never trained on.
# Output seen (20 passes of 4 batches of 5 of 100 samples):
#   use_seedable_sampler=False: 98 samples seen
#   use_seedable_sampler=True: 20 samples seen
#   use_seedable_sampler=True, set_epoch: 99 samples seen
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" accelerate==1.15.0 torch==2.15.0 numpy==2.5.5
cat >"$folder/orders.py" <<'PY'
"""Count the samples that 20 passes of four batches see, without and with a seedable sampler."""
import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState, GradientState
from accelerate.utils import DataLoaderConfiguration, set_seed


def seen(seedable, count=False):
    AcceleratorState._reset_state(True)
    GradientState._reset_state()
    set_seed(0)
    accelerator = Accelerator(cpu=True, dataloader_config=DataLoaderConfiguration(use_seedable_sampler=seedable))
    data = torch.utils.data.TensorDataset(torch.arange(100))
    loader = accelerator.prepare(torch.utils.data.DataLoader(data, batch_size=5, shuffle=True))
    samples = set()
    for epoch in range(20):
        if count:
            loader.set_epoch(epoch)
        for step, (batch,) in enumerate(loader, start=1):
            samples.update(batch.tolist())
            if step == 4:
                break
    return f"{len(samples)} samples seen"


print("use_seedable_sampler=False:", seen(False))
print("use_seedable_sampler=True:", seen(True))
print("use_seedable_sampler=True, set_epoch:", seen(True, count=True))
PY
"$folder/env/bin/python" "$folder/orders.py" 2>"$folder/log" | tee "$folder/seen"
awk -F': ' '$1 ~ /set_epoch|False/ { bad += $2 + 0 < 90 } $1 ~ /True$/ { bad += $2 != "20 samples seen" }
    END { exit bad || NR != 3 }' "$folder/seen" ||
    { cat "$folder/log" >&2; echo "the behaviour has changed" >&2; exit 1; }
