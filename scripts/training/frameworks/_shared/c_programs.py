"""What frameworks share that compile programs in C or C++, and keep them on disk."""

import ctypes
import os
import re
import shutil
import sys
from pathlib import Path
from typing import List, Optional


def compiler(name: str) -> str:
    """Give GCC's own name of a compiler: conda's ...-c++ is its ...-g++.

    Theano and PyTensor compile for the processor at hand only with a compiler that has g++ in its name.
    """
    gcc = re.sub(r"-c\+\+$", "-g++", name)
    return gcc if shutil.which(gcc) else name


def compiler_flags() -> List[str]:
    """Name the compiler that the activation of conda's compilers, or the user, has set; empty if none."""
    return [f"cxx={compiler(os.environ['CXX'])}"] if os.environ.get("CXX") else []


def cache_folder(framework: str, precision: str) -> Path:
    """Give the folder of what a framework compiles, for all experiments of this user; it locks it itself."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "trainclock" / framework
    if precision != "float32":
        cache /= precision  # another lock: both precisions of the parity certificate compile at the same time
    if os.environ.get("CXX"):
        # Its own folder: what a newer compiler made may not load with an older libstdc++.
        cache /= Path(compiler(os.environ["CXX"])).name
    return cache


def load_mkl() -> Optional[str]:
    """Load MKL from PyPI, which lies in this environment's lib folder, and give the linker's option for it.

    The folder is handed over by LIBRARY_PATH and by loading the library beforehand, not by -L and rpath,
    so that the compiled modules fit every environment of these versions. None if MKL is not there.
    """
    folder = Path(sys.prefix) / "lib"
    library = next(iter(sorted(folder.glob("libmkl_rt.so.*"))), None)
    if library is None:
        return None
    os.environ["MKL_THREADING_LAYER"] = "GNU"
    for name in ("LIBRARY_PATH", "LD_LIBRARY_PATH"):
        os.environ[name] = os.pathsep.join(filter(None, [str(folder), os.environ.get(name)]))
    ctypes.CDLL(str(library), mode=ctypes.RTLD_GLOBAL)
    return f"-l:{library.name}"
