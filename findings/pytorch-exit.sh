#!/usr/bin/env bash
# In short: A process that has imported PyTorch takes a second to end, and so does each fork of it.
# Library: PyTorch 2.15.0 (Python 3.12, Linux).
# One would expect: a process that has imported torch ends within milliseconds of its last statement, a fork of it, too.
# Behaviour: ending takes a second, a third of what the import took, in the process as in a fork of it: Python frees
#   all objects of some two thousand modules one by one.
# Who meets it: everyone who starts many short processes, or forks workers from one that has imported PyTorch: each
#   of them spends more on its end than on small work. os._exit() after the functions of atexit avoids it.
# Output seen:
#   process: 0.99 s from the last statement to the end
#   fork: 1.03 s from the last statement to the end
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.12}" "$folder/env"
uv pip install --quiet --python "$folder/env" torch==2.15.0 triton==3.9.0 numpy==2.5.5
"$folder/env/bin/python" - <<'PY'
import subprocess
import sys
import time

PROGRAM = """
import os, sys, time
import torch, torch._dynamo
child = os.fork() if sys.argv[1] == "fork" else 0
if child:
    os.waitpid(child, 0)
    print(time.time())
    sys.stdout.flush()
    os._exit(0)
print(time.time())
sys.stdout.flush()
"""
seconds = {}
for way in ("process", "fork", "process", "fork"):  # the first of each warms up
    done = subprocess.run([sys.executable, "-c", PROGRAM, way], capture_output=True, text=True, check=True)
    ended = time.time()
    stamps = [float(line) for line in done.stdout.split()]
    seconds[way] = (stamps[1] if way == "fork" else ended) - stamps[0]
    print(f"{way}: {seconds[way]:.2f} s from the last statement to the end")
sys.exit("the behaviour has changed" if min(seconds.values()) < 0.1 else 0)
PY
