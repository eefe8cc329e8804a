"""PaddlePaddle, written natively."""

# PaddlePaddle is not installed where types are checked: see typings/.
# pyright: reportMissingModuleSource=false

import os
import tempfile
import warnings
from contextlib import contextmanager
from typing import Any, Callable, Iterator

from scripts.training.frameworks.paddle.idiomatic import Idiomatic
from scripts.training.frameworks.paddle.tuned import Tuned
from scripts.training.frameworks.trainer import Framework

FRAMEWORK = Framework(
    label="PaddlePaddle",
    colour="#8820F8",
    line=(0, (1, 1)),
    marker="X",
    devices=("cpu",),
    settings=("published", "matched"),
    trainers={"idiomatic": Idiomatic, "tuned": Tuned},
)


def set_up(threads: int, device: str, precision: str = "float32") -> None:
    """Import PaddlePaddle and set its precision; its threads are those of OpenMP and MKL.

    It takes OMP_NUM_THREADS when it is imported, and 1 where that is not set.
    """
    os.environ["OMP_NUM_THREADS"] = str(threads)
    with temporary_home(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="No ccache found")  # nothing is compiled here
        import paddle
    paddle.set_device(device)
    paddle.set_default_dtype(precision)
    # A static program's operations one after the other in the calling thread: by default a pool of its own
    # runs them, whose threads come on top of OpenMP's.
    paddle.set_flags({"FLAGS_new_executor_serial_run": True})


@contextmanager
def temporary_home() -> Iterator[None]:
    """Have a home of its own meanwhile.

    Importing PaddlePaddle makes ~/.cache/paddle/dataset, in the shared /tmp where the home is read-only, and
    fails where it cannot. It is for data that PaddlePaddle would download, and stays empty.
    """
    before = os.environ.get("HOME")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HOME"] = folder
        try:
            yield
        finally:
            if before is None:
                del os.environ["HOME"]
            else:
                os.environ["HOME"] = before


def matrix_product(n: int, device: str) -> Callable[[], Any]:
    """Give the function that multiplies the matrices of the calibration."""
    import paddle

    from scripts.training.timing import square_matrices

    a, b = (paddle.to_tensor(matrix, place=device) for matrix in square_matrices(n))
    return lambda: paddle.matmul(a, b)


def import_ahead() -> None:
    """Import PaddlePaddle, whose threads start with the first program that needs them."""
    set_up(int(os.environ["OMP_NUM_THREADS"]), "cpu")
