#!/usr/bin/env bash
# In short: Jittor's Adam counts backward passes as steps, so its steps change where gradients are accumulated.
# Library: Jittor 1.3.11.0 on a CPU (Python 3.10, NumPy 1.26.4, g++), optim.Adam and AdamW, optimizer.backward(loss).
# One would expect: accumulation as the documentation of Optimizer.backward has it, ten times backward(loss / 10) and
#   one step(), is one step with the mean of ten gradients: with a gradient that is always 1 each step is one rate
#   long.
# Behaviour: the number of the step, with which Adam takes the bias from its means, is raised by backward(). With ten
#   passes for each step the first step is 0.48 rates long, the fifth 1.29. AdamW counts so, too.
# Who meets it: everyone who accumulates gradients with Jittor, as its documentation shows it.
# Output seen (length of the first five steps, in rates):
#   Adam, backward passes for each step 1: 1.00 1.00 1.00 1.00 1.00
#   Adam, backward passes for each step 10: 0.48 0.68 0.89 1.09 1.29
#   AdamW, backward passes for each step 1: 1.00 1.00 1.00 1.00 1.00
#   AdamW, backward passes for each step 10: 0.48 0.68 0.89 1.09 1.29
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.10}" "$folder/env"
uv pip install --quiet --python "$folder/env" jittor==1.3.11.0 numpy==1.26.4 setuptools==75.8.0
cat >"$folder/steps.py" <<'PY'
"""Print how far a weight goes in each step, with and without accumulation."""
import jittor as jt

for kind in jt.optim.Adam, jt.optim.AdamW:
    for passes in 1, 10:
        weight = jt.zeros(1)
        optimizer = kind([weight], lr=0.1)
        steps = []
        for _ in range(5):
            before = weight.item()
            for _ in range(passes):
                optimizer.backward(weight.sum() / passes)
            optimizer.step()
            steps.append(f"{(before - weight.item()) / 0.1:.2f}")
        print(f"{kind.__name__}, backward passes for each step {passes}:", *steps)
PY
# Jittor compiles itself with g++ when it is first imported, for four minutes or so.
bin=$("$folder/env/bin/python" -c 'import sysconfig; print(sysconfig.get_config_var("BINDIR"))')
export JITTOR_HOME="$folder" python_config_path="$bin/python3-config" use_mkl=0 use_mpi=0 nvcc_path=""
"$folder/env/bin/python" "$folder/steps.py" >"$folder/log" 2>&1 || { tail "$folder/log" >&2; exit 1; }
grep "^Adam" "$folder/log" | tee "$folder/seen"
cmp -s "$folder/seen" - <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
Adam, backward passes for each step 1: 1.00 1.00 1.00 1.00 1.00
Adam, backward passes for each step 10: 0.48 0.68 0.89 1.09 1.29
AdamW, backward passes for each step 1: 1.00 1.00 1.00 1.00 1.00
AdamW, backward passes for each step 10: 0.48 0.68 0.89 1.09 1.29
SEEN
