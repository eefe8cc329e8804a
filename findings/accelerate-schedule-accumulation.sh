#!/usr/bin/env bash
# In short: With gradient accumulation over 4 batches Accelerate takes a schedule a quarter of its way only.
# Library: Accelerate 1.15.0 with PyTorch 2.15.0 on a CPU, one process, Accelerator.prepare(scheduler).
# One would expect: "when performing gradient accumulation scheduler lengths should not be changed accordingly,
#   Accelerate will always step the scheduler to account for it": a schedule as long as there are batches ends at
#   its last value after the last batch, however many batches make one step. So Accelerate's examples set it up.
# Behaviour: the scheduler is stepped once for each step of the optimiser.
#   GradientAccumulationPlugin(adjust_scheduler=True), which is documented as the default, should account for the
#   other batches, but is lost on its way (open pull request 4262) and changes nothing here. A linear decay over all
#   batches ends at three quarters of its first rate.
# Who meets it: everyone who sets up a warm-up and a decay as documented and accumulates gradients: the warm-up is
#   four times as long, and the decay is broken off at a rate at which the training is still noisy.
# Output seen (rate after the last of 40 batches, of a linear decay from 1 to 0 in 40 steps):
#   1 batch a step: 0.00
#   2 batches a step: 0.50
#   4 batches a step: 0.75
#   4 batches a step, adjust_scheduler=True: 0.75
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" accelerate==1.15.0 torch==2.15.0 numpy==2.5.5
cat >"$folder/rates.py" <<'PY'
"""Train 40 batches with a linear decay over 40 steps, and print the last rate, for some numbers of batches a step."""
import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState, GradientState
from accelerate.utils import GradientAccumulationPlugin


def last_rate(**arguments):
    AcceleratorState._reset_state(True)
    GradientState._reset_state()
    accelerator = Accelerator(cpu=True, **arguments)
    model = torch.nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.ones(80, 1)), batch_size=2)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=1.0, end_factor=0.0, total_iters=len(data))
    model, optimizer, data, schedule = accelerator.prepare(model, optimizer, data, schedule)
    for (batch,) in data:
        with accelerator.accumulate(model):
            accelerator.backward(model(batch).mean() * 1e-3)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
    return f"{schedule.get_last_lr()[0]:.2f}"


print("1 batch a step:", last_rate())
print("2 batches a step:", last_rate(gradient_accumulation_steps=2))
print("4 batches a step:", last_rate(gradient_accumulation_steps=4))
plugin = GradientAccumulationPlugin(num_steps=4, adjust_scheduler=True)
print("4 batches a step, adjust_scheduler=True:", last_rate(gradient_accumulation_plugin=plugin))
PY
"$folder/env/bin/python" "$folder/rates.py" 2>"$folder/log" | tee "$folder/seen"
cmp -s "$folder/seen" - <<'SEEN' || { cat "$folder/log" >&2; echo "the behaviour has changed" >&2; exit 1; }
1 batch a step: 0.00
2 batches a step: 0.50
4 batches a step: 0.75
4 batches a step, adjust_scheduler=True: 0.75
SEEN
