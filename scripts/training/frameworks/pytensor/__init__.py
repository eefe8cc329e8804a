"""PyTensor, which goes on where Theano ended."""

# PyTensor is not installed where types are checked: see typings/.
# pyright: reportMissingModuleSource=false, reportMissingImports=false

import os
from pathlib import Path
from typing import Any, Callable

from scripts.training.frameworks._shared import c_programs
from scripts.training.frameworks.pytensor.idiomatic import Idiomatic
from scripts.training.frameworks.pytensor.tuned import Tuned
from scripts.training.frameworks.trainer import Framework

FRAMEWORK = Framework(
    label="PyTensor",
    colour="#555555",
    line=(0, (4, 1)),
    marker="*",
    devices=("cpu",),
    settings=("published", "matched"),
    trainers={"idiomatic": Idiomatic, "tuned": Tuned},
    compile_cache=True,
)


def set_up(threads: int, device: str, precision: str = "float32") -> None:
    """Set PyTensor's flags and import it.

    The threads of BLAS and OpenMP are set by their variables; programs of Numba have one thread besides.
    """
    os.environ["PYTENSORRC"] = os.devnull  # the user's own settings would differ from machine to machine
    flags = [f"floatX={precision}", "openmp=True", f"base_compiledir={compile_cache(precision)}"]
    mkl = c_programs.load_mkl()  # of the programs in C; those of Numba take SciPy's OpenBLAS
    flags += [*c_programs.compiler_flags(), *([f"blas__ldflags={mkl}"] if mkl else [])]
    # Otherwise each program of Numba leaves a file in the temporary folder.
    flags += [f"generated_src_dir={compile_cache(precision) / 'source'}"]
    os.environ["PYTENSOR_FLAGS"] = ",".join(flags)
    os.environ["NUMBA_NUM_THREADS"] = str(threads)
    import pytensor.link.numba.dispatch  # its import would otherwise count as compiling
    import pytensor.tensor  # noqa: F401


def compile_cache(precision: str = "float32") -> Path:
    """Give the folder of what PyTensor compiles, by Numba and in C."""
    return c_programs.cache_folder("pytensor", precision)


def matrix_product(n: int, device: str) -> Callable[[], Any]:
    """Give the function that multiplies the matrices of the calibration."""
    import pytensor

    from scripts.training.timing import square_matrices

    a, b = (pytensor.shared(matrix) for matrix in square_matrices(n))
    return pytensor.function([], a @ b)


def import_ahead() -> None:
    """Import PyTensor, whose threads start with the first program that needs them."""
    set_up(int(os.environ["OMP_NUM_THREADS"]), "cpu")
