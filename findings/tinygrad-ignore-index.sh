#!/usr/bin/env bash
# In short: tinygrad's sparse_categorical_crossentropy leaves out labels of any ignore_index but -1, its default.
# Library: tinygrad 0.14.0 (Python 3.12, its device PYTHON), Tensor.sparse_categorical_crossentropy.
# One would expect: labels that are ignore_index are left out of the mean, as in PyTorch's cross_entropy, to which the
#   documentation points: ignore_index=-1 with labels of -1 gives what ignore_index=-100 with labels of -100 gives.
# Behaviour: -1 means "ignore nothing". A label of -1 is no class, so its loss is 0, but it counts in the mean: where
#   half the labels are padding, the loss and all gradients are half as large. With label_smoothing the outputs at the
#   padding are trained, too.
# Who meets it: everyone who marks padding by -1 and says so, or relies on the default.
# Output seen (two labels alone, then beside two labels that mark padding, and the gradient at those):
#   label_smoothing=0.0:
#     alone 2.3481
#     ignore_index=-100 2.3481, largest gradient at the padding 0.000
#     ignore_index=-1 1.1741, largest gradient at the padding 0.000
#   label_smoothing=0.1:
#     alone 2.2979
#     ignore_index=-100 2.2979, largest gradient at the padding 0.000
#     ignore_index=-1 1.2423, largest gradient at the padding 0.007
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" tinygrad==0.14.0 numpy==2.5.5
cat >"$folder/loss.py" <<'PY'
"""Print the loss of two labels, alone and beside two labels that mark padding."""
import numpy as np
from tinygrad import Tensor

values = np.random.default_rng(0).normal(size=(4, 5)).astype("float32")
for smoothing in 0.0, 0.1:
    print(f"label_smoothing={smoothing}:")
    alone = Tensor(values[:2]).sparse_categorical_crossentropy(Tensor([1, 3]), label_smoothing=smoothing)
    print(f"  alone {alone.item():.4f}")
    for padding in -100, -1:
        logits = Tensor(values)
        loss = logits.sparse_categorical_crossentropy(
            Tensor([1, 3, padding, padding]), ignore_index=padding, label_smoothing=smoothing
        )
        gradient = np.abs(loss.gradient(logits)[0].numpy()[2:]).max()
        print(f"  ignore_index={padding} {loss.item():.4f}, largest gradient at the padding {gradient:.3f}")
PY
DEV=PYTHON XDG_CACHE_HOME="$folder" "$folder/env/bin/python" "$folder/loss.py" 2>/dev/null | tee "$folder/seen"
cmp -s "$folder/seen" - <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
label_smoothing=0.0:
  alone 2.3481
  ignore_index=-100 2.3481, largest gradient at the padding 0.000
  ignore_index=-1 1.1741, largest gradient at the padding 0.000
label_smoothing=0.1:
  alone 2.2979
  ignore_index=-100 2.2979, largest gradient at the padding 0.000
  ignore_index=-1 1.2423, largest gradient at the padding 0.007
SEEN
