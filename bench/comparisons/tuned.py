"""The tuned implementation of each framework next to its idiomatic one."""

from collections.abc import Iterator, Sequence
from functools import partial

from bench import epochs
from bench.alternate import Side
from bench.comparisons import Case
from bench.place import Place
from scripts.training.frameworks import registry

TITLE = "Tuned implementations"
A = "an epoch of the tuned implementation"
B = "an epoch of the idiomatic one"
TARGETS = {("theano", "letter"): {"wall": 1 / 1.5}}

DATASETS = ("mnist", "letter")


def cases(place: Place) -> Iterator[Case]:
    """Yield a line for each framework and dataset."""
    for framework in registry.names():
        for dataset in DATASETS:
            subject, wanted = epochs.subject(framework, dataset), TARGETS.get((framework, dataset), {})
            yield Case(subject, partial(sides, place, framework, dataset), wanted)


def sides(place: Place, framework: str, dataset: str) -> Sequence[Side]:
    """Return an epoch of each."""
    return [epochs.side(place, "product", framework, name, dataset) for name in ("tuned", "idiomatic")]
