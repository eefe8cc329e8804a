"""How far the tuned implementations are from the arithmetic alone."""

from collections.abc import Iterator, Sequence
from functools import partial

from bench import epochs
from bench.alternate import Side
from bench.comparisons import Case
from bench.place import Place

TITLE = "Distance to the floor"
A = "an epoch of the tuned implementation"
B = (
    "the convolutions, poolings and matrix products of as many steps alone, forward and backward, through"
    " PyTorch (`bench/loops/primitives.py`)"
)
TARGETS = {("pytorch", "mnist"): {"wall": 1.5}, ("pytorch", "cifar10"): {"wall": 1.3}}

FRAMEWORKS = ("pytorch", "tensorflow", "theano")
DATASETS = ("mnist", "cifar10")


def cases(place: Place) -> Iterator[Case]:
    """Yield a line for each framework and dataset."""
    for framework in FRAMEWORKS:
        for dataset in DATASETS:
            subject, wanted = epochs.subject(framework, dataset), TARGETS.get((framework, dataset), {})
            yield Case(subject, partial(sides, place, framework, dataset), wanted)


def sides(place: Place, framework: str, dataset: str) -> Sequence[Side]:
    """Return an epoch of each."""
    return [
        epochs.side(place, "product", framework, "tuned", dataset),
        epochs.side(place, "primitives", "pytorch", "tuned", dataset),
    ]
