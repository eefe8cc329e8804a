"""Who comes first: the frameworks of one row of the tables in the order that their intervals show."""

from itertools import combinations

import pandas as pd

from scripts.analysis import pairwise
from scripts.analysis.cells import CellRuns, by, cell_runs
from scripts.core.columns import BLOCK


def places(runs: pd.DataFrame, comparison: dict) -> pd.DataFrame:
    """Return one row for each BLOCK, dataset and framework, with its place.

    place   1 and the number of frameworks that are shown to be faster: the interval of the ratio of times
            leaves 1 out. So frameworks between which no difference is shown share a place. Null where there
            is nothing to judge by: one run of each, or runs that are missing or have other splits
    """
    rows = []
    for key, group in by(cell_runs(runs, pairwise.COMPARED), [*BLOCK, "dataset"]).items():
        cell = dict(zip([*BLOCK, "dataset"], key, strict=True))
        found = places_of(group, comparison)
        rows += [cell | {"framework": name, "place": place} for name, place in found.items()]
    return pd.DataFrame(rows).astype({"place": "Int64"})


def places_of(cells: list[CellRuns], comparison: dict) -> dict[str, int | None]:
    """Return {framework: its place} of the cells of one row of the tables; None for all if for one."""
    faster = {cell["framework"]: 0 for cell in cells}  # so many are shown to be faster than it
    for one, other in combinations(cells, 2):
        if pairwise.lacking(one, other, "framework"):
            return dict.fromkeys(faster)
        levels = one["framework"], other["framework"]
        found = pairwise.total_ratio(pairwise.paired(one, other), levels, comparison)
        if found["verdict"] == pairwise.ONE_RUN:
            return dict.fromkeys(faster)
        if found["faster"]:
            faster[levels[found["faster"] == levels[0]]] += 1
    return {name: 1 + count if len(cells) > 1 else None for name, count in faster.items()}
