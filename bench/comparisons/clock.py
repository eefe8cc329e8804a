"""What the clock and its readings of the machine cost, next to an epoch: training/instrument_cost.py."""

import re
import sys
from collections.abc import Iterator, Sequence
from functools import partial

from bench.alternate import Seconds, Side, command
from bench.comparisons import Case
from bench.place import Place
from scripts.core.paths import SCRIPTS
from scripts.training.frameworks import registry

TITLE = "The clock"
A = "clock, synchronisation and readings of the machine, an epoch; they lie outside its time"
B = "an epoch of the digits, the shortest of all (`python scripts instrument-cost`)"
TARGETS = {"wall": 0.005}

EPOCH, INSTRUMENT = 1, 2  # columns of what the step prints


def cases(place: Place) -> Iterator[Case]:
    """Yield a line for each framework."""
    for framework in registry.names():
        label = registry.framework(framework).label
        yield Case(label, partial(sides, place, framework), TARGETS)


def sides(place: Place, framework: str) -> Sequence[Side]:
    """Return both columns of the same command."""
    place.python(framework)
    words = ["--frameworks", framework, "--threads", place.threads, "--environments", place.environments]
    words += ["--data", place.data("digits"), "--splits", place.splits("digits")]
    step = command(sys.executable, "-I", SCRIPTS, "instrument-cost", *words)
    return [Side(step, partial(milliseconds, INSTRUMENT)), Side(step, partial(milliseconds, EPOCH))]


def milliseconds(column: int, printed: str) -> Seconds:
    """Read a column of the step's one line."""
    return Seconds(float(re.findall(r"([\d.]+) ms", printed)[column - 1]) / 1000, None)
