"""How names of the config are written for readers."""

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from scripts.core.columns import PLANNED
from scripts.training.frameworks import registry

if TYPE_CHECKING:
    from scripts.analysis.frames import Row

DATASETS = {
    "mnist": "MNIST",
    "cifar10": "CIFAR-10",
    "cifar100": "CIFAR-100",
    "letter": "Letter Recognition",
    "fashion_mnist": "Fashion-MNIST",
    "kmnist": "Kuzushiji-MNIST",
    "emnist_letters": "EMNIST Letters",
    "svhn": "SVHN",
    "digits": "Digits",
}


@cache
def framework(name: str) -> str:
    """Return a framework's label; one that has no folder here keeps its name."""
    return registry.framework(name).label if name in registry.names() else name


def retired(names: Iterable[str]) -> list[str]:
    """Return a sentence on those of some frameworks whose makers have ended their work; none without them."""
    known = [registry.framework(name) for name in dict.fromkeys(names) if name in registry.names()]
    years = [f"{one.label} since {one.retired}" for one in known if one.retired]
    return [f"Retired, by their makers: {', '.join(years)}."] if years else []


def dataset(name: str) -> str:
    """Return a dataset's name as its authors write it; an unknown one keeps its name."""
    return DATASETS.get(name, name)


def device(name: str) -> str:
    """Return a device in capitals: `CPU`."""
    return name.upper()


def split(name: str, runs: int | None = None, replicates: int = 1) -> str:
    """Return `holdout split` or `10-fold cross-validation`, with the number of seeds where there are several.

    `runs` are those planned of a cell, of all its replicates; without it there is no number of folds.
    """
    seeds = f", {replicates} seeds" if replicates > 1 else ""
    if name == "kfold":
        return (f"{runs // replicates}-fold cross-validation" if runs else "cross-validation") + seeds
    return ("holdout split" if name == "holdout" else name) + seeds


def one_run(cell: "Row") -> str:
    """Return what one run of a cell is called: `fold`, or `run` where only the seed makes several."""
    return "fold" if cell["folds"] > cell["replicates"] else "run"


def level(factor: str, name: str) -> str:
    """Return the name of one side of a comparison: of a framework, a device or an implementation."""
    return {"framework": framework, "device": device}.get(factor, str)(name)


def variant(settings: str, implementation: str | None, several_implementations: bool = True) -> str:
    """Return `published settings, idiomatic`; the implementation only where there are several."""
    return f"{settings} settings" + (f", {implementation}" if several_implementations else "")


def incomplete(cell: "Row") -> str:
    """Return what a cell, with its PLANNED, shows instead of a number that needs all runs.

    `3/10 folds` or `missing`; with runs that failed `3/10 folds, 2 failed`, `2 of 10 failed` or `failed`.
    """
    replicates, planned, finished, failed = (cell[name] for name in PLANNED)
    if finished:
        there = f"{finished}/{planned} {'runs' if replicates > 1 else 'folds'}"
        return f"{there}, {failed} failed" if failed else there
    if failed:
        return "failed" if failed == planned else f"{failed} of {planned} failed"
    return "missing"


def fold_list(folds: Iterable[int]) -> str:
    """Return numbers of folds or cores as ranges: [0, 1, 2, 5] gives `0-2, 5`."""
    ranges: list[list[int]] = []
    for fold in sorted(int(fold) for fold in folds):
        if ranges and fold == ranges[-1][1] + 1:
            ranges[-1][1] = fold
        else:
            ranges.append([fold, fold])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in ranges)
