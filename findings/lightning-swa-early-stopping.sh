#!/usr/bin/env bash
# In short: With early stopping Lightning's StochasticWeightAveraging keeps its average to itself, without a word.
# Library: Lightning 2.6.6 with PyTorch 2.15.0 on a CPU, callbacks.StochasticWeightAveraging with EarlyStopping.
# One would expect: fit() ends with the averaged weights in the model, whether all epochs were run or an earlier one was
#   the last: the average has been taken since the second epoch.
# Behaviour: the average is put into the model only after the epoch that was planned as the last. Where EarlyStopping
#   ends the training before that, it is dropped, and the model has the last weights.
# Who meets it: who averages and stops early, as both are there to generalise better: the learning rate is that of
#   weight averaging, the weights are not averaged, and no message says so.
# Output seen (a weight that each epoch makes one larger, averaged from the second epoch on):
#   5 of 5 epochs: 2.5
#   stopped after 5 of 10 epochs: 5.0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" lightning==2.6.6 torch==2.15.0 numpy==2.5.5
cat >"$folder/stopped.py" <<'PY'
"""Train a weight for five epochs with stochastic weight averaging, all that are planned or half of them."""
import logging
import warnings

import torch
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import EarlyStopping, StochasticWeightAveraging

warnings.filterwarnings("ignore")
for name in ("lightning.pytorch", "lightning.fabric"):
    logging.getLogger(name).setLevel(logging.ERROR)


class Model(LightningModule):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))

    def training_step(self, batch, _):
        loss = -(self.weight * batch[0]).mean()
        self.log("loss", loss, on_step=False, on_epoch=True)
        return loss

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 1.0)


data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.ones(4, 1)), batch_size=4)
for name, epochs in (("5 of 5 epochs", 5), ("stopped after 5 of 10 epochs", 10)):
    model = Model()
    stop = EarlyStopping("loss", stopping_threshold=-3.5, check_on_train_epoch_end=True)
    trainer = Trainer(
        accelerator="cpu", max_epochs=epochs, callbacks=[StochasticWeightAveraging(1.0, swa_epoch_start=2), stop],
        logger=False, enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False,
    )
    trainer.fit(model, data)
    assert trainer.current_epoch == 5
    print(f"{name}: {model.weight.item():.1f}")
PY
"$folder/env/bin/python" "$folder/stopped.py" 2>"$folder/log" | tee "$folder/seen"
cmp -s "$folder/seen" - <<'SEEN' || { cat "$folder/log" >&2; echo "the behaviour has changed" >&2; exit 1; }
5 of 5 epochs: 2.5
stopped after 5 of 10 epochs: 5.0
SEEN
