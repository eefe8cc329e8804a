"""Chainer on NumPy; retired in 2019."""

# Chainer is not installed where types are checked: see typings/.
# pyright: reportMissingModuleSource=false

import os
import warnings
from typing import Any, Callable

from scripts.training.frameworks.chainer.idiomatic import Idiomatic
from scripts.training.frameworks.chainer.tuned import Tuned
from scripts.training.frameworks.trainer import Framework

FRAMEWORK = Framework(
    label="Chainer",
    colour="#4800B8",
    line=(0, (5, 1, 5, 1, 1, 1)),
    marker="<",
    devices=("cpu",),  # its last release is for CuPy 7 and CUDA 10.2
    settings=("published", "matched"),
    trainers={"idiomatic": Idiomatic, "tuned": Tuned},
    retired=2019,  # "maintenance phase", announced in December
)


def set_up(threads: int, device: str, precision: str = "float32") -> None:
    """Import Chainer and set its precision; threads are those of NumPy's BLAS, set by its variables."""
    import numpy as np

    # Its look at NumPy's BLAS, which goes through a part of NumPy that is to go.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import chainer
    chainer.global_config.dtype = np.dtype(precision)


def import_ahead() -> None:
    """Import Chainer."""
    set_up(int(os.environ["OMP_NUM_THREADS"]), "cpu")


def matrix_product(n: int, device: str) -> Callable[[], Any]:
    """Give the function that multiplies the matrices of the calibration."""
    from scripts.training.timing import square_matrices

    a, b = square_matrices(n)
    return lambda: a @ b
