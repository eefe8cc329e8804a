"""The same cell of several experiments side by side, and whether it may be compared: by a rule.

The first experiment is the reference. A cell of another one is compared with it only if

- both have all folds that they planned, and the same folds;
- network, training, prepared data and the rows of every fold are the same;
- for the times: the number of threads is the same. Where it is not, only accuracies are compared.

What is worth knowing but refuses nothing is a remark: another version of the framework, other training code,
doubtful runs.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from scripts.analysis import display_names
from scripts.analysis.cells import cells
from scripts.analysis.provenance import with_facts
from scripts.compare.sources import Source
from scripts.core.columns import CELL, PLANNED
from scripts.core.training_spec import seeds_of

COMPARED = ("comparable", "accuracy only")


def tidy(sources: list[Source]) -> pd.DataFrame:
    """Make a row for each cell and source; cells in the order of the first source that has them.

    seconds, accuracy_percent  as in the tables of that experiment: of all folds, null unless all are there
    gflops         median calibration of these runs
    status         reference, comparable, accuracy only, not comparable, incomplete or absent
    reason         why it is not comparable
    time_ratio     seconds / those of the reference: below 1, this one was faster
    gflops_ratio   gflops of the reference / gflops: the ratio of times if only arithmetic speed counted
    points         accuracy_percent minus that of the reference
    same_accuracy  every fold has exactly the accuracy of the reference
    remark         what differs and refuses nothing
    """
    sides_of = [Sides(source) for source in sources]
    rows = []
    for key in dict.fromkeys(key for sides in sides_of for key in sides.groups):
        reference = sides_of[0].side(key)
        for sides in sides_of:
            side = sides.side(key)
            rows.append(
                {"source": side.source.label, "path": side.source.path}
                | dict(zip(CELL, key, strict=True))
                | side.facts()
                | compared(side, reference)
            )
    numbers = ["seconds", "accuracy_percent", "gflops", "time_ratio", "gflops_ratio", "points"]
    return pd.DataFrame(rows).astype(dict.fromkeys(numbers, float))


class Sides:
    """The cells of one source."""

    def __init__(self, source: Source) -> None:
        self.source = source
        groups: Any = source.runs.groupby(CELL, sort=False)  # keys are tuples, as by several columns
        self.groups: dict[tuple, pd.DataFrame] = dict(iter(groups))

    def side(self, key: tuple) -> "Side":
        """Return one cell."""
        return Side(self.source, self.groups.get(key))


class Side:
    """One cell of one source, by fold; without any runs where it is not planned."""

    def __init__(self, source: Source, runs: pd.DataFrame | None) -> None:
        self.source, self.planned = source, 0 if runs is None else len(runs)
        self.finished, self.cell = pd.DataFrame(), pd.Series(dtype=object)
        if runs is not None:
            self.finished = (
                with_facts(runs, ["framework_version"]).set_index(["replicate", "fold"]).sort_index()
            )
            self.cell = cells(runs).iloc[0]

    @property
    def lacks(self) -> str:
        """Write what it lacks to be compared; empty if nothing."""
        if not self.planned:
            return "not part of this experiment"
        return "" if len(self.finished) == self.planned else display_names.incomplete(self.cell)

    def facts(self) -> dict[str, Any]:
        """Return the columns up to `gflops`."""
        if not self.planned:
            none = dict.fromkeys(PLANNED, 0)
            return none | dict.fromkeys(["seconds", "accuracy_percent", "gflops"])
        wanted = [*PLANNED, "seconds", "accuracy_percent"]
        return {**self.cell.loc[wanted], "gflops": self.finished.loc[:, "calibration_gflops"].median()}

    def value(self, name: str) -> Any:
        """Return the value of a column that is the same in all folds; else all of them, sorted, as text."""
        values = list(dict.fromkeys(self.finished[name]))
        return values[0] if len(values) == 1 else ", ".join(sorted(map(str, values)))


def compared(side: Side, reference: Side) -> dict[str, Any]:
    """Compare one side with the reference: the columns from `status` on."""
    row = dict.fromkeys(["time_ratio", "gflops_ratio", "points", "same_accuracy"]) | {"remark": ""}
    if side.lacks:
        return row | {"status": "incomplete" if side.planned else "absent", "reason": side.lacks}
    if side.source is reference.source:
        return row | {"status": "reference", "reason": ""}
    if reference.lacks:
        return row | {"status": "not comparable", "reason": f"{reference.source.path}: {reference.lacks}"}
    refused, threads = refusals(side, reference), other_threads(side, reference)
    if refused:
        return row | {"status": "not comparable", "reason": "; ".join([*refused, *threads])}
    mine, others = (cell.finished.loc[:, "test_accuracy"] for cell in (side, reference))
    row |= {
        "points": 100 * (mine.mean() - others.mean()),
        "same_accuracy": bool((mine == others).all()),
        "remark": "; ".join(remarks(side, reference)),
    }
    if threads:
        return row | {"status": "accuracy only", "reason": threads[0]}
    now, was = side.facts(), reference.facts()
    row |= {"time_ratio": now["seconds"] / was["seconds"], "gflops_ratio": was["gflops"] / now["gflops"]}
    return row | {"status": "comparable", "reason": ""}


def refusals(side: Side, reference: Side) -> list[str]:
    """List why neither times nor accuracies may be compared: key, value and file of both."""
    dataset, reasons = side.cell["dataset"], []
    for name in ("network", "training"):
        mine, others = (json.loads(cell.finished.loc[:, name].iloc[0]) for cell in (side, reference))
        key = f"{'networks' if name == 'network' else name}.{dataset}"
        reasons += [difference(*each, side, reference) for each in differences(mine, others, key)]
    mine, others = (cell.finished.loc[:, "split_digest"].to_dict() for cell in (side, reference))
    if mine != others:
        of_config = differences(rows_of(side), rows_of(reference))
        keys = [difference(*each, side, reference) for each in of_config]
        reasons += keys or [difference("split_digest", "other rows", "others", side, reference)]
    mine, others = side.value("data_digest"), reference.value("data_digest")
    if mine != others:
        reasons.append(difference("data_digest", mine, others, side, reference))
    return reasons


def rows_of(side: Side) -> dict[str, Any]:
    """Take from the config what decides which rows a run trains on."""
    share = "folds" if side.cell.loc["split"] == "kfold" else "test_size"
    split = {name: side.source.config["split"][name] for name in ("rows", share)}
    seeds = seeds_of(side.source.config)
    return {"split": split, "seed": seeds if len(seeds) > 1 else seeds[0]}


def other_threads(side: Side, reference: Side) -> list[str]:
    """List the difference in the number of threads, if there is one."""
    mine, others = side.value("threads"), reference.value("threads")
    return [] if mine == others else [difference("threads", mine, others, side, reference)]


def difference(key: str, mine: Any, others: Any, side: Side, reference: Side) -> str:
    """Write key, value and file of both sides."""
    return f"{key}: {mine} in {side.source.path}, {others} in {reference.source.path}"


def differences(mine: Any, others: Any, key: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield (key, value, other value) of the leaves that differ between two nested mappings or lists."""
    if isinstance(mine, list) and isinstance(others, list) and len(mine) == len(others):
        mine, others = dict(enumerate(mine, start=1)), dict(enumerate(others, start=1))
    if isinstance(mine, dict) and isinstance(others, dict):
        for name in dict.fromkeys([*mine, *others]):
            yield from differences(mine.get(name), others.get(name), f"{key}.{name}".strip("."))
    elif mine != others:
        yield key, as_text(mine), as_text(others)


def as_text(value: Any) -> Any:
    """Write a value of the config; of a longer list its length."""
    if isinstance(value, list):
        return f"{len(value)} entries"
    return json.dumps(value) if isinstance(value, dict) else value


DOUBTFUL = "runs are doubtful"


def is_doubtful(cell: Mapping[str, Any]) -> bool:
    """Return whether the ratio of a cell, a row of tidy(), rests on doubtful runs."""
    return DOUBTFUL in cell["remark"]


def remarks(side: Side, reference: Side) -> Iterator[str]:
    """Write what differs and refuses nothing."""
    mine, others = side.value("framework_version"), reference.value("framework_version")
    if mine != others:
        yield f"{display_names.framework(str(side.cell['framework']))} {mine} and {others}"
    if side.value("trainer_digest") != reference.value("trainer_digest"):
        yield "other training code"
    doubtful = [sum(cell.finished.loc[:, "validity"] != "clean") for cell in (side, reference)]
    if any(doubtful):
        yield f"{doubtful[0]} of {side.planned} and {doubtful[1]} of {reference.planned} {DOUBTFUL}"
