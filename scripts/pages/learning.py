"""Learning: how long until the training loss is as low as all reach it, beside seconds per epoch."""

import numpy as np
import page_model
import pandas as pd
import stats
from comparisons import flag_counts, median_epochs
from page_model import Block, Cell, Page, gap, number, seconds
from summarise import CELL

from pages.layout import FLAGGED, blocks, cell_names, incomplete, interval, is_complete, with_flags

NUMBERS = ["target_loss", "epochs_to_target", "seconds_to_target", "seconds_sd", "seconds_low"]
NUMBERS += ["seconds_high", "epoch_s", "epochs", "loss_last", "accuracy_percent"]
HEADER = ["dataset", "framework", "target loss", "epochs to it", "seconds to it", "interval", "epoch s"]
HEADER += ["epochs trained", "last loss", "test accuracy %"]


def tidy(experiment):
    """One row a cell: CELL, planned and finished folds, flagged, NUMBERS (null unless all folds are there).

    target_loss         of one dataset, split and settings, see targets()
    epochs_to_target    epochs until the mean training loss of an epoch is at most that; median of the folds
    seconds_to_target   build_s + compile_s + these epochs, mean over the folds; seconds_sd, and
                        seconds_low and _high, the interval of that mean
    epoch_s             median epoch, mean over the folds
    runs_reached        runs that reached it
    """
    runs, confidence = experiment.runs, experiment.comparison["confidence"]
    target, flagged, rows = targets(runs), flag_counts(runs, experiment.limits), []
    for key, group in runs.groupby(CELL, sort=False):
        done = group[group["status"] == "ok"]
        found = dict(zip(CELL, key, strict=True))
        goal = target.get((found["settings"], found["split"], found["dataset"]), np.nan)
        found |= {"folds": len(group), "folds_ok": len(done), "flagged": flagged.get(key, 0)}
        if is_complete(found):
            found |= progress(done, goal, confidence)
        rows.append(found)
    columns = [*CELL, "folds", "folds_ok", "flagged", "runs_reached", *NUMBERS]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(NUMBERS, float))


def targets(runs):
    """{(settings, split, dataset): loss}: the highest of all runs' lowest training losses.

    So every run that learns reaches it, on all devices, in all frameworks and implementations, and nobody
    picks it by hand. A run whose losses are not numbers has no part in it.
    """
    done = runs[runs["status"] == "ok"]
    least = done["train_losses"].map(lambda losses: min(filter(np.isfinite, numbers(losses)), default=np.nan))
    return least.groupby([done[name] for name in ("settings", "split", "dataset")]).max().to_dict()


def numbers(losses):
    return np.array(losses, float)  # None becomes NaN


def progress(done, goal, confidence):
    """NUMBERS and runs_reached of the finished runs of a cell."""
    epochs, total = zip(*(until(run, goal) for _, run in done.iterrows()), strict=True)
    reached = int(np.isfinite(epochs).sum())
    low, high = stats.time_interval(total, confidence)
    return {
        "runs_reached": reached,
        "target_loss": goal,
        "epochs_to_target": np.median(epochs),
        "seconds_to_target": np.mean(total),
        "seconds_sd": np.std(total, ddof=1) if len(total) > 1 else np.nan,
        "seconds_low": low,
        "seconds_high": high,
        "epoch_s": median_epochs(done["epochs_s"]).mean(),
        "epochs": done["epochs_s"].map(len).median(),
        "loss_last": np.mean([numbers(losses)[-1] for losses in done["train_losses"]]),
        "accuracy_percent": 100 * done["test_accuracy"].mean(),
    }


def until(run, goal):
    """(epochs, seconds from the start of building) until a run's loss is at most `goal`; NaN if never."""
    there = np.flatnonzero(numbers(run["train_losses"]) <= goal)
    if not len(there):
        return np.nan, np.nan
    needed = int(there[0]) + 1
    return needed, run["build_s"] + run["compile_s"] + sum(run["epochs_s"][:needed])


def page(tidy, experiment):
    title = "Time to the same loss"
    notes = [
        "A fast epoch is worth little if more epochs are needed. Target: the training loss that the slowest"
        " learner just reaches, the highest of all runs' lowest losses for that dataset, split and"
        " settings. Every run is timed until the first epoch whose mean loss is at most that: building,"
        " compiling and these epochs. Whole epochs count.",
        "Training loss and not test accuracy, because the test rows are looked at once, after the last"
        " epoch, and the clock is not stopped for it. Where the last losses lie far apart, one framework"
        " sets an easy target for the others; settings: matched makes them learn alike.",
        f"Seconds: mean ± standard deviation and {experiment.comparison['confidence']:.0%} interval of the"
        " mean, over the folds.",
        *([FLAGGED] if tidy["flagged"].any() else []),
    ]
    if not tidy["target_loss"].notna().any():
        notes.append("No cell has all its runs yet.")
    found = []
    for block_title, block in blocks(tidy):
        rows = [row(cell) for _, cell in block.iterrows()]
        found.append(Block(block_title, HEADER, rows))
    return Page(title, notes, found)


def row(cell):
    if not is_complete(cell):
        return [*cell_names(cell), *[gap("")] * 2, incomplete(cell), *[gap("")] * 5]
    if cell["runs_reached"] < cell["folds"]:
        words = f"{cell['runs_reached']:.0f} of {cell['folds']} runs reach it"
        reach = [gap(""), with_flags(gap(words), cell["flagged"]), gap("")]
    else:
        reach = [
            Cell(f"{cell['epochs_to_target']:g}", cell["epochs_to_target"]),
            with_flags(seconds(cell["seconds_to_target"], cell["seconds_sd"]), cell["flagged"]),
            interval(cell["seconds_low"], cell["seconds_high"]),
        ]
    return [
        *cell_names(cell),
        number_or_gap(cell["target_loss"]),
        *reach,
        seconds(cell["epoch_s"]),
        page_model.whole(cell["epochs"]),
        number_or_gap(cell["loss_last"]),
        number(cell["accuracy_percent"]),
    ]


def number_or_gap(loss):
    return gap("not a number") if page_model.is_null(loss) else number(loss, decimals=4)
