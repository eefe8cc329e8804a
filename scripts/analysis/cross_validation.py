"""Validation: what cross-validation costs and shows compared with one holdout split."""

import pandas as pd

from scripts.analysis import display_names, flags, stats
from scripts.analysis.experiment import Experiment
from scripts.analysis.frames import column, each_group, finished_runs, planned
from scripts.core.columns import CELL, PLANNED

KEYS = [name for name in CELL if name != "split"]
NEEDED = [*CELL, "replicate", "status", "total_s", "test_accuracy", "train_rows", "test_rows", "epochs_s"]
NUMBERS = ["holdout_s", "kfold_s", "ratio", "work", "ratio_to_work", "holdout_percent", "kfold_percent"]
NUMBERS += ["kfold_low", "kfold_high", "points", "points_low", "points_high"]
ENOUGH_FOLDS = 3  # finished ones from which all are estimated


def tidy(experiment: Experiment) -> pd.DataFrame:
    """Return one row for each cell that has both splits: KEYS, planned and finished folds, flagged, NUMBERS.

    work            training rows times epochs, all folds over the holdout run
    kfold_s         total_s of all folds; where some are missing the mean of the finished ones times all
    ratio           kfold_s / holdout_s, total_s of all folds over that of the holdout run
    ratio_to_work   ratio / work: 1 if the time went with the rows alone
    kfold_percent   mean of the folds; kfold_low and kfold_high are its interval
    points          kfold_percent - holdout_percent; its interval adds the error of the holdout's test rows to
                    that of the folds, as if they were independent
    status          empty, or what is missing

    NUMBERS are null unless the holdout is complete and there are all folds, or at least ENOUGH_FOLDS.
    """
    flagged, rows = flags.counts(experiment.runs), []
    for key, group in each_group(experiment.runs.loc[:, NEEDED], KEYS):
        one, folds = (group.loc[group["split"] == split] for split in ("holdout", "kfold"))
        if one.empty or folds.empty:
            continue
        finished = finished_runs(folds)
        found = dict(zip(KEYS, key, strict=True)) | planned(folds)
        found["flagged"] = sum(flagged.get(tuple(side.iloc[0][CELL]), 0) for side in (one, folds))
        found["status"] = lacking(planned(one), planned(folds))
        if len(finished_runs(one)) == len(one) and len(finished) >= min(ENOUGH_FOLDS, len(folds)):
            share = len(finished) / len(folds)
            found |= measured(one, finished, share, experiment.comparison["confidence"])
        rows.append(found)
    columns = [*KEYS, *PLANNED, "flagged", *NUMBERS, "status"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(NUMBERS, float))


def lacking(one: dict[str, int], folds: dict[str, int]) -> str:
    """Return what of a cell is missing, by PLANNED of both splits, in words; empty if nothing is."""
    parts = []
    if one["folds_ok"] < one["folds"]:
        parts.append(f"holdout {display_names.incomplete(one)}")
    if folds["folds_ok"] < folds["folds"]:
        words = display_names.incomplete(folds)
        parts.append(words if folds["folds_ok"] else f"folds {words}")
    return ", ".join(parts)


def measured(one: pd.DataFrame, folds: pd.DataFrame, share: float, confidence: float) -> dict:
    """Return NUMBERS of the holdout runs, one of each replicate, and of the folds of all replicates.

    `share` of all folds are there.
    """
    percent = 100 * column(folds, "test_accuracy")
    test_train = column(folds, "test_rows").sum() / column(folds, "train_rows").sum()
    low, high = stats.mean_interval(percent, confidence, test_train)
    chance = 100 * stats.share_error(column(one, "test_accuracy"), column(one, "test_rows"))
    apart = stats.mean_interval(percent, confidence, test_train, chance)
    holdout_s, kfold_s = one["total_s"].mean(), folds["total_s"].sum() / share / len(one)
    ratio, work = kfold_s / holdout_s, row_epochs(folds) / share / row_epochs(one)
    holdout_percent = 100 * column(one, "test_accuracy").mean()
    return {
        "holdout_s": holdout_s,
        "kfold_s": kfold_s,
        "ratio": ratio,
        "work": work,
        "ratio_to_work": ratio / work,
        "holdout_percent": holdout_percent,
        "kfold_percent": percent.mean(),
        "kfold_low": low,
        "kfold_high": high,
        "points": percent.mean() - holdout_percent,
        "points_low": apart.low - holdout_percent,
        "points_high": apart.high - holdout_percent,
    }


def row_epochs(runs: pd.DataFrame) -> int:
    """Return training rows times epochs, of all runs."""
    return int(sum(runs["train_rows"] * runs["epochs_s"].map(len)))
