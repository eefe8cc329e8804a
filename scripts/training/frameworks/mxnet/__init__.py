"""Apache MXNet, through Gluon; retired in 2023."""

# MXNet is not installed where types are checked: see typings/.
# pyright: reportMissingModuleSource=false

import os
from typing import Any, Callable

from scripts.training.frameworks.mxnet.idiomatic import Idiomatic
from scripts.training.frameworks.mxnet.tuned import Tuned
from scripts.training.frameworks.trainer import Framework

FRAMEWORK = Framework(
    label="MXNet",
    colour="#7A0010",
    line=(0, (12, 2)),
    marker="h",
    devices=("cpu",),  # its last builds for a GPU are for CUDA 11.2
    settings=("published", "matched"),
    trainers={"idiomatic": Idiomatic, "tuned": Tuned},
    retired=2023,  # Apache's attic, in September
)


def set_up(threads: int, device: str, precision: str = "float32") -> None:
    """Import MXNet; its threads are set by OpenMP's variables, its precision by that of the rows."""
    os.environ["MXNET_CPU_WORKER_NTHREADS"] = "1"  # operators that run at a time, each with all threads
    import mxnet  # noqa: F401


def import_ahead() -> None:
    """Import MXNet."""
    set_up(int(os.environ["OMP_NUM_THREADS"]), "cpu")


def matrix_product(n: int, device: str) -> Callable[[], Any]:
    """Give the function that multiplies the matrices of the calibration."""
    from mxnet import nd

    from scripts.training.timing import square_matrices

    a, b = (nd.array(matrix, dtype=matrix.dtype) for matrix in square_matrices(n))
    return lambda: nd.dot(a, b).asnumpy()
