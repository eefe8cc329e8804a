"""The figures, a module each: TITLE, LABEL (its line in the report), draw(experiment) -> Figure,
describe(experiment) -> str (what it shows, in sentences, for who does not see it), and where they differ
from the usual

    NEEDS   of what the plan must have something: runs that differ in this alone (framework, device,
            implementation), or `study`, cells that the study printed; any of them is enough
    FILE    a name with {dataset}: the figure is of one dataset, and is drawn for each

This is their registry: plain data, importable without pandas and Matplotlib. A new figure is a module of
its name, a line here, and its caption, report/NAME-figure.rst.
"""

from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from types import ModuleType

from scripts.analysis import display_names
from scripts.core import registry_modules
from scripts.core.run_id import RunId

CATEGORY = "2 Figures"  # of the report
# In the order in which one reads. The report sorts by label, so labels are numbered by it.
NAMES = [
    "times",
    "learning",
    "epochs",
    "breakeven",
    "implementations",
    "devices",
    "published",
    "schedule",
]

FOLDER = Path(__file__).parent
PATHS = registry_modules.paths(FOLDER / "plots")
CONSTANTS = {name: registry_modules.constants(PATHS[name]) for name in NAMES}
OF_ONE_DATASET = [name for name in NAMES if "FILE" in CONSTANTS[name]]


@dataclass(frozen=True)
class Planned:
    """A figure to draw: `file` is its name without suffix, `dataset` is None where it shows all of them."""

    name: str
    dataset: str | None
    file: str
    label: str


def planned(runs: list[RunId], studied: set[tuple[str, str]]) -> list[Planned]:
    """Return the figures that planned runs have something for. `studied`: targets.studied()."""
    datasets, found = sorted({run.dataset for run in runs}), []
    for name in NAMES:
        if name in OF_ONE_DATASET:
            found += [of_dataset(name, dataset) for dataset in datasets]
        elif wanted(name, runs, studied):
            found.append(Planned(name, None, name, label(name)))
    return found


def of_dataset(name: str, dataset: str) -> Planned:
    """Return the figure of one dataset."""
    file = CONSTANTS[name]["FILE"].format(dataset=dataset)
    return Planned(name, dataset, file, f"{label(name)}: {display_names.dataset(dataset)}")


def label(name: str) -> str:
    """Return the numbered label of a figure."""
    return f"{1 + NAMES.index(name)} {CONSTANTS[name]['LABEL']}"


def wanted(name: str, runs: list[RunId], studied: set[tuple[str, str]]) -> bool:
    """Return whether the plan has something for a figure."""
    needs = CONSTANTS[name].get("NEEDS", [])
    return not needs or any(
        measures_study(runs, studied) if need == "study" else compared(runs, need) for need in needs
    )


def compared(runs: list[RunId], factor: str) -> bool:
    """Return whether there are runs that differ in this alone."""
    return len({replace(run, **{factor: ""}) for run in runs}) < len(runs)


def measures_study(runs: list[RunId], studied: set[tuple[str, str]]) -> bool:
    """Return whether there are runs of what the study printed."""
    like_study = ("published", "idiomatic")
    return any(
        (run.dataset, run.framework) in studied and (run.settings, run.implementation) == like_study
        for run in runs
    )


def module(name: str) -> ModuleType:
    """Return the module of a figure, imported."""
    return import_module(registry_modules.dotted(__name__, FOLDER, PATHS[name]))
