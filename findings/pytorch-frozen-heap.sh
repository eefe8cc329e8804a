#!/usr/bin/env bash
# In short: gc.freeze() before fork() makes each child print two dozen warnings of leaks, where PyTorch has loaded
#   Triton.
# Library: PyTorch 2.15.0 with Triton 3.9.0 (Python 3.12, Linux).
# One would expect: gc.freeze() after the imports and before fork(), as Python's documentation of the gc module advises
#   for processes that fork many children, changes nothing but memory: the children print nothing more than before.
# Behaviour: each child prints two dozen lines on stderr when it ends, that nanobind, with which Triton is bound, has
#   leaked instances, types and functions: frozen objects are not collected at the end. The exit status stays 0.
# Who meets it: servers that load PyTorch once and fork (preloading web servers, pools of workers): their logs fill
#   with warnings of leaks that are none. `import torch` alone does not import Triton; torch._dynamo does, and with
#   it the first optimiser.
# Output seen:
#   as it is: exit status 0, 0 lines about leaks
#   freeze: exit status 0, 24 lines about leaks
#     nanobind: leaked 4 instances!
#     nanobind: leaked 64 types!
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" torch==2.15.0 triton==3.9.0 numpy==2.5.5
"$folder/env/bin/python" - <<'PY'
import subprocess
import sys

PROGRAM = """
import gc, os, sys
import torch, torch._dynamo
if sys.argv[1] == "freeze":
    gc.collect()
    gc.freeze()
child = os.fork()
if child:
    _, status = os.waitpid(child, 0)
    os._exit(os.waitstatus_to_exitcode(status))
"""
lines = {}
for way in ("as it is", "freeze"):
    done = subprocess.run([sys.executable, "-c", PROGRAM, way], capture_output=True, text=True, check=False)
    lines[way] = [line for line in done.stderr.splitlines() if "leak" in line]
    print(f"{way}: exit status {done.returncode}, {len(lines[way])} lines about leaks", *lines[way][:2], sep="\n  ")
sys.exit("the behaviour has changed" if lines["as it is"] or not lines["freeze"] else 0)
PY
