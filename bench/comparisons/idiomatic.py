"""The idiomatic implementations next to the loop that the documentation of each framework shows."""

from collections.abc import Iterator, Sequence
from functools import partial

from bench import epochs
from bench.alternate import Side
from bench.comparisons import Case
from bench.place import Place

TITLE = "Idiomatic implementations"
A = "an epoch of the idiomatic implementation"
B = "an epoch of the loop that its documentation shows (`bench/loops/`), with the same network and rows"
TARGETS = {"wall": 1.0}

LOOPS = {
    "pytorch": "pytorch_example",
    "tensorflow": "keras_fit",
    "theano": "keras_theano",
    "keras_jax": "keras_fit",
    "keras_torch": "keras_fit",
}
DATASET = "mnist"


def cases(place: Place) -> Iterator[Case]:
    """Yield a line for each framework."""
    for framework in LOOPS:
        yield Case(epochs.subject(framework, DATASET), partial(sides, place, framework), TARGETS)


def sides(place: Place, framework: str) -> Sequence[Side]:
    """Return the product's epoch and the documented one."""
    return [
        epochs.side(place, loop, framework, "idiomatic", DATASET) for loop in ("product", LOOPS[framework])
    ]
