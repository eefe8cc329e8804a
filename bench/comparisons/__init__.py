"""The comparisons, a module each: TITLE, A and B (what is compared; B is None where A is shown by itself),
and cases(place), the lines to measure.

This is their registry. A new comparison is a module of its name and a line here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from types import ModuleType

from bench.alternate import Side

# In the order in which one reads.
NAMES = ["dry_run", "results", "start", "command", "folds", "clock", "idiomatic", "tuned", "floor"]


@dataclass(frozen=True)
class Case:
    """One line: its subject, its sides once they are asked for, and the highest ratios that are wanted.

    `sides` makes what the commands need, and raises place.Lacking where that cannot be. Keys of `targets` are
    those of lines.FIELDS.
    """

    subject: str
    sides: Callable[[], Sequence[Side]]
    targets: Mapping[str, float] = field(default_factory=dict)


def module(name: str) -> ModuleType:
    """Return the module of a comparison."""
    return import_module(f"{__name__}.{name}")
