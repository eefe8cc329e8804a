"""What a framework keeps on disk of what it has compiled, and what the first time cost.

All timed runs are to meet the same state, so a process of its own compiles each network before its first
timed run. What building and compiling cost there is kept in the cache, once for each network,
implementation, kind of processor, compiler and set of packages.
"""

import hashlib
import json
import os
import platform
import subprocess
import sysconfig
import tempfile
from pathlib import Path
from typing import Any, List, Optional, Sequence

from scripts.core.paths import AnyPath
from scripts.training.machine.core_affinity import own_folder, shared_folder
from scripts.training.machine.procfs import text

# Of a path, what THEANO_FLAGS and PYTENSOR_FLAGS and their configparser read as their own, or expand.
SPECIAL = set(",'\"\\#%$;")


def settle() -> None:
    """Let XDG_CACHE_HOME name a folder that can be written and that frameworks can take in their settings.

    Comes before a framework is imported. Raises OSError if there is none, not even below /tmp.
    """
    user = os.environ.get("HOME", os.path.expanduser("~"))  # noqa: PTH111  no home is no error here
    home = os.environ.get("XDG_CACHE_HOME") or (f"{user}/.cache" if user else "without HOME")
    reason = why_not(home)
    if reason:
        folder = own_folder(shared_folder()) / "cache"
        folder.mkdir(exist_ok=True)
        os.environ["XDG_CACHE_HOME"] = str(folder)
        print(
            f"What is compiled is kept in {folder}: {home} {reason}. XDG_CACHE_HOME names another", flush=True
        )


def why_not(home: str) -> str:
    """Say why frameworks cannot keep a cache in this folder; empty if they can."""
    if not Path(home).is_absolute():
        return "is no absolute path"
    if SPECIAL & set(home):
        return f"has one of {' '.join(sorted(SPECIAL))} in its name"
    try:
        Path(home).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home):
            return ""
    except OSError as error:
        return f"cannot be written ({error.strerror})"


def file_of(module: Any, parts: Sequence[str]) -> Optional[Path]:
    """Give the file of one network in one implementation; None if the framework keeps nothing.

    `module` is the framework's, imported or not; `parts` is all that it compiles for.
    """
    if not module.FRAMEWORK.compile_cache:
        return None
    compiled_by = [platform.platform(), platform.python_version(), *processor(), compiler(), *packages()]
    name = hashlib.sha256("\0".join([*parts, *compiled_by]).encode()).hexdigest()[:16]
    return module.compile_cache() / "first" / f"{name}.json"


def processor(root: AnyPath = "/") -> List[str]:
    """Give the model of the processor and what it can do: code is compiled for it."""
    lines = (text(Path(root, "proc/cpuinfo")) or platform.machine()).splitlines()
    return sorted({line for line in lines if line.startswith(("model name", "flags", "Features"))}) or lines


def compiler() -> str:
    """Give the version of the C++ compiler; empty without one."""
    try:
        command = [os.environ.get("CXX") or "g++", "--version"]
        return subprocess.run(command, stdout=subprocess.PIPE, check=False).stdout.decode(errors="replace")
    except OSError:
        return ""


def packages() -> List[str]:
    """Name the packages of this environment, with their versions."""
    return sorted(folder.name for folder in Path(sysconfig.get_paths()["purelib"]).glob("*.dist-info"))


def first_s(file: Optional[Path]) -> Optional[float]:
    """Read the seconds that building and compiling took the first time; None if that is not known."""
    try:
        return float(json.loads(file.read_text())["first_s"]) if file else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
