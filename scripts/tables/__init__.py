"""The tables, a module each: TITLE, LABEL (its line in the report), tidy(experiment) makes the numbers and
page(tidy, experiment) lays them out.

This is their registry: plain data, importable without pandas. A new table is a module of its name, a line
here, and its caption, report/NAME.rst.
"""

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType

from scripts.core import registry_modules

RESULTS, CHECKS, ENVIRONMENTS = "1 Results", "3 Checks", "4 Environments"  # categories of the report
# In the order in which one reads. The report sorts by label, so labels are numbered by it.
ORDER = {
    RESULTS: [
        "answer",
        "times",
        "speedups",
        "accuracy",
        "differences",
        "published",
        "verdicts",
        "doubts",
        "learning",
        "phases",
        "breakeven",
        "implementations",
        "keras_costs",
        "backends",
        "devices",
        "validation",
    ],
    CHECKS: ["flags", "parity", "parity-figure", "effective", "data"],
    ENVIRONMENTS: ["software", "machines"],
}
ELSEWHERE = ["parity", "parity-figure"]  # made and labelled by rules/parity.smk
HEADS = {RESULTS: "table", CHECKS: "check", ENVIRONMENTS: "environment"}  # of the column of labels

FOLDER = Path(__file__).parent
PATHS = registry_modules.paths(FOLDER / "results", FOLDER / "study", FOLDER / "checks")
NAMES = [name for names in ORDER.values() for name in names if name not in ELSEWHERE]


@dataclass(frozen=True)
class Entry:
    """The place of a table in the report; `labels` is {head of the column: numbered label}."""

    name: str
    category: str
    labels: dict[str, str]


def entries() -> list[Entry]:
    """Return the place of every table in the report."""
    found = []
    for category, names in ORDER.items():
        digits = len(str(len(names)))
        for number, name in enumerate(names, start=1):
            if name not in ELSEWHERE:
                label = f"{number:0{digits}} {registry_modules.constants(PATHS[name])['LABEL']}"
                found.append(Entry(name, category, {HEADS[category]: label}))
    return found


def module(name: str) -> ModuleType:
    """Return the module of a table, imported."""
    return import_module(registry_modules.dotted(__name__, FOLDER, PATHS[name]))
