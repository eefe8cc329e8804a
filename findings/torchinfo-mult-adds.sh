#!/usr/bin/env bash
# In short: torchinfo's mult-adds of a linear layer leave out a sequence's length, and an Embedding counts as a product.
# Library: torchinfo 1.8.0, the last release, with PyTorch 2.15.0 on a CPU (Python 3.12), summary(), total_mult_adds.
# One would expect: the multiplications and additions of the layers' products, "for the full tensor": of a linear layer
#   on a sequence one product for each of its places, of an Embedding, which looks rows up, none.
# Behaviour: each layer but convolutions and recurrent ones gets its number of weights times the number of samples. A
#   linear layer on 512 places gets a 512th of its work, and a Transformer with it; an Embedding gets all its weights
#   for each sample, which can be more than the rest of the network. A transposed convolution of strides 2 gets four
#   times its work, as it is taken for a convolution. There is no warning.
# Who meets it: whoever prints the size and cost of a network that reads text for a paper.
# Output seen (mult-adds counted, in parts of the true ones; one sample):
#   Linear: 1.000
#   Linear on 512 places: 0.002
#   Conv2d: 1.000
#   ConvTranspose2d, strides 2: 4.000
#   LSTM on 512 places: 1.000
#   TransformerEncoderLayer on 512 places: 0.001
#   Embedding of 50000 words, 512 places: 25.6 million, where there are none
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" torchinfo==1.8.0 torch==2.15.0 numpy==2.5.5
cat >"$folder/count.py" <<'PY'
"""Print torchinfo's mult-adds of layers, in parts of the true ones."""
import torch
import torchinfo
from torch import nn

PLACES, SIZE, HIDDEN = 512, 256, 1024


def counted(layer, x):
    """Ask torchinfo."""
    return torchinfo.summary(layer, input_data=x, verbose=0).total_mult_adds


images, text = torch.ones(1, 64, 14, 14), torch.ones(1, PLACES, SIZE)
for name, layer, x, true in (
    ("Linear", nn.Linear(SIZE, SIZE, bias=False), text[:, 0], SIZE * SIZE),
    (f"Linear on {PLACES} places", nn.Linear(SIZE, SIZE, bias=False), text, PLACES * SIZE * SIZE),
    ("Conv2d", nn.Conv2d(64, 64, 4, 2, 1, bias=False), images, 7 * 7 * 4 * 4 * 64 * 64),
    ("ConvTranspose2d, strides 2", nn.ConvTranspose2d(64, 64, 4, 2, 1, bias=False), images, 14 * 14 * 4 * 4 * 64 * 64),
    (f"LSTM on {PLACES} places", nn.LSTM(SIZE, SIZE, batch_first=True, bias=False), text, PLACES * 4 * SIZE * 2 * SIZE),
    (
        f"TransformerEncoderLayer on {PLACES} places",
        nn.TransformerEncoderLayer(SIZE, 4, HIDDEN, batch_first=True),
        text,
        PLACES * (4 * SIZE * SIZE + 2 * SIZE * HIDDEN + 2 * PLACES * SIZE),
    ),
):
    print(f"{name}: {counted(layer, x) / true:.3f}")
words = counted(nn.Embedding(50000, SIZE * 2), torch.zeros(1, PLACES, dtype=torch.long))
print(f"Embedding of 50000 words, {PLACES} places: {words / 1e6:.1f} million, where there are none")
PY
"$folder/env/bin/python" -W ignore "$folder/count.py" | tee "$folder/seen"
cmp -s "$folder/seen" - <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
Linear: 1.000
Linear on 512 places: 0.002
Conv2d: 1.000
ConvTranspose2d, strides 2: 4.000
LSTM on 512 places: 1.000
TransformerEncoderLayer on 512 places: 0.001
Embedding of 50000 words, 512 places: 25.6 million, where there are none
SEEN
