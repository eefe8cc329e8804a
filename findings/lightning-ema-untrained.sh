#!/usr/bin/env bash
# In short: If training ends before Lightning's EMAWeightAveraging begins, fit() puts the untrained weights back.
# Library: Lightning 2.6.6 with PyTorch 2.15.0 on a CPU, callbacks.EMAWeightAveraging(update_starting_at_step=...).
# One would expect: where no average has been taken yet, there is nothing to put in the model's place: it keeps the
#   weights that it was trained to.
# Behaviour: the average is a copy of the model from before the training until its first update. At the end of fit()
#   it is copied to the model all the same: all training is lost.
#   (Issue 21724 names the same of validation, which tests the untrained copy until then.)
# Who meets it: a trial run of few epochs, early stopping, or a smaller data set with update_starting_at_step as
#   before. Training losses look as ever; the model that is left is the random one.
# Output seen (a weight that each of 10 steps makes one larger):
#   averaging from step 8 on: 9.1
#   averaging from step 100 on: 0.0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" lightning==2.6.6 torch==2.15.0 numpy==2.5.5
cat >"$folder/late.py" <<'PY'
"""Train a weight that each step makes one larger, with an average that starts early or late, and print it."""
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
        return -(self.weight * batch[0]).mean()

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 1.0)


data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.ones(10, 1)), batch_size=1)
for start in (8, 100):
    model = Model()
    Trainer(
        accelerator="cpu", max_epochs=1, callbacks=[EMAWeightAveraging(decay=0.9, update_starting_at_step=start)],
        logger=False, enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False,
    ).fit(model, data)
    print(f"averaging from step {start} on: {model.weight.item():.1f}")
PY
"$folder/env/bin/python" "$folder/late.py" 2>"$folder/log" | tee "$folder/seen"
cmp -s "$folder/seen" - <<'SEEN' || { cat "$folder/log" >&2; echo "the behaviour has changed" >&2; exit 1; }
averaging from step 8 on: 9.1
averaging from step 100 on: 0.0
SEEN
