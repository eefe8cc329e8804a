"""CNTK, through Keras 2.3.1: the third backend that the published study names."""

# CNTK is not installed where types are checked: see typings/.
# pyright: reportMissingModuleSource=false

import os
import warnings
from typing import Any, Callable

from scripts.training.frameworks.cntk import linked
from scripts.training.frameworks.cntk.idiomatic import Idiomatic
from scripts.training.frameworks.cntk.tuned import Tuned
from scripts.training.frameworks.trainer import Framework

FRAMEWORK = Framework(
    label="CNTK",
    colour="#B81000",
    line=(0, (3, 1, 1, 1, 1, 1, 1, 1)),
    marker=">",
    devices=("cpu",),  # its package for GPUs wants CUDA 10.0 and cuDNN 7, older than any card of today
    settings=("published", "matched"),
    trainers={"idiomatic": Idiomatic, "tuned": Tuned},
    keras=True,
    retired=2019,  # with version 2.7, in April
)


def set_up(threads: int, device: str, precision: str = "float32") -> None:
    """Load the libraries that CNTK is linked with, and import it and Keras."""
    os.environ["KERAS_BACKEND"] = "cntk"
    # With OMP_NUM_THREADS=1 CNTK still has a second thread, which waits and takes a core.
    os.environ.update(OMP_THREAD_LIMIT=str(threads), KMP_WARNINGS="0")
    linked.load()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that this is not Ubuntu 16.04, and has no GPU
        from keras import backend
    import cntk

    from scripts.training.frameworks.cntk import fixed

    cntk.cntk_py.set_max_num_cputhreads(threads)
    backend.set_floatx(precision)
    backend.set_epsilon(1e-7)  # given, because ~/.keras/keras.json may set another
    fixed.fix_keras(precision)


def matrix_product(n: int, device: str) -> Callable[[], Any]:
    """Give the function that multiplies the matrices of the calibration."""
    import cntk

    from scripts.training.timing import square_matrices

    a, b = (cntk.constant(matrix) for matrix in square_matrices(n))
    return cntk.times(a, b).eval


def import_ahead() -> None:
    """Import CNTK and Keras, whose threads start with the first product."""
    set_up(int(os.environ["OMP_NUM_THREADS"]), "cpu")
