"""Small readers of /proc and /sys. What the machine does not report is None; nothing here raises.

`root` is the folder that holds proc/ and sys/, so that tests can lay out a machine of their own.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import List, Optional, Sequence, TypeVar

from scripts.core.paths import AnyPath

T = TypeVar("T", int, float)


def text(path: AnyPath) -> Optional[str]:
    """Read a small file, without white space around its text, or give None."""
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None


def number(path: AnyPath) -> Optional[int]:
    """Read the whole number that a file holds, or give None."""
    try:
        return int(text(path) or "")
    except ValueError:
        return None


class Source:
    """A file of /proc or /sys that is read again and again: kept open, so that reading takes little."""

    def __init__(self, path: AnyPath) -> None:
        self.file: Optional[int] = None
        with suppress(OSError):
            self.file = os.open(str(path), os.O_RDONLY)

    def text(self) -> Optional[str]:
        """Read what it holds now (its first page, if the kernel gives it by pages), or give None."""
        if self.file is None:
            return None
        try:
            return os.pread(self.file, 2**16, 0).decode("ascii", "replace")
        except (AttributeError, OSError):
            return None

    def number(self) -> Optional[int]:
        """Read the whole number that it holds now, or give None."""
        try:
            return int(self.text() or "")
        except ValueError:
            return None


def entry(name: str, content: Optional[str]) -> Optional[int]:
    """Find the number of the line `NAME NUMBER` in a text (or None); None if there is no such line."""
    content = content or ""
    at = f"\n{content}".find(f"\n{name} ")
    return None if at < 0 else int(content[at + len(name) :].split(None, 1)[0])


def all_known(values: Sequence[Optional[T]]) -> Optional[List[T]]:
    """Give the values; None if one of them is not known, or there are none."""
    known = [value for value in values if value is not None]
    return known if known and len(known) == len(values) else None


def cpu_list(ranges: Optional[str]) -> List[int]:
    """Read the CPU numbers of a kernel list: `0-2,8` gives [0, 1, 2, 8]; None gives []."""
    cpus = []
    for part in filter(None, (ranges or "").split(",")):
        first, _, last = part.partition("-")
        cpus += range(int(first), int(last or first) + 1)
    return cpus


def cpu_folder(cpu: int, root: AnyPath = "/") -> Path:
    """Give the folder of a CPU in /sys."""
    return Path(root, "sys/devices/system/cpu", f"cpu{cpu}")


def allowed_cpus() -> Optional[List[int]]:
    """List the CPUs that this process may use, or None where the system does not report them."""
    try:
        return sorted(os.sched_getaffinity(0))
    except (AttributeError, OSError):
        return None
