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


def numbers(path):
    """A file of lines `name number`, such as /proc/vmstat, as a mapping; empty if it cannot be read."""
    pairs = (line.split() for line in (text(path) or "").splitlines())
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2 and pair[1].isdigit()}


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
