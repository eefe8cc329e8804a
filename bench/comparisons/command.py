"""What a short run takes beyond what it times: imports, reading, calibration, predicting, the record."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from bench.alternate import Seconds, Side
from bench.comparisons import Case
from bench.place import Place
from scripts.core import record
from scripts.training.frameworks import registry

TITLE = "The command of a short run"
A = "the process of `python scripts train` on the digits, idiomatic, its compile cache warm"
B = "`total_s` of the record that it writes: build, compile and train"
TARGETS = {"wall": 1.2}


def cases(place: Place) -> Iterator[Case]:
    """Yield a line for each framework."""
    for framework in registry.names():
        label = registry.framework(framework).label
        yield Case(label, partial(sides, place, framework), TARGETS)


def sides(place: Place, framework: str) -> Sequence[Side]:
    """Return the process and what it times, of the same command."""
    out = place.folder / "records" / f"{framework}.json"
    run = place.train(framework, "digits", out)
    return [Side(run), Side(run, partial(total_s, out))]


def total_s(file: Path, printed: str) -> Seconds:
    """Read the figure that the tables show of a run, whatever it has printed."""
    return Seconds(record.read(file).times.total_s, None)
