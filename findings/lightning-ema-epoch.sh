#!/usr/bin/env bash
# In short: Lightning's EMAWeightAveraging(update_starting_at_epoch=3) averages from the first step on.
# Library: Lightning 2.6.6 with PyTorch 2.15.0 on a CPU, callbacks.EMAWeightAveraging.
# One would expect: with update_starting_at_epoch=3 the weights of epochs 0, 1 and 2 do not enter the average, as
#   with update_starting_at_step, which holds back the updates before that step.
# Behaviour: the argument holds nothing back: an update after a step asks for the step alone. It adds one more
#   update at the end of each epoch from epoch 3 on, so that the last weights of an epoch count twice.
# Who meets it: who starts averaging after a warm-up of some epochs: the early weights, which the argument is there
#   to leave out, are in the average, and only its decay takes them out again.
# Output seen (updates of the average in epochs 0, 1, 2, 3, 4 of two steps each):
#   update_starting_at_step=6: 0 0 0 2 2
#   update_starting_at_epoch=3: 2 2 2 3 3
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" lightning==2.6.6 torch==2.15.0 numpy==2.5.5
cat >"$folder/epochs.py" <<'PY'
"""Count how often EMAWeightAveraging updates its average in each epoch."""
import logging
import warnings

import torch
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import EMAWeightAveraging

warnings.filterwarnings("ignore")
for name in ("lightning.pytorch", "lightning.fabric"):
    logging.getLogger(name).setLevel(logging.ERROR)


class Model(LightningModule):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))

    def training_step(self, batch, _):
        return (self.weight * batch[0]).mean()

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 1.0)


class Counted(EMAWeightAveraging):
    updates = None

    def should_update(self, step_idx=None, epoch_idx=None):
        update = super().should_update(step_idx, epoch_idx)
        self.updates[self.trainer.current_epoch] += update
        return update

    def setup(self, trainer, pl_module, stage):
        super().setup(trainer, pl_module, stage)
        self.trainer, self.updates = trainer, [0] * 5


data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.ones(4, 1)), batch_size=2)
for name, start in (("update_starting_at_step", 6), ("update_starting_at_epoch", 3)):
    average = Counted(decay=0.9, **{name: start})
    Trainer(
        accelerator="cpu", max_epochs=5, callbacks=[average], logger=False, enable_checkpointing=False,
        enable_progress_bar=False, enable_model_summary=False,
    ).fit(Model(), data)
    print(f"{name}={start}:", *average.updates)
PY
"$folder/env/bin/python" "$folder/epochs.py" 2>"$folder/log" | tee "$folder/seen"
cmp -s "$folder/seen" - <<'SEEN' || { cat "$folder/log" >&2; echo "the behaviour has changed" >&2; exit 1; }
update_starting_at_step=6: 0 0 0 2 2
update_starting_at_epoch=3: 2 2 2 3 3
SEEN
