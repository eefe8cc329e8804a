"""What a framework keeps on disk of what it has compiled, and what the first time cost.

All timed runs are to meet the same state, so a process of its own compiles each network before its first
timed run. What building and compiling cost there is kept in the cache, once for each network,
implementation and kind of machine.
"""

import hashlib
import json
import platform
from pathlib import Path
from typing import Any, Optional, Sequence


def file_of(module: Any, parts: Sequence[str]) -> Optional[Path]:
    """Give the file of one network in one implementation; None if the framework keeps nothing.

    `module` is the framework's, imported or not; `parts` is all that it compiles for.
    """
    if not module.FRAMEWORK.compile_cache:
        return None
    machine = [platform.platform(), platform.machine(), platform.python_version()]
    name = hashlib.sha256("\0".join([*parts, *machine]).encode()).hexdigest()[:16]
    return module.compile_cache() / "first" / f"{name}.json"


def first_s(file: Optional[Path]) -> Optional[float]:
    """Read the seconds that building and compiling took the first time; None if that is not known."""
    try:
        return float(json.loads(file.read_text())["first_s"]) if file else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
