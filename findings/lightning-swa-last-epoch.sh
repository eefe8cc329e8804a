#!/usr/bin/env bash
# In short: Lightning's StochasticWeightAveraging throws the last epoch away: its weights never enter the average.
# Library: Lightning 2.6.6 with PyTorch 2.15.0 on a CPU, callbacks.StochasticWeightAveraging.
# One would expect: of 10 epochs with swa_epoch_start=8 ("the procedure will start from the swa_epoch_start-th
#   epoch") the average is that of the weights after epochs 8, 9 and 10, as the example of torch.optim.swa_utils,
#   which it follows, takes it after each epoch.
# Behaviour: the weights are taken when an epoch begins, so after epochs 7, 8 and 9. The tenth epoch is trained, and
#   its weights are overwritten by the average without having been in it. With max_epochs=1 the model leaves fit()
#   with the weights that it had before.
# Who meets it: everyone who averages with it: one epoch of training is for nothing, and a short fine-tuning of one
#   epoch changes nothing at all, while its loss goes down.
# Output seen (a weight that each epoch makes one larger):
#   10 epochs, averaged from the 8th on: 8.0, the mean of 7, 8 and 9
#   1 epoch: 0.0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" lightning==2.6.6 torch==2.15.0 numpy==2.5.5
cat >"$folder/last.py" <<'PY'
"""Train a weight that each epoch makes one larger, with stochastic weight averaging, and print it."""
import logging
import warnings

import torch
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import StochasticWeightAveraging

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


data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.ones(4, 1)), batch_size=4)


def train(epochs, **arguments):
    model = Model()
    Trainer(
        accelerator="cpu", max_epochs=epochs, callbacks=[StochasticWeightAveraging(swa_lrs=1.0, **arguments)],
        logger=False, enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False,
    ).fit(model, data)
    return model.weight.item()


print(f"10 epochs, averaged from the 8th on: {train(10, swa_epoch_start=8)}, the mean of 7, 8 and 9")
print(f"1 epoch: {train(1)}")
PY
"$folder/env/bin/python" "$folder/last.py" 2>"$folder/log" | tee "$folder/seen"
cmp -s "$folder/seen" - <<'SEEN' || { cat "$folder/log" >&2; echo "the behaviour has changed" >&2; exit 1; }
10 epochs, averaged from the 8th on: 8.0, the mean of 7, 8 and 9
1 epoch: 0.0
SEEN
