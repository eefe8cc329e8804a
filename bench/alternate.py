"""Run commands in turns, A B A B, each in a fresh process, and measure what they take."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from timeit import default_timer
from typing import Any, NamedTuple

from scripts.core.errors import UserError
from scripts.core.paths import ROOT
from scripts.training.machine.activity import cpu_seconds
from scripts.training.machine.procfs import text

MB_OF_MAXRSS = 2**-20 if sys.platform == "darwin" else 2**-10  # bytes there, KiB elsewhere
LAST_LINES = 15  # of what a failed command printed


class Seconds(NamedTuple):
    """What a part of a process took; CPU seconds are user and system together, None where not known."""

    wall_s: float
    cpu_s: float | None


@dataclass(frozen=True)
class Command:
    """A program and its arguments, and the folder that it runs in."""

    words: tuple[str, ...]
    folder: Path = ROOT


@dataclass(frozen=True)
class Side:
    """One of two that are compared: a command as a whole, or the part that `read` finds in its output."""

    command: Command
    read: Callable[[str], Seconds] | None = None


@dataclass(frozen=True)
class Sample:
    """What one process took: MiB in `peak_mb`, of the largest among it and its children."""

    wall_s: float
    cpu_s: float | None
    peak_mb: float


@dataclass(frozen=True)
class Disturbance:
    """What else went on while a line was measured; None where that is not known."""

    stolen_share: float | None  # of the processor time wanted: the hypervisor gave it to other machines
    other_cores: float | None  # that other programs kept busy, on average


def command(*words: Any, folder: Path = ROOT) -> Command:
    """Make a command of words of any type."""
    return Command(tuple(map(str, words)), folder)


def alternate(sides: Sequence[Side], turns: int) -> tuple[list[list[Sample]], Disturbance]:
    """Run the commands one after the other, `turns` times, after once to warm up.

    Sides of the same command share its process. Returns the samples of each side, and what else went on.
    Raises UserError if a command fails.
    """
    commands = list(dict.fromkeys(side.command for side in sides))
    samples: list[list[Sample]] = [[] for _ in sides]
    for one in commands:
        run(one)
    before, start, own_s = processor_seconds(), default_timer(), 0.0
    for _ in range(turns):
        finished = {one: run(one) for one in commands}
        own_s += sum(whole.cpu_s or 0 for _, whole in finished.values())
        for side, own in zip(sides, samples, strict=True):
            output, whole = finished[side.command]
            part = side.read(output) if side.read else whole
            own.append(Sample(part.wall_s, part.cpu_s, whole.peak_mb))
    return samples, disturbance(before, processor_seconds(), own_s, default_timer() - start)


def run(one: Command) -> tuple[str, Sample]:
    """Run a command to its end; return what it printed, and what it took with its children.

    Raises UserError with the end of what it printed if it fails.
    """
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        start = default_timer()
        process = subprocess.Popen(
            one.words, cwd=one.folder, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            _, status, used = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            raise
        wall_s = default_timer() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        printed = output.read()
    if process.returncode:
        end = "\n".join(printed.splitlines()[-LAST_LINES:])
        raise UserError(f"{' '.join(one.words)}\nended with status {process.returncode}:\n{end}")
    return printed, Sample(wall_s, used.ru_utime + used.ru_stime, used.ru_maxrss * MB_OF_MAXRSS)


def processor_seconds() -> tuple[float | None, float | None]:
    """Read the (busy, stolen) seconds of all processors since the machine started."""
    return cpu_seconds(text("/proc/stat"))


def disturbance(
    before: tuple[float | None, float | None],
    after: tuple[float | None, float | None],
    own_s: float,
    wall_s: float,
) -> Disturbance:
    """Compare two readings of all processors with the CPU seconds of our own commands between them."""
    if before[0] is None or before[1] is None or after[0] is None or after[1] is None:
        return Disturbance(None, None)
    busy, stolen = after[0] - before[0], after[1] - before[1]
    share = stolen / (busy + stolen) if busy + stolen else 0.0
    return Disturbance(share, max(0.0, busy - own_s) / wall_s)
