"""Validation: what cross-validation costs and tells beside one holdout split."""

import comparisons
import labels
import page_model
import pandas as pd
import stats
from comparisons import tested_to_trained
from page_model import Block, Cell, Page, number, seconds
from summarise import CELL

from pages.layout import FLAGGED, blocks, cell_names, interval, with_flags

KEYS = [name for name in CELL if name != "split"]
NUMBERS = ["holdout_s", "kfold_s", "ratio", "work", "ratio_to_work", "holdout_percent", "kfold_percent"]
NUMBERS += ["kfold_low", "kfold_high", "points"]
HEADER = ["dataset", "framework", "holdout s", "all folds s", "time", "work", "time / work"]
HEADER += ["holdout %", "folds %", "interval", "folds - holdout, points"]


def tidy(experiment):
    """One row for each cell that has both splits: KEYS, planned and finished folds, flagged, NUMBERS.

    work            training rows times epochs, all folds over the holdout run
    ratio           kfold_s / holdout_s, total_s of all folds over that of the holdout run
    ratio_to_work   ratio / work: 1 if the time went with the rows alone
    points          kfold_percent - holdout_percent; kfold_low and kfold_high are the interval of the mean
    status          empty, or what is missing
    """
    flagged, rows = comparisons.flag_counts(experiment.runs, experiment.limits), []
    for key, group in experiment.runs.groupby(KEYS, sort=False):
        one, folds = (group[group["split"] == split] for split in ("holdout", "kfold"))
        if one.empty or folds.empty:
            continue
        done = folds[folds["status"] == "ok"]
        found = dict(zip(KEYS, key, strict=True)) | {
            "folds": len(folds),
            "folds_ok": len(done),
            "flagged": sum(flagged.get(tuple(side.iloc[0][CELL]), 0) for side in (one, folds)),
        }
        found["status"] = lacking(one, found)
        if not found["status"]:
            found |= beside(one.iloc[0], done, experiment.comparison["confidence"])
        rows.append(found)
    columns = [*KEYS, "folds", "folds_ok", "flagged", *NUMBERS, "status"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(NUMBERS, float))


def lacking(one, found):
    parts = ["holdout missing"] if one.iloc[0]["status"] != "ok" else []
    if found["folds_ok"] < found["folds"]:
        words = labels.incomplete(found["folds_ok"], found["folds"])
        parts.append(words if found["folds_ok"] else f"folds {words}")
    return ", ".join(parts)


def beside(one, folds, confidence):
    """NUMBERS of a holdout run (a row of the runs) and its folds."""
    percent = 100 * folds["test_accuracy"]
    low, high = stats.mean_interval(percent, confidence, tested_to_trained(folds))
    ratio = folds["total_s"].sum() / one["total_s"]
    epochs = folds["epochs_s"].map(len)
    work = (folds["train_rows"] * epochs).sum() / (one["train_rows"] * len(one["epochs_s"]))
    return {
        "holdout_s": one["total_s"],
        "kfold_s": folds["total_s"].sum(),
        "ratio": ratio,
        "work": work,
        "ratio_to_work": ratio / work,
        "holdout_percent": 100 * one["test_accuracy"],
        "kfold_percent": percent.mean(),
        "kfold_low": low,
        "kfold_high": high,
        "points": percent.mean() - 100 * one["test_accuracy"],
    }


def page(tidy, experiment):
    title = "Cross-validation and holdout"
    if tidy.empty:
        only = ", ".join(dict.fromkeys(experiment.runs["split"]))
        words = f"All runs are {only}: with `splits: [holdout, kfold]` in the config both are compared."
        return Page(title, [words])
    notes = [
        "time = seconds of all folds over those of the one holdout run; work = training rows times epochs"
        " alike. Where time / work is 1, cross-validation costs what its rows cost; above 1 each fold pays"
        " again for building and compiling, or the machine was slower; below 1 the holdout run was slow, or"
        " paid for what later runs find done (Theano's first compilation). The holdout is one run, so"
        " there is no interval, and small distances from 1 are no finding.",
        f"interval: {experiment.comparison['confidence']:.0%} confidence interval of the mean accuracy of the"
        " folds (corrected variance). The holdout trains on fewer rows than a fold, so its accuracy may"
        " be lower for that reason alone.",
        *([FLAGGED] if tidy["flagged"].any() else []),
    ]
    found = []
    for block_title, block in blocks(tidy):
        rows = [row(cell) for _, cell in block.iterrows()]
        found.append(Block(block_title, HEADER, rows))
    return Page(title, notes, found)


def row(cell):
    if cell["status"]:
        shown = with_flags(page_model.gap(cell["status"]), cell["flagged"])
        return [*cell_names(cell), *[page_model.gap("")] * 2, shown, *[page_model.gap("")] * 6]
    return [
        *cell_names(cell),
        seconds(cell["holdout_s"]),
        seconds(cell["kfold_s"]),
        with_flags(Cell(f"{cell['ratio']:.2f}", cell["ratio"]), cell["flagged"]),
        number(cell["work"]),
        number(cell["ratio_to_work"]),
        number(cell["holdout_percent"]),
        number(cell["kfold_percent"]),
        interval(cell["kfold_low"], cell["kfold_high"]),
        number(cell["points"], sign=True),
    ]
