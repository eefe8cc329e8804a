"""The libraries that CNTK is linked with, found or made before its import asks for them.

It wants Open MPI 1.10's libmpi.so.12 and libmpi_cxx.so.1, which a run of one process never calls. PyPI has
Open MPI 4.1, whose library has another name, and the same symbols but for those of C++. So two small
libraries of the old names are made, by a C++ compiler, once for each user.
"""

import ctypes
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from scripts.core.errors import UserError
from scripts.core.files import atomic
from scripts.training.frameworks._shared import c_programs

OPEN_MPI = "libmpi.so.40"
# The code of each: what CNTK's tables of virtual functions name of the C++ interface, since given up.
MADE = {
    "libmpi.so.12": "",
    "libmpi_cxx.so.1": """
namespace MPI {
struct Win { virtual void Free(); };
struct Datatype { virtual void Free(); };
struct Comm { Comm(); };
void Win::Free() {}
void Datatype::Free() {}
Comm::Comm() {}
}
extern "C" void ompi_mpi_cxx_op_intercept() {}
""",
}


def load() -> None:
    """Load them all. Raises UserError if Python has no library of its own, or there is no compiler."""
    load_python()
    for library in (Path(sys.prefix, "lib", OPEN_MPI), *(made(name) for name in MADE)):
        ctypes.CDLL(str(library), mode=ctypes.RTLD_GLOBAL)


def load_python() -> None:
    """Load Python's own library, which conda's Python has beside it, and others are made of."""
    name = "libpython{}.{}m.so.1.0".format(*sys.version_info)
    for place in (name, Path(sys.base_prefix, "lib", name), Path(sysconfig.get_config_var("LIBDIR"), name)):
        try:
            ctypes.CDLL(str(place), mode=ctypes.RTLD_GLOBAL)
        except OSError:
            continue
        return
    raise UserError(
        f"cntk needs {name}, which {sys.base_prefix} lacks: make that Python again with its library"
        " (PYTHON_CONFIGURE_OPTS=--enable-shared pyenv install 3.6), let conda bring one (snakemake"
        " --use-conda), or leave cntk out of `frameworks`"
    )


def made(name: str) -> Path:
    """Give the library of an old name, which is compiled if it is not there."""
    library = c_programs.cache_folder("cntk", "float32") / name
    if library.exists():
        return library
    compiler = c_programs.compiler(os.environ.get("CXX") or "g++")
    if not shutil.which(compiler):
        raise UserError(
            f"cntk needs a C++ compiler once, and {compiler} is not on PATH: install it (Debian, Ubuntu: apt"
            " install g++; Fedora: dnf install gcc-c++), or leave cntk out of `frameworks`"
        )
    with atomic(library) as temporary:
        command = [compiler, "-shared", "-fPIC", f"-Wl,-soname,{name}", "-o", str(temporary), "-xc++", "-"]
        done = subprocess.run(command, input=MADE[name].encode(), stderr=subprocess.PIPE, check=False)
        if done.returncode:
            raise UserError(f"{compiler} cannot make {name}, which cntk needs: {done.stderr.decode()}")
    return library
