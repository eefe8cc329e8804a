"""The cells of the tables: the table of runs in, a tidy table out, in full precision.

Times are in seconds, accuracies in percent. `total_s` of a run is build + compile + train. A cell
is settings x implementation x device x split x dataset x framework; its folds are added up only
when all of them are there. Where the config has several seeds, each is a replicate with folds of its own.
"""

import pandas as pd

from scripts.analysis import flags
from scripts.analysis.frames import Row, column, each_group, finished_runs
from scripts.core.columns import BLOCK, CELL, FOLDS, PHASES

DOUBTFUL = ["folds_doubtful", "attempts"]
OF_FOLDS = ["fold_mean_s", "fold_sd_s", "fold_least_s", "fold_most_s"]


def cells(runs: pd.DataFrame) -> pd.DataFrame:
    """Return one row a cell, in the order of the plan.

    replicates              seeds that it is planned with
    folds, folds_ok         planned and finished runs, of all replicates
    seconds                 sum of total_s over all folds, mean of the replicates; null unless all are there
    fold_mean_s, fold_sd_s  mean and standard deviation (ddof=1) of total_s over the finished folds
    fold_least_s, fold_most_s   least and most of total_s over the finished folds
    folds_doubtful          finished runs whose times are not clean (core/validity)
    attempts                how often they were run in all: doubtful ones are repeated
    accuracy_percent, accuracy_sd   of the test rows, over the folds; null unless all are there
    PHASES, total_s, first_s    mean over the finished runs
    """
    rows = []
    for key, group in each_group(runs, CELL):
        finished = finished_runs(group)
        complete, replicates = len(finished) == len(group), column(group, "replicate").nunique()
        percent = 100 * finished["test_accuracy"]
        rows.append(
            dict(zip(CELL, key, strict=True))
            | {
                "replicates": replicates,
                "folds": len(group),
                "folds_ok": len(finished),
                "seconds": finished["total_s"].sum() / replicates if complete else None,
                "fold_mean_s": finished["total_s"].mean(),
                "fold_sd_s": finished["total_s"].std(ddof=1),
                "fold_least_s": finished["total_s"].min(),
                "fold_most_s": finished["total_s"].max(),
                "folds_doubtful": int(column(finished, "validity").ne("clean").sum()),
                "attempts": int(column(finished, "attempts").fillna(1).sum()),
                "accuracy_percent": percent.mean() if complete else None,
                "accuracy_sd": percent.std(ddof=1) if complete else None,
            }
            | {name: finished[name].mean() for name in [*PHASES, "total_s"]}
            | {"first_s": column(finished, "first_s").astype(float).mean()}
        )
    numbers = ["seconds", "accuracy_percent", "accuracy_sd"]
    return pd.DataFrame(rows).astype(dict.fromkeys(numbers, float))


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
    columns = ["replicates", "folds", "folds_ok", "folds_doubtful", "seconds", "accuracy_percent"]
    table = cells(runs)[[*CELL, *columns]]
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
    return cells(runs).loc[:, [*CELL, "replicates", "folds", "folds_ok", *PHASES, "total_s", "first_s"]]
