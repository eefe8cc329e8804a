#!/usr/bin/env bash
# In short: ptflops leaves a network in evaluation: trained after it, it has no dropout and learns no batch statistics.
# Library: ptflops 0.7.5 with PyTorch 2.15.0 on a CPU (Python 3.12), get_model_complexity_info().
# One would expect: counting leaves the network as it was, as torchinfo's summary() leaves it: a network that is in
#   training stays so.
# Behaviour: the network is set to evaluation for the count and not set back, with either backend, and the documentation
#   of the function does not say so. A training that follows runs without dropout, and normalises batches by the
#   statistics of no data, mean 0 and variance 1, which stay so.
# Who meets it: whoever prints the cost of a network before training it, and does not call train() again in each epoch:
#   a new network is in training by itself.
# Output seen:
#   before: in training
#   after torchinfo: in training
#   after ptflops, backend pytorch: in evaluation, running mean after a batch of ones 0
#   after ptflops, backend aten: in evaluation, running mean after a batch of ones 0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" ptflops==0.7.5 torchinfo==1.8.0 torch==2.15.0 numpy==2.5.5
cat >"$folder/mode.py" <<'PY'
"""Print in which mode counters leave a network."""
import ptflops
import torch
import torchinfo
from torch import nn


def mode(network):
    """Say in which mode a network is."""
    return "in training" if all(module.training for module in network.modules()) else "in evaluation"


network = nn.Sequential(nn.BatchNorm1d(8), nn.Linear(8, 8), nn.Dropout(0.5))
print(f"before: {mode(network)}")
torchinfo.summary(network, (2, 8), verbose=0)
print(f"after torchinfo: {mode(network)}")
for backend in ("pytorch", "aten"):
    network = nn.Sequential(nn.BatchNorm1d(8), nn.Linear(8, 8), nn.Dropout(0.5))
    ptflops.get_model_complexity_info(network, (8,), print_per_layer_stat=False, backend=backend)
    network(torch.ones(4, 8))
    print(f"after ptflops, backend {backend}: {mode(network)},",
          f"running mean after a batch of ones {network[0].running_mean.mean():g}")
PY
"$folder/env/bin/python" "$folder/mode.py" | tee "$folder/seen"
cmp -s "$folder/seen" - <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
before: in training
after torchinfo: in training
after ptflops, backend pytorch: in evaluation, running mean after a batch of ones 0
after ptflops, backend aten: in evaluation, running mean after a batch of ones 0
SEEN
