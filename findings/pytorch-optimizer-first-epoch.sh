#!/usr/bin/env bash
# In short: pytorch_optimizer's REXScheduler has a rate of 0 in the first epoch, where its schedule is highest.
# Library: pytorch_optimizer 4.1.0 with PyTorch 2.15.0 on a CPU, REXScheduler, CosineAnnealingWarmupRestarts.
# One would expect: used as each scheduler of PyTorch (optimizer.step(), then scheduler.step()) the first step or
#   epoch has max_lr, as the formula (1 - t) / (1 - t/2) has 1 at t = 0, and get_lr() says; with warmup_steps=0 the
#   same of CosineAnnealingWarmupRestarts.
# Behaviour: both set the rate to min_lr (0 of REX) once they are made, after the first value was set, and begin
#   with their second value at the first call. The first step is taken at min_lr.
# Who meets it: who steps the schedule once an epoch: a whole epoch is computed at a rate of 0, which is the one
#   that should have gone farthest. The last value of the schedule is there as ever, so that nothing looks moved.
# Output seen (rates in five epochs, max_lr=1):
#   REX by its formula 1.00 0.89 0.75 0.57 0.33
#   REXScheduler 0.00 0.89 0.75 0.57 0.33
#   cosine by its formula 1.00 0.90 0.65 0.35 0.10
#   CosineAnnealingWarmupRestarts 0.00 0.90 0.65 0.35 0.10
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" pytorch_optimizer==4.1.0 torch==2.15.0 numpy==2.5.5
cat >"$folder/rates.py" <<'PY'
"""Print the rates that two schedules give an optimiser in five epochs, beside their formulas."""
import math

import torch
from pytorch_optimizer.lr_scheduler import CosineAnnealingWarmupRestarts, REXScheduler


def rates(make):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler, seen = make(optimizer), []
    for _ in range(5):
        seen.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return " ".join(f"{rate:.2f}" for rate in seen)


times = [epoch / 5 for epoch in range(5)]
print("REX by its formula", *(f"{(1 - t) / (1 - t / 2):.2f}" for t in times))
print("REXScheduler", rates(lambda optimizer: REXScheduler(optimizer, total_steps=5, max_lr=1.0)))
print("cosine by its formula", *(f"{(1 + math.cos(math.pi * t)) / 2:.2f}" for t in times))
print(
    "CosineAnnealingWarmupRestarts",
    rates(lambda optimizer: CosineAnnealingWarmupRestarts(optimizer, first_cycle_steps=5, max_lr=1.0, min_lr=0.0)),
)
PY
"$folder/env/bin/python" "$folder/rates.py" 2>"$folder/log" | tee "$folder/seen"
cmp -s "$folder/seen" - <<'SEEN' || { cat "$folder/log" >&2; echo "the behaviour has changed" >&2; exit 1; }
REX by its formula 1.00 0.89 0.75 0.57 0.33
REXScheduler 0.00 0.89 0.75 0.57 0.33
cosine by its formula 1.00 0.90 0.65 0.35 0.10
CosineAnnealingWarmupRestarts 0.00 0.90 0.65 0.35 0.10
SEEN
