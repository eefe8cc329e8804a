"""Who comes first: the frameworks of one row of the tables in the order that their intervals show."""

from itertools import combinations

import pandas as pd

from scripts.analysis import pairwise
from scripts.analysis.cells import CellRuns, by, cell_runs
from scripts.analysis.pairwise import FASTER, NO_DIFFERENCE, ONE_RUN, OTHER_MACHINES, OTHER_SPLITS
from scripts.core.columns import BLOCK

NOT_TIMED_ALIKE = (OTHER_SPLITS, OTHER_MACHINES)


def places(runs: pd.DataFrame, comparison: dict) -> pd.DataFrame:
    """Return one row for each BLOCK, dataset and framework, with its place.

    place   1 and the number of frameworks that are shown to be faster: the interval of the ratio of times
            leaves 1 out. So frameworks between which no difference is shown share a place. Null where there
            is nothing to judge by: one run of each, or runs that are missing, have other splits or were made
            on other machines
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
        if pairwise.not_timed(one, other, "framework"):
            return dict.fromkeys(faster)
        levels = one["framework"], other["framework"]
        found = pairwise.total_ratio(pairwise.paired(one, other), levels, comparison)
        if found["verdict"] == ONE_RUN:
            return dict.fromkeys(faster)
        if found["faster"]:
            faster[levels[found["faster"] == levels[0]]] += 1
    return {name: 1 + count if len(cells) > 1 else None for name, count in faster.items()}


def leaders(runs: pd.DataFrame, comparison: dict) -> pd.DataFrame:
    """Return one row for each row of the tables, BLOCK and dataset: who is shown to be faster than all.

    fastest   that framework, or null
    verdict   `faster` if there is one; else `no difference shown` between the least time and the next,
              `one run` where there is nothing to judge by, `not all measured`, `only one`, OTHER_SPLITS or
              OTHER_MACHINES
    """
    rows = []
    for key, group in by(cell_runs(runs, pairwise.COMPARED), [*BLOCK, "dataset"]).items():
        found = dict(zip([*BLOCK, "dataset"], key, strict=True))
        least = min(group, key=lambda cell: cell["total_s"].sum())
        verdicts = {verdict_on(least, cell, comparison) for cell in group if cell is not least}
        if len(group) < 2:
            verdict = "only one"
        elif not verdicts <= {*NOT_TIMED_ALIKE, ONE_RUN, NO_DIFFERENCE, FASTER}:
            verdict = "not all measured"
        else:
            verdict = next(
                words for words in (*NOT_TIMED_ALIKE, ONE_RUN, NO_DIFFERENCE, FASTER) if words in verdicts
            )
        fastest = least["framework"] if verdict == FASTER else None
        rows.append(found | {"fastest": fastest, "verdict": verdict})
    return pd.DataFrame(rows)


def verdict_on(least: CellRuns, cell: CellRuns, comparison: dict) -> str:
    """Return the verdict on the least time and another one, or why there is none."""
    reason = pairwise.not_timed(least, cell, "framework")
    levels = least["framework"], cell["framework"]
    return reason or pairwise.total_ratio(pairwise.paired(least, cell), levels, comparison)["verdict"]
