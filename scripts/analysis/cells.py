"""The cells of the tables: the table of runs in, a tidy table out, in full precision.

Times are in seconds, accuracies in percent. `total_s` of a run is build + compile + train. A cell
is settings x implementation x device x split x dataset x framework; its folds are added up only
when all of them are there. Where the config has several seeds, each is a replicate with folds of its own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from scripts.analysis import flags
from scripts.analysis.frames import Row, column, finished_runs
from scripts.core.columns import BLOCK, CELL, FOLDS, PHASES, PLANNED

# Percent of test rows also trained on from which accuracies are marked: they may be half a point too high.
SEEN_MUCH = 0.5
DOUBTFUL = ["folds_doubtful", "attempts"]
COLUMNS = ["total_s", "test_accuracy", "validity", "attempts", *PHASES, "first_s"]
OF_FOLDS = ["fold_mean_s", "fold_sd_s", "fold_least_s", "fold_most_s"]


# ---- The runs of each cell as arrays, which thousands of comparisons read faster than tables ----


@dataclass(frozen=True)
class CellRuns:
    """The runs of one cell: `key` are its CELL, `planned` and `replicates` count all of them.

    `failed` is the number of those that ended without a result, `flagged` that of finished ones that carry
    a flag. `values` are columns of the finished ones, in the order of the table.
    """

    key: tuple
    planned: int
    replicates: int
    failed: int
    flagged: int
    values: dict[str, np.ndarray]

    def __getitem__(self, name: str) -> Any:
        """Return a column of CELL, one value, or of the finished runs."""
        return self.key[CELL.index(name)] if name in CELL else self.values[name]

    def __len__(self) -> int:
        """Return the number of finished runs."""
        return len(next(iter(self.values.values())))

    @property
    def is_complete(self) -> bool:
        """Whether all planned runs are finished."""
        return len(self) == self.planned

    @property
    def counts(self) -> dict[str, int]:
        """Its PLANNED."""
        return dict(zip(PLANNED, (self.replicates, self.planned, len(self), self.failed), strict=True))

    def at(self, places: np.ndarray) -> "CellRuns":
        """Return the cell with these of its finished runs alone, in this order."""
        return replace(self, values={name: value[places] for name, value in self.values.items()})


def cell_runs(runs: pd.DataFrame, columns: Sequence[str]) -> list[CellRuns]:
    """Return the cells of the table of runs in the order of the plan, with these columns.

    The column `epoch_s` is the median epoch of each run, in seconds.
    """
    if runs.empty:
        return []
    codes = runs.groupby(CELL, sort=False).ngroup().to_numpy()
    finished = column(runs, "status").eq("ok").to_numpy()
    order = np.flatnonzero(finished)[np.argsort(codes[finished], kind="stable")]
    values = {name: values_of(runs, name)[order] for name in columns}
    keys = list(runs.drop_duplicates(CELL)[CELL].itertuples(index=False, name=None))
    ends = np.searchsorted(codes[order], np.arange(len(keys) + 1))
    planned = np.bincount(codes)
    failed = np.bincount(codes, weights=column(runs, "status").eq("failed")).astype(int)
    flagged = np.bincount(codes, weights=flags.flagged(runs)).astype(int)
    replicates = runs.groupby(codes)["replicate"].nunique().to_numpy()
    return [
        CellRuns(
            key,
            int(planned[n]),
            int(replicates[n]),
            int(failed[n]),
            int(flagged[n]),
            {name: value[ends[n] : ends[n + 1]] for name, value in values.items()},
        )
        for n, key in enumerate(keys)
    ]


def values_of(runs: pd.DataFrame, name: str) -> np.ndarray:
    """Return a column of all runs; numbers that may be null are floats."""
    if name == "epoch_s":
        return median_epochs(runs["epochs_s"])
    values = column(runs, name)
    numeric = values.dtype.kind in "if" or values.isna().all()
    return values.to_numpy(float) if numeric else values.to_numpy(object)


def median_epochs(runs_epochs: Iterable) -> np.ndarray:
    """Return the median epoch of each run, in seconds; NaN where there is none."""
    lists = list(runs_epochs)
    lengths = np.array([0 if epochs is None else len(epochs) for epochs in lists], int)
    medians = np.full(len(lists), np.nan)
    for length in set(lengths) - {0}:
        places = np.flatnonzero(lengths == length)
        medians[places] = np.median([lists[place] for place in places], axis=1)
    return medians


def by(cells: Iterable[CellRuns], names: Sequence[str]) -> dict[tuple[Any, ...], list[CellRuns]]:
    """Return {values of these of CELL: the cells that have them}, in the order of the cells."""
    groups = {}
    for cell in cells:
        groups.setdefault(tuple(cell[name] for name in names), []).append(cell)
    return groups


# ---- Tables ----


def cells(runs: pd.DataFrame) -> pd.DataFrame:
    """Return one row a cell, in the order of the plan.

    replicates              seeds that it is planned with
    folds, folds_ok, folds_failed   planned, finished and failed runs, of all replicates
    seconds                 sum of total_s over all folds, mean of the replicates; null unless all are there
    fold_mean_s, fold_sd_s  mean and standard deviation (ddof=1) of total_s over the finished folds
    fold_least_s, fold_most_s   least and most of total_s over the finished folds
    folds_doubtful          finished runs whose times are not clean (core/validity)
    attempts                how often they were run in all: doubtful ones are repeated
    accuracy_percent, accuracy_sd   of the test rows, over the folds; null unless all are there
    PHASES, total_s, first_s    mean over the finished runs
    """
    rows = []
    for cell in cell_runs(runs, COLUMNS):
        total_s, percent = cell["total_s"], 100 * cell["test_accuracy"]
        rows.append(
            dict(zip(CELL, cell.key, strict=True))
            | cell.counts
            | {
                "seconds": total_s.sum() / cell.replicates if cell.is_complete else None,
                "fold_mean_s": mean(total_s),
                "fold_sd_s": deviation(total_s),
                "fold_least_s": total_s.min() if len(cell) else np.nan,
                "fold_most_s": total_s.max() if len(cell) else np.nan,
                "folds_doubtful": int((cell["validity"] != "clean").sum()),
                "attempts": int(np.nan_to_num(cell["attempts"], nan=1).sum()),
                "accuracy_percent": mean(percent) if cell.is_complete else None,
                "accuracy_sd": deviation(percent) if cell.is_complete else None,
            }
            | {name: mean(cell[name]) for name in [*PHASES, "total_s", "first_s"]}
        )
    numbers = ["seconds", "accuracy_percent", "accuracy_sd"]
    return pd.DataFrame(rows).astype(dict.fromkeys(numbers, float))


def mean(values: np.ndarray) -> float:
    """Return the mean of the numbers that are known; NaN where there is none."""
    known = ~np.isnan(values)
    return np.where(known, values, 0).sum() / known.sum() if known.any() else np.nan


def deviation(values: np.ndarray) -> float:
    """Return the standard deviation (ddof = 1); NaN of fewer than two values."""
    return float(np.std(values, ddof=1)) if len(values) > 1 else np.nan


def is_unsettled(cell: Row) -> bool:
    """Return whether the folds of a cell differ by more than their mean, and some of them are doubtful.

    Their sum or mean would then be a number that nothing stands for.
    """
    return bool(cell["folds_doubtful"]) and cell["fold_sd_s"] > cell["fold_mean_s"]


def times(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the times of each cell."""
    return with_flags(runs).loc[:, [*CELL, *FOLDS, *DOUBTFUL, "seconds", *OF_FOLDS]]


def answer(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the cells with `times_fastest`: seconds over the least of their row.

    It is null unless all cells of the row are there.
    """
    numbers = ["folds_doubtful", "seconds", "accuracy_percent"]
    table = cells(runs)[[*CELL, *PLANNED, *numbers]]
    rows = table.groupby([*BLOCK, "dataset"], sort=False)["seconds"]
    least = rows.transform("min").where(rows.transform("count") == rows.transform("size"))
    return table.assign(times_fastest=table["seconds"] / least)


def accuracy(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the test accuracies of each cell."""
    return with_flags(runs).loc[:, [*CELL, *FOLDS, "accuracy_percent", "accuracy_sd"]]


def with_flags(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the cells, each with `folds_flagged`, the number of its runs that carry a flag."""
    found = cells(runs).merge(flags.per_cell(runs), how="left", on=CELL)
    return found.assign(folds_flagged=found["folds_flagged"].fillna(0).astype(int))


def phases(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the mean seconds of each phase of the runs of each cell."""
    return cells(runs).loc[:, [*CELL, *PLANNED, *PHASES, "total_s", "first_s"]]


def seen_percent(runs: pd.DataFrame) -> pd.DataFrame:
    """Return CELL and seen_percent of each cell: of the test rows of its finished runs, null if not known."""
    finished = finished_runs(runs)
    known = finished.loc[column(finished, "seen_test_rows").notna(), [*CELL, "test_rows", "seen_test_rows"]]
    sums = known.groupby(CELL, sort=False, as_index=False)[["test_rows", "seen_test_rows"]].sum()
    percent = 100 * column(sums, "seen_test_rows") / column(sums, "test_rows")
    return sums[CELL].assign(seen_percent=percent.astype(float))
