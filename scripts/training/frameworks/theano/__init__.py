"""Theano, through Keras 2.3.1."""

# Theano is not installed where types are checked: see typings/.
# pyright: reportMissingModuleSource=false

import ctypes
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any, Callable, List

from scripts.training.frameworks.theano import compile_lock
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
    compile_cache=True,
)


def set_up(threads: int, device: str, precision: str = "float32") -> None:
    """Set the environment of Theano and Keras, and import them; threads are set by OpenMP's variables."""
    os.environ["KERAS_BACKEND"] = "theano"
    os.environ["THEANORC"] = os.devnull  # the user's own settings would differ from machine to machine
    # openmp also for one thread: or every module would be compiled twice.
    flags = ["device=cpu", f"floatX={precision}", "openmp=True"]
    if os.environ.get("CXX"):  # set by the activation of conda's compilers
        flags.append(f"cxx={compiler(os.environ['CXX'])}")
    flags += [f"base_compiledir={compile_cache(precision)}", *mkl_flags()]
    os.environ["THEANO_FLAGS"] = ",".join(flags)
    from keras import backend

    compile_lock.watch()
    backend.set_floatx(precision)
    backend.set_epsilon(1e-7)  # given, because ~/.keras/keras.json may set another


def compile_cache(precision: str = "float32") -> Path:
    """Give the folder of what Theano compiles, for all experiments of this user; Theano locks it itself."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "trainclock" / "theano"
    if precision != "float32":
        cache /= precision  # another lock: both precisions of the parity certificate compile at the same time
    if os.environ.get("CXX"):
        # Its own folder: what a newer compiler made may not load with an older libstdc++.
        cache /= Path(compiler(os.environ["CXX"])).name
    return cache


def compiler(name: str) -> str:
    """Give GCC's own name of a compiler: conda's ...-c++ is its ...-g++.

    Theano compiles for the processor at hand only with a compiler that has g++ in its name.
    """
    gcc = re.sub(r"-c\+\+$", "-g++", name)
    return gcc if shutil.which(gcc) else name


def mkl_flags() -> List[str]:
    """Link Theano's compiled modules to MKL from PyPI, which lies in this environment's lib folder.

    The folder is handed over by LIBRARY_PATH and by loading the library beforehand, not by -L and
    rpath, so that the compiled modules fit every environment of these versions.
    """
    folder = Path(sys.prefix) / "lib"
    library = folder / "libmkl_rt.so.2"
    if not library.exists():
        return []  # Theano then looks for a BLAS by itself; facts() reports which
    os.environ["MKL_THREADING_LAYER"] = "GNU"
    for name in ("LIBRARY_PATH", "LD_LIBRARY_PATH"):
        os.environ[name] = os.pathsep.join(filter(None, [str(folder), os.environ.get(name)]))
    ctypes.CDLL(str(library), mode=ctypes.RTLD_GLOBAL)
    return [f"blas.ldflags=-l:{library.name}"]


def matrix_product(n: int, device: str) -> Callable[[], Any]:
    """Give the function that multiplies the matrices of the calibration."""
    import theano

    from scripts.training.timing import square_matrices

    a, b = (theano.shared(matrix) for matrix in square_matrices(n))
    return theano.function([], theano.tensor.dot(a, b))
