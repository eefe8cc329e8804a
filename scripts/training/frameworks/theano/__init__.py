"""Theano, through Keras 2.3.1."""

# Theano is not installed where types are checked: see typings/.
# pyright: reportMissingModuleSource=false

import os
from pathlib import Path
from typing import Any, Callable

from scripts.training.frameworks._shared import c_programs
from scripts.training.frameworks.theano import compile_key, compile_lock
from scripts.training.frameworks.theano.idiomatic import Idiomatic
from scripts.training.frameworks.theano.tuned import Tuned
from scripts.training.frameworks.trainer import Framework

FRAMEWORK = Framework(
    label="Theano",
    colour="#009E73",
    line="-.",
    marker="^",
    devices=("cpu",),  # its GPU back end, libgpuarray, was never ported to current CUDA
    settings=("published", "matched"),
    trainers={"idiomatic": Idiomatic, "tuned": Tuned},
    keras=True,
    compile_cache=True,
    retired=2017,  # announced in September; what came later lets it run with newer NumPy
)


def set_up(threads: int, device: str, precision: str = "float32") -> None:
    """Set the environment of Theano and Keras, and import them; threads are set by OpenMP's variables."""
    os.environ["KERAS_BACKEND"] = "theano"
    os.environ["THEANORC"] = os.devnull  # the user's own settings would differ from machine to machine
    # openmp also for one thread: or every module would be compiled twice.
    flags = ["device=cpu", f"floatX={precision}", "openmp=True", *c_programs.compiler_flags()]
    mkl = c_programs.load_mkl()  # without it Theano looks for a BLAS by itself; facts() reports which
    flags += [f"base_compiledir={compile_cache(precision)}", *([f"blas.ldflags={mkl}"] if mkl else [])]
    os.environ["THEANO_FLAGS"] = ",".join(flags)
    from keras import backend

    compile_key.make_lasting()
    compile_lock.watch()
    backend.set_floatx(precision)
    backend.set_epsilon(1e-7)  # given, because ~/.keras/keras.json may set another


def compile_cache(precision: str = "float32") -> Path:
    """Give the folder of what Theano compiles."""
    return c_programs.cache_folder("theano", precision)


def matrix_product(n: int, device: str) -> Callable[[], Any]:
    """Give the function that multiplies the matrices of the calibration."""
    import theano

    from scripts.training.timing import square_matrices

    a, b = (theano.shared(matrix) for matrix in square_matrices(n))
    return theano.function([], theano.tensor.dot(a, b))


def import_ahead() -> None:
    """Import Theano and Keras, whose threads start with the first program that needs them."""
    set_up(int(os.environ["OMP_NUM_THREADS"]), "cpu")
