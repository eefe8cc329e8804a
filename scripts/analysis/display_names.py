"""How names of the config are written for readers."""

from collections.abc import Iterable

from scripts.training.frameworks import registry

DATASETS = {
    "mnist": "MNIST",
    "cifar10": "CIFAR-10",
    "cifar100": "CIFAR-100",
    "letter": "Letter Recognition",
    "digits": "Digits",
}


def framework(name: str) -> str:
    """Return a framework's label; one that has no folder here keeps its name."""
    return registry.framework(name).label if name in registry.names() else name


def dataset(name: str) -> str:
    """Return a dataset's name as its authors write it; an unknown one keeps its name."""
    return DATASETS.get(name, name)


def device(name: str) -> str:
    """Return a device in capitals: `CPU`."""
    return name.upper()


def split(name: str, folds: int | None = None) -> str:
    """Return `holdout split` or `10-fold cross-validation`; no number without `folds`, the planned."""
    if name == "kfold":
        return f"{folds}-fold cross-validation" if folds else "cross-validation"
    return "holdout split" if name == "holdout" else name


def level(factor: str, name: str) -> str:
    """Return the name of one side of a comparison: of a framework, a device or an implementation."""
    return {"framework": framework, "device": device}.get(factor, str)(name)


def variant(settings: str, implementation: str | None, several_implementations: bool = True) -> str:
    """Return `published settings, idiomatic`; the implementation only where there are several."""
    return f"{settings} settings" + (f", {implementation}" if several_implementations else "")


def incomplete(folds_ok: int, folds: int) -> str:
    """Return what a cell shows instead of a number that needs all folds: `3/10 folds` or `missing`."""
    return f"{folds_ok}/{folds} folds" if folds_ok else "missing"


def fold_list(folds: Iterable[int]) -> str:
    """Return numbers of folds or cores as ranges: [0, 1, 2, 5] gives `0-2, 5`."""
    ranges: list[list[int]] = []
    for fold in sorted(int(fold) for fold in folds):
        if ranges and fold == ranges[-1][1] + 1:
            ranges[-1][1] = fold
        else:
            ranges.append([fold, fold])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in ranges)
