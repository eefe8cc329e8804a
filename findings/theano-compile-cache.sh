#!/usr/bin/env bash
# In short: Theano compiles some operations again in every process, whatever its cache holds.
# Library: Theano 1.0.5, the last release (Python 3.8, NumPy 1.21.6, g++).
# One would expect: what one process has compiled to C++ and kept in its cache on disk, the next process finds there,
#   and compiles nothing.
# Behaviour: a module of an operation without properties (`__props__ = ()`: Alloc, Softmax, SoftmaxGrad, DeepCopyOp,
#   with a BLAS also Dot22) is compiled again in every process. The key of a module lists the properties of its
#   operations among their version numbers, where an empty entry means "has no version, never keep it". Elemwise,
#   Subtensor and others are found. DimShuffle is kept, but never found: its key holds Python's hash of a text, which
#   differs from process to process (not with PYTHONHASHSEED=0, nor in the forks of one process).
# Who meets it: everyone who starts many short trainings; a network of dense layers pays some ten seconds of g++
#   in each process.
# Output seen:
#   process 1 compiled: Alloc DimShuffle Elemwise Shape_i Softmax SoftmaxGrad Subtensor
#   process 2 compiled: Alloc DimShuffle Softmax SoftmaxGrad
#   two with PYTHONHASHSEED=0, the second: Alloc Softmax SoftmaxGrad
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.8}" "$folder/env"
uv pip install --quiet --python "$folder/env" Theano==1.0.5 numpy==1.21.6 scipy==1.7.3 six==1.17.0
cat >"$folder/compile.py" <<'PY'
"""Compile a softmax layer's gradient, and print the operations that became C++ in this process."""
import sys

import theano
import theano.tensor as T
from theano.gof.cc import CLinker

compiled, compile_cmodule = set(), CLinker.compile_cmodule


def noted(linker, *arguments, **options):
    compiled.update(type(node.op).__name__ for node in linker.node_order)
    return compile_cmodule(linker, *arguments, **options)


CLinker.compile_cmodule = noted
x = T.fmatrix()
probabilities = T.nnet.softmax(x)
theano.function([x], [T.grad(T.sum(probabilities**2), x), T.zeros_like(x) + x[0, 0]])
print(" ".join(sorted(compiled)))
PY
run() {
    THEANORC=/dev/null THEANO_FLAGS="device=cpu,floatX=float32,base_compiledir=$folder/compiled,blas.ldflags=" \
        "$folder/env/bin/python" "$folder/compile.py" 2>/dev/null | tail -n 1
}
first=$(run)
second=$(run)
echo "process 1 compiled: $first"
echo "process 2 compiled: $second"
export PYTHONHASHSEED=0
run >"$folder/seeded" && seeded=$(run)
echo "two with PYTHONHASHSEED=0, the second: $seeded"
again="Alloc Softmax SoftmaxGrad"
[ "$second" = "${again/Alloc/Alloc DimShuffle}" ] && [ "$seeded" = "$again" ] || { echo "the behaviour has changed" >&2; exit 1; }
