"""Who comes first: the frameworks of one row of the tables in the order that their intervals show."""

from itertools import combinations

import pandas as pd

from scripts.analysis import pairwise
from scripts.analysis.frames import each_group
from scripts.core.columns import BLOCK


def places(runs: pd.DataFrame, comparison: dict) -> pd.DataFrame:
    """Return one row for each BLOCK, dataset and framework, with its place.

    place   1 and the number of frameworks that are shown to be faster: the interval of the ratio of times
            leaves 1 out. So frameworks between which no difference is shown share a place. Null where there
            is nothing to judge by: one run of each, or runs that are missing or have other splits
    """
    rows = []
    for key, group in each_group(runs, [*BLOCK, "dataset"]):
        cell = dict(zip([*BLOCK, "dataset"], key, strict=True))
        found = places_of(group, comparison)
        rows += [cell | {"framework": name, "place": place} for name, place in found.items()]
    return pd.DataFrame(rows).astype({"place": "Int64"})


def places_of(runs: pd.DataFrame, comparison: dict) -> dict[str, int | None]:
    """Return {framework: its place} of the runs of one row of the tables; None for all of them if for one."""
    sides = {name: of_framework for (name,), of_framework in each_group(runs, ["framework"])}
    faster = dict.fromkeys(sides, 0)  # so many are shown to be faster than it
    for one, other in combinations(sides, 2):
        both = pairwise.paired(sides[one], sides[other])
        if pairwise.lacking({name: sides[name] for name in (one, other)}, both):
            return dict.fromkeys(sides)
        found = pairwise.total_ratio(both, (one, other), comparison)
        if found["verdict"] == pairwise.ONE_RUN:
            return dict.fromkeys(sides)
        if found["faster"]:
            faster[one if found["faster"] == other else other] += 1
    return {name: 1 + count if len(sides) > 1 else None for name, count in faster.items()}
