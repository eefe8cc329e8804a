"""The processes above this one, up to Snakemake's: if one of them is gone, nobody waits for a run."""

import os
from pathlib import Path
from typing import List, Sequence


def parent(process: int) -> int:
    """Read the id of a process's parent. Raises OSError if there is no such process, or no /proc."""
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def is_snakemake(process: int) -> bool:
    """Check whether a process is Snakemake's. Raises OSError as parent() does."""
    command = Path(f"/proc/{process}/cmdline").read_bytes().decode(errors="replace").split("\0")
    return "snakemake" in [Path(word).name for word in command[:3]]


def line_to_snakemake() -> List[int]:
    """List the processes from this one up to Snakemake's; this one and its parent where there is none."""
    line = [os.getpid(), os.getppid()]
    try:
        while not is_snakemake(line[-1]):
            line.append(parent(line[-1]))
        return line
    except OSError:  # process 0, or a system without /proc
        return line[:2]


def intact(line: Sequence[int]) -> bool:
    """Check whether all of the line still live: an orphan is given another parent."""
    try:
        return os.getppid() == line[1] and all(
            parent(child) == above for child, above in zip(line[1:], line[2:])
        )
    except OSError:
        return False
