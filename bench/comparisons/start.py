"""The start of a run: what it imports before it reads its rows."""

from collections.abc import Iterator, Sequence
from functools import partial

from bench.alternate import Side, command
from bench.comparisons import Case
from bench.place import Place
from scripts.core.paths import ROOT

TITLE = "Start of a run"
A = "a Python process that imports what a run does, and sets it up, up to the rows"
B = "a Python process of the same environment that imports the framework and makes an optimiser"
TARGETS = {"cpu": 1.05}

START = """
import sys
sys.path[:0] = [{root!r}]
from scripts.training import session, train
from scripts.training.frameworks import registry
session.set_threads({threads}, "cpu")
registry.module("pytorch").set_up({threads}, "cpu")
"""
# The first optimiser imports as much again as `import torch`: a script that trains cannot do without.
ALONE = """
import torch
torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
"""


def cases(place: Place) -> Iterator[Case]:
    """Yield the line of PyTorch, whose imports take longest."""
    yield Case("PyTorch", partial(sides, place), TARGETS)


def sides(place: Place) -> Sequence[Side]:
    """Return both processes."""
    python = place.python("pytorch")
    start = START.format(root=str(ROOT), threads=place.threads)
    return [
        Side(command(python, "-I", "-c", start)),
        Side(command(python, "-I", "-c", ALONE)),
    ]
