"""Theano, through Keras 2.3.1."""

import ctypes
import os
import sys
from pathlib import Path

from ._keras import KerasTrainer, convert, optimizer_class

__all__ = ["DEVICES", "IMPLEMENTATIONS", "SETTINGS", "Trainer", "convert", "matrix_product", "set_up"]

DEVICES = ("cpu",)  # its GPU back end, libgpuarray, was never ported to current CUDA
SETTINGS = ("published",)
IMPLEMENTATIONS = ("idiomatic",)


def set_up(threads, device):
    os.environ["KERAS_BACKEND"] = "theano"
    # Compiled networks are kept for all experiments of this user; Theano locks the folder itself.
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "trainclock" / "theano"
    flags = [
        "device=cpu",
        "floatX=float32",
        f"openmp={threads > 1}",
        f"base_compiledir={cache}",
    ]
    if os.environ.get("CXX"):  # set by the activation of conda's compilers
        flags.append(f"cxx={os.environ['CXX']}")
    flags += mkl_flags()
    os.environ["THEANO_FLAGS"] = ",".join(flags)
    import keras  # noqa: F401  imports theano


def mkl_flags():
    """Link Theano's compiled modules to MKL from PyPI, which lies in this environment's lib folder.

    The folder is handed over by LIBRARY_PATH and by loading the library beforehand, not by -L and
    rpath, so that the compiled modules fit every environment of these versions.
    """
    folder = Path(sys.prefix) / "lib"
    library = folder / "libmkl_rt.so.2"
    if not library.exists():
        return []  # Theano then looks for a BLAS by itself; facts() tells which
    os.environ["MKL_THREADING_LAYER"] = "GNU"
    for name in ("LIBRARY_PATH", "LD_LIBRARY_PATH"):
        os.environ[name] = os.pathsep.join(filter(None, [str(folder), os.environ.get(name)]))
    ctypes.CDLL(str(library), mode=ctypes.RTLD_GLOBAL)
    return [f"blas.ldflags=-l:{library.name}"]


def matrix_product(n, device):
    import theano

    from ..measure import square_matrices

    a, b = (theano.shared(matrix) for matrix in square_matrices(n))
    return theano.function([], theano.tensor.dot(a, b))


class Trainer(KerasTrainer):
    def seed(self, seed):
        import numpy as np

        np.random.seed(seed)

    def optimizer(self, options):
        return optimizer_class(options.pop("name"))(**options)

    def snapshot(self):
        import numpy as np

        return self.model.get_weights(), np.random.get_state()

    def restore(self, state):
        import numpy as np

        weights, random_state = state
        self.model.set_weights(weights)
        # Keras 2 makes the optimiser's variables with the first step, all of them zero.
        self.model.optimizer.set_weights(
            [np.zeros_like(value) for value in self.model.optimizer.get_weights()]
        )
        np.random.set_state(random_state)

    def facts(self):
        import keras
        import theano

        return {
            "framework_version": theano.__version__,
            "keras": keras.__version__,
            "threads_reported": openmp_threads(),
            "precision": theano.config.floatX,
            "blas": theano.config.blas.ldflags or "none: NumPy's, slower",
            "compiler": theano.config.cxx or "none: Python, very slow",
            "openmp": bool(theano.config.openmp),
            "input_path": "NumPy arrays through fit()",
            "layout": "NHWC, transposed to NCHW by Keras",
        }


def openmp_threads():
    """What OpenMP, which Theano's compiled modules load, would use; None if it is not loaded."""
    try:
        return ctypes.CDLL("libgomp.so.1").omp_get_max_threads()
    except OSError:
        return None
