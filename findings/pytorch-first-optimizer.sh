#!/usr/bin/env bash
# In short: The first optimiser that is made imports a thousand modules, and takes seconds.
# Library: PyTorch 2.15.0 (Python 3.12, Linux).
# One would expect: after `import torch`, making an optimiser of a tiny network takes microseconds, the first like
#   the second.
# Behaviour: the first one takes seconds: it imports torch._dynamo and with it a thousand modules (sympy, the
#   symbolic shapes, distributed tensors), though nothing is compiled. The second takes less than a millisecond.
# Who meets it: everyone who times the building of a network, or starts many short trainings. torchvision imports
#   torch._dynamo, too, so that dropping an unused `import torchvision` moves these seconds into the optimiser.
# Output seen:
#   first optimiser: 9.9460 s, 908 modules imported (files not in memory; 2.5 s the next time)
#   second optimiser: 0.0002 s, 0 modules imported
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" torch==2.15.0 numpy==2.5.5
"$folder/env/bin/python" - <<'PY'
import sys
import time

import torch

layer, seconds, modules = torch.nn.Linear(3, 3), [], []
for name in ("first", "second"):
    before, start = set(sys.modules), time.perf_counter()
    torch.optim.RMSprop(layer.parameters())
    seconds.append(time.perf_counter() - start)
    modules.append(len(set(sys.modules) - before))
    print(f"{name} optimiser: {seconds[-1]:.4f} s, {modules[-1]} modules imported")
changed = "torch._dynamo" not in sys.modules or modules[0] < 100 or modules[1] > 0
sys.exit("the behaviour has changed" if changed else 0)
PY
