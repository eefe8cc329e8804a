"""How names of the config are written for readers."""

from scripts.training.frameworks import registry

DATASETS = {
    "mnist": "MNIST",
    "cifar10": "CIFAR-10",
    "cifar100": "CIFAR-100",
    "letter": "Letter Recognition",
    "digits": "Digits",
}


def framework(name):
    return registry.framework(name).label if name in registry.names() else name


def dataset(name):
    return DATASETS.get(name, name)


def device(name):
    return name.upper()


def split(name, folds=None):
    """`folds` is the number of folds planned; None leaves it unsaid."""
    if name == "kfold":
        return f"{folds}-fold cross-validation" if folds else "cross-validation"
    return "holdout split" if name == "holdout" else name


def level(factor, name):
    """The name of one side of a comparison: of a framework, a device or an implementation."""
    return {"framework": framework, "device": device}.get(factor, str)(name)


def variant(settings, implementation, several_implementations=True):
    """`published settings, idiomatic`; the implementation only where there are several."""
    return f"{settings} settings" + (f", {implementation}" if several_implementations else "")


def incomplete(folds_ok, folds):
    """What stands in the place of a number that not all folds are there for."""
    return f"{folds_ok}/{folds} folds" if folds_ok else "missing"


def fold_list(folds):
    """Numbers of folds or cores as ranges: [0, 1, 2, 5] gives `0-2, 5`."""
    ranges = []
    for fold in sorted(int(fold) for fold in folds):
        if ranges and fold == ranges[-1][1] + 1:
            ranges[-1][1] = fold
        else:
            ranges.append([fold, fold])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in ranges)
