"""Learning: how long until the training loss is as low as all reach it, and seconds per epoch."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from scripts.analysis import flags, stats
from scripts.analysis.cells import median_epochs
from scripts.analysis.experiment import Experiment
from scripts.analysis.frames import column, each_group, finished_runs, planned
from scripts.core.columns import CELL, PLANNED

NEEDED = [*CELL, "replicate", "status", "build_s", "compile_s", "epochs_s", "train_losses", "test_accuracy"]
NUMBERS = ["target_loss", "epochs_to_target", "seconds_to_target", "seconds_sd", "seconds_low"]
NUMBERS += ["seconds_high", "epoch_s", "epochs", "loss_last", "accuracy_percent"]


def tidy(experiment: Experiment) -> pd.DataFrame:
    """Return one row a cell: CELL, planned and finished folds, flagged, NUMBERS (null unless all are there).

    target_loss         of one dataset, split and settings, see targets()
    epochs_to_target    epochs until the mean training loss of an epoch is at most that; median of the folds
    seconds_to_target   build_s + compile_s + these epochs, mean over the folds; seconds_sd, and
                        seconds_low and _high, the interval of that mean
    epoch_s             median epoch, mean over the folds
    runs_reached        runs that reached it
    """
    flagged, confidence = flags.counts(experiment.runs), experiment.comparison["confidence"]
    runs, rows = experiment.runs.loc[:, NEEDED], []
    target = targets(runs)
    for key, group in each_group(runs, CELL):
        finished = finished_runs(group)
        found = dict(zip(CELL, key, strict=True))
        goal = target.get((found["settings"], found["split"], found["dataset"]), np.nan)
        found |= planned(group) | {"flagged": flagged.get(key, 0)}
        if len(finished) == len(group):
            found |= progress(finished, goal, confidence)
        rows.append(found)
    columns = [*CELL, *PLANNED, "flagged", "runs_reached", *NUMBERS]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(NUMBERS, float))


def targets(runs: pd.DataFrame) -> dict[tuple[str, str, str], float]:
    """Return {(settings, split, dataset): loss}: the highest of all runs' lowest training losses.

    So every run that learns reaches it, on all devices, in all frameworks and implementations, and nobody
    picks it by hand. A run whose losses are not numbers has no part in it.
    """
    finished = finished_runs(runs)
    lowest = [least(numbers(losses)) for losses in finished["train_losses"]]
    groups = each_group(finished.assign(lowest_loss=lowest), ["settings", "split", "dataset"])
    return {
        (settings, split, dataset): column(group, "lowest_loss").max()
        for (settings, split, dataset), group in groups
    }


def least(losses: np.ndarray) -> float:
    """Return the least finite loss; NaN where there is none."""
    finite = losses[np.isfinite(losses)]
    return finite.min() if len(finite) else np.nan


def numbers(losses: Iterable) -> np.ndarray:
    """Return the losses as an array, NaN for those that are no numbers."""
    return np.array(losses, float)


def progress(finished: pd.DataFrame, goal: float, confidence: float) -> dict:
    """Return NUMBERS and runs_reached of the finished runs of a cell."""
    started = column(finished, "build_s") + column(finished, "compile_s")
    runs = zip(started, finished["epochs_s"], finished["train_losses"], strict=True)
    epochs, total = zip(*(until(*run, goal) for run in runs), strict=True)
    reached = int(np.isfinite(epochs).sum())
    low, high = stats.time_interval(stats.independent(total, column(finished, "replicate")), confidence)
    return {
        "runs_reached": reached,
        "target_loss": goal,
        "epochs_to_target": np.median(epochs),
        "seconds_to_target": np.mean(total),
        "seconds_sd": np.std(total, ddof=1) if len(total) > 1 else np.nan,
        "seconds_low": low,
        "seconds_high": high,
        "epoch_s": median_epochs(finished["epochs_s"]).mean(),
        "epochs": finished["epochs_s"].map(len).median(),
        "loss_last": np.mean([numbers(losses)[-1] for losses in finished["train_losses"]]),
        "accuracy_percent": 100 * finished["test_accuracy"].mean(),
    }


def until(started: float, epochs_s: np.ndarray, losses: Iterable, goal: float) -> tuple[float, float]:
    """Return (epochs, seconds from the start of building) until a run's loss is at most `goal`, or NaN."""
    there = np.flatnonzero(numbers(losses) <= goal)
    if not len(there):
        return np.nan, np.nan
    return int(there[0]) + 1, float(started + np.cumsum(epochs_s)[there[0]])
