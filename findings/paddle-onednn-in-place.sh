#!/usr/bin/env bash
# In short: In a static PaddlePaddle program with oneDNN a value that two operations read is wrong for the second.
# Library: PaddlePaddle 3.3.1 (CPU), a static program with oneDNN (FLAGS_use_onednn=1).
# One would expect: the flag changes how fast a program is, and results by rounding at most.
# Behaviour: a value that two operations read is wrong for the second of them. The pass that lets an operation overwrite what it
#   reads takes square(g) to be the last reader of g, but the division, which oneDNN computes, reads g after it and finds
#   its square. There is no error. Without the flag, or with FLAGS_pir_apply_inplace_pass=0, the result is right.
# Who meets it: everyone who writes an update with the square of a gradient (RMSprop, Adadelta, clipping by norm) or any
#   g / f(g) in a static program on the CPU, where oneDNN is what makes convolutions fast.
# Output seen (g / (sqrt(g^2) + 1) of g = 2 -4 6 -8):
#   plain 0.6667 -0.8 0.8571 -0.8889
#   onednn 1.333 3.2 5.143 7.111
#   onednn, nothing in place 0.6667 -0.8 0.8571 -0.8889
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" paddlepaddle==3.3.1 numpy==2.5.5 setuptools==84.2.1
cat >"$folder/divide.py" <<'PY'
"""Divide g by sqrt(g^2) + 1 in a static program."""
import numpy as np
import paddle
from paddle import static

paddle.enable_static()
program = static.Program()
with static.program_guard(program, static.Program()):
    g = static.data("x", [4], "float32") * 2.0
    out = g / (paddle.sqrt(paddle.square(g)) + 1.0)
x = np.array([1, -2, 3, -4], "float32")
(found,) = static.Executor().run(program, feed={"x": x}, fetch_list=[out])
print(*(f"{value:.4g}" for value in found))
PY
run() { HOME="$folder" "$@" "$folder/env/bin/python" "$folder/divide.py" 2>/dev/null | tail -n 1; }
{
    echo "plain $(run env FLAGS_use_onednn=0)"
    echo "onednn $(run env FLAGS_use_onednn=1)"
    echo "onednn, nothing in place $(run env FLAGS_use_onednn=1 FLAGS_pir_apply_inplace_pass=0)"
} | tee "$folder/seen"
cmp -s "$folder/seen" - <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
plain 0.6667 -0.8 0.8571 -0.8889
onednn 1.333 3.2 5.143 7.111
onednn, nothing in place 0.6667 -0.8 0.8571 -0.8889
SEEN
