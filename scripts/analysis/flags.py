"""The flags of the runs, read from the column `flags` that collecting the records has filled."""

import pandas as pd

from scripts.core.columns import CELL, RUN_ID
from scripts.records import run_flags

COLUMNS = ["flag", *RUN_ID, "excess", "reason", "advice"]
PLACES = list(run_flags.ADVICE)


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """Return one row a flag: COLUMNS, with those of failed and missing runs, in the order of ADVICE.

    excess   measured / limit, null where there is no limit
    """
    found = []
    for run in runs.loc[:, [*RUN_ID, "status", "failure", "flags"]].to_dict("records"):
        named = {name: run[name] for name in RUN_ID}
        for one in flags_of(run):
            found.append(named | one | {"advice": run_flags.ADVICE[one["flag"]]})
    found.sort(key=place)
    return pd.DataFrame(found, columns=COLUMNS)


def flags_of(run: dict) -> list[dict]:
    """Return what the row of a run says of it: {flag, excess, reason} each."""
    if run["status"] == "failed":
        return [run_flags.flag("failed", run["failure"])]
    if run["status"] == "missing":
        return [run_flags.flag("missing", "has no record")]
    return list(run["flags"])


def place(row: dict) -> tuple:
    """Return what rows are sorted by: the flag; those that compare runs also by what is compared."""
    columns, number = [], 0
    if row["flag"] == run_flags.MIXED:
        columns = run_flags.COMPARED
    if row["flag"] == run_flags.STALE:
        facts = list(run_flags.SAME.values())
        number = next(n for n, (_, words) in enumerate(facts) if row["reason"].startswith(words))
        columns = facts[number][0]
    return PLACES.index(row["flag"]), number, *(row[name] for name in columns)


def flagged(runs: pd.DataFrame) -> pd.Series:
    """Return which runs are finished and carry a flag: a Series of bool in their order."""
    return pd.Series([found is not None and len(found) > 0 for found in runs["flags"]], runs.index, bool)


def per_cell(runs: pd.DataFrame) -> pd.DataFrame:
    """Return how many finished runs of each cell carry a flag: CELL, `folds_flagged`; no row for 0."""
    count = runs.loc[flagged(runs)].groupby(CELL, as_index=False).size()
    return count.rename(columns={"size": "folds_flagged"})


def counts(runs: pd.DataFrame) -> dict[tuple, int]:
    """Return {cell: how many of its finished runs carry a flag}; cells without any are left out."""
    return per_cell(runs).set_index(CELL)["folds_flagged"].to_dict()


def ids(runs: pd.DataFrame) -> set[tuple]:
    """Return the RUN_ID of all finished runs that carry a flag."""
    return set(runs.loc[flagged(runs), RUN_ID].itertuples(index=False, name=None))


def names(found: list[dict] | None) -> str:
    """Return the flags of one run in words: `stolen time, stale`; empty without any."""
    return ", ".join(dict.fromkeys(one["flag"] for one in (() if found is None else found)))
