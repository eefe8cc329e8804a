"""Small readers of /proc and /sys. What the machine does not tell is None; nothing here raises.

`root` is the folder that holds proc/ and sys/, so that tests can lay out a machine of their own.
"""

import os
from pathlib import Path


def text(path):
    """The content of a small file without white space around it, or None."""
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None


def number(path):
    """The whole number that a file holds, or None."""
    try:
        return int(text(path) or "")
    except ValueError:
        return None


class Source:
    """A file of /proc or /sys that is read time and again: kept open, so that reading takes little."""

    def __init__(self, path):
        try:
            self.file = os.open(str(path), os.O_RDONLY)
        except OSError:
            self.file = None

    def text(self):
        """What it holds now (its first page, if the kernel gives it by pages), or None."""
        if self.file is None:
            return None
        try:
            return os.pread(self.file, 2**16, 0).decode("ascii", "replace")
        except (AttributeError, OSError):
            return None

    def number(self):
        """The whole number that it holds, or None."""
        try:
            return int(self.text() or "")
        except ValueError:
            return None


def entry(name, words):
    """The number of the line `NAME NUMBER` in a text (or None), or None."""
    at = ("\n" + (words or "")).find(f"\n{name} ")
    return None if at < 0 else int(words[at + len(name) :].split(None, 1)[0])


def cpu_list(words):
    """CPU numbers of a kernel list: `0-2,8` gives [0, 1, 2, 8]; None gives []."""
    found = []
    for part in filter(None, (words or "").split(",")):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


def cpu_folder(cpu, root="/"):
    return Path(root, "sys/devices/system/cpu", f"cpu{cpu}")


def allowed_cpus():
    """Numbers of the CPUs that this process may use, or None where the system does not tell."""
    try:
        return sorted(os.sched_getaffinity(0))
    except (AttributeError, OSError):
        return None
