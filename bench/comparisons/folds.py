"""Folds of one kind of run in one job, whose processes share the import of their framework."""

import shlex
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from bench.alternate import Seconds, Side, command
from bench.comparisons import Case
from bench.place import Place
from scripts.core import record
from scripts.core.paths import SCRIPTS
from scripts.training.frameworks import registry

STUDIED = ["tensorflow", "pytorch", "theano"]
FOLDS = range(4)
TITLE = "Four folds of one kind of run"
A = "one job that trains them (`python scripts train-folds`): digits, idiomatic, compile caches warm"
B = "a job for each, one after the other (`python scripts supervise`)"
TARGETS = {"wall": 0.55}


def cases(place: Place) -> Iterator[Case]:
    """Yield a line for each framework of the study, and one for epochs, which must not change."""
    for framework in STUDIED:
        label = registry.framework(framework).label
        yield Case(label, partial(sides, place, framework), TARGETS)
    yield Case("PyTorch, their epochs alone", partial(epochs, place), {"wall": 1.02})


def sides(place: Place, framework: str) -> Sequence[Side]:
    """Return the job of all folds, and the jobs of one each; all supervised as in the workflow."""
    python, folder = place.python(framework), place.folder / "folds" / framework
    step = [str(python), "-I", str(SCRIPTS)]
    options = place.options(framework, "idiomatic", "digits", folds=len(FOLDS))
    train = [*step, "train", *options, "--split", "kfold", "--device", "cpu"]
    folder.mkdir(parents=True, exist_ok=True)
    logs = [folder / f"fold-{fold}.log" for fold in FOLDS]
    numbers = [str(fold) for fold in FOLDS]
    together = [*step, "train-folds", "--folds", *numbers, "--outputs", *records(folder / "together")]
    together += ["--logs", *logs, "--", *train]
    alone = [
        [*step, "supervise", "--log", log, "--outputs", out, "--", *train, "--fold", fold, "--out", out]
        for fold, out, log in zip(numbers, records(folder / "alone"), logs, strict=True)
    ]
    lines = " && ".join(shlex.join(map(str, words)) for words in alone)
    return [Side(command(*together)), Side(command("sh", "-c", lines))]


def records(folder: Path) -> list[Path]:
    """List the records of all folds."""
    return [folder / f"fold-{fold}.json" for fold in FOLDS]


def epochs(place: Place) -> Sequence[Side]:
    """Return both, of which the epochs count."""
    folder = place.folder / "folds" / "pytorch"
    ways = zip(sides(place, "pytorch"), ("together", "alone"), strict=True)
    return [Side(side.command, partial(train_s, folder / way)) for side, way in ways]


def train_s(folder: Path, printed: str) -> Seconds:
    """Add up the epochs of all folds, whatever was printed."""
    times = [record.read(file).times for file in records(folder)]
    return Seconds(sum(one.train_s for one in times), sum(one.train_cpu_s for one in times))
