"""Threads of the pools that live in this process, as the pools themselves report them.

The check that what was asked of OpenMP and of each BLAS was also taken. Linux only; elsewhere nothing is
reported.
"""

import ctypes
import re
from pathlib import Path
from typing import Dict, Iterable, List, Optional

from scripts.core.paths import AnyPath
from scripts.training.machine.procfs import text

# Pool: names of the libraries that may hold it, and of the functions that report its threads. PyTorch has
# MKL within its own library, PaddlePaddle a part of it; OpenBLAS has several names, NumPy's own among them.
POOLS = {
    "OpenMP": (r"lib(gomp|iomp5|omp)\b", ["omp_get_max_threads"]),
    "MKL": (r"lib(mkl_rt|mklml_intel|torch_cpu)\b", ["MKL_Get_Max_Threads"]),
    "OpenBLAS": (
        r"lib(scipy_)?openblas",
        [f"{prefix}openblas_get_num_threads{end}" for prefix in ("", "scipy_") for end in ("", "64_")],
    ),
}


def libraries(root: AnyPath = "/") -> List[str]:
    """List the paths of the shared libraries that this process has loaded, in order."""
    maps = text(Path(root, "proc/self/maps")) or ""
    return sorted(set(re.findall(r"(?m)(/\S+\.so[\d.]*)$", maps)))


def report(paths: Optional[Iterable[str]] = None) -> Dict[str, int]:
    """Report {pool: threads} of the pools that are loaded; the most if one is there twice."""
    pools: Dict[str, int] = {}
    for path in libraries() if paths is None else paths:
        for pool, (name, functions) in POOLS.items():
            threads = ask(path, functions) if re.match(name, Path(path).name) else None
            if threads is not None:
                pools[pool] = max(threads, pools.get(pool, 0))
    return pools


def ask(path: str, functions: Iterable[str]) -> Optional[int]:
    """Call the first of the functions that a library has; None if it has none of them."""
    try:
        library = ctypes.CDLL(path)  # already loaded: it is not loaded again
    except OSError:
        return None
    for name in functions:
        if hasattr(library, name):
            return getattr(library, name)()
    return None


def unnamed_threads() -> Optional[int]:
    """Count the threads of this process that gave themselves no name; None where that is not known."""
    main = text("/proc/self/comm")
    names = [text(task / "comm") for task in Path("/proc/self/task").glob("*")]
    return names.count(main) if main and names else None


def threads_named(name: str) -> Optional[int]:
    """Count the threads of this process that have this name (at most 15 letters); None where not known."""
    names = [text(task / "comm") for task in Path("/proc/self/task").glob("*")]
    return names.count(name) if names else None
