"""Break-even: the epochs after which it pays to build and compile for longer."""

import math

import numpy as np
import pandas as pd

from scripts.analysis import pairwise, stats
from scripts.analysis.cells import CellRuns, cell_runs
from scripts.analysis.experiment import Experiment
from scripts.analysis.pairwise import NO_DIFFERENCE, ONE_RUN

NAMES = ["settings", "device", "split", "dataset"]
SIDES = ["framework_a", "implementation_a", "framework_b", "implementation_b"]
NUMBERS = ["start_s_a", "start_s_b", "epoch_s_a", "epoch_s_b"]
EPOCHS = ["break_even", "break_even_low", "break_even_high", "epochs"]
AHEAD, PAYS, LATER = "B is ahead from the start", "A pays", "A does not pay"
UNSURE, FEW = "cannot tell", "too few folds or seeds for an interval"


def tidy(experiment: Experiment) -> pd.DataFrame:
    """Return one row for two frameworks of one implementation, or two implementations of one framework.

    a is the side that starts more slowly. start_s: build_s + compile_s, median over the folds that both
    finished; epoch_s: median epoch, mean over the folds.
    break_even      epochs after which a has caught up (stats.break_even), null where it never does
    epochs          that were trained
    verdict         AHEAD; PAYS or LATER if the whole interval of break_even lies within or beyond these
                    epochs, else UNSURE; or why there is none
    """
    runs, rows = cell_runs(experiment.runs, [*pairwise.COMPARED, "build_s", "compile_s"]), []
    for factor in ("framework", "implementation"):
        for cells, one, other in pairwise.pairs(runs, factor):
            counts, reason = pairwise.counted(factor, one, other)
            a, b = pairwise.paired(one, other)
            found = {name: cells[name] for name in NAMES} | counts
            if reason:
                rows.append(found | sides(a, b) | {"verdict": reason})
                continue
            epochs = max(map(len, a["epochs_s"]))
            values = [*of_folds(a), *of_folds(b)]
            if np.median(values[0]) < np.median(values[2]):
                a, b, values = b, a, [*values[2:], *values[:2]]
            rows.append(
                found | sides(a, b) | {"epochs": epochs} | crossing(values, epochs, experiment.comparison)
            )
    order = list(dict.fromkeys(tuple(row[name] for name in NAMES) for row in rows))
    rows.sort(key=lambda row: order.index(tuple(row[name] for name in NAMES)))
    columns = [*NAMES, *SIDES, *pairwise.COUNTS, *NUMBERS, *EPOCHS, "verdict"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys([*NUMBERS, *EPOCHS], float))


def sides(a: CellRuns, b: CellRuns) -> dict:
    """Return SIDES of two cells."""
    return {name: side[name[:-2]] for name, side in zip(SIDES, (a, a, b, b), strict=True)}


def of_folds(cell: CellRuns) -> list[np.ndarray]:
    """Return [start, epoch] in seconds, arrays over the folds, or over the replicates of several."""
    start = cell["build_s"] + cell["compile_s"]
    return [pairwise.independent(cell, value) for value in (start, cell["epoch_s"])]


def crossing(values: list[np.ndarray], epochs: int, comparison: dict) -> dict:
    """Return NUMBERS, break_even and the verdict; `values` as of_folds gives them, the slower start first."""
    settings = comparison["confidence"], comparison["bootstrap"]
    middle = [float(mean(value)) for mean, value in zip([np.median, np.mean] * 2, values, strict=True)]
    found = dict(zip(["start_s_a", "epoch_s_a", "start_s_b", "epoch_s_b"], middle, strict=True))
    a, b = middle[:2], middle[2:]
    needed, folds = stats.break_even(a, b), len(values[0])
    if folds > 1 and stats.ratio_interval(values[1], values[3], *settings).holds(1):
        return found | {"verdict": f"epochs: {NO_DIFFERENCE}"}
    if math.isinf(needed):
        return found | {"verdict": AHEAD if folds > 1 else ONE_RUN}
    low, high = stats.break_even_interval(values[:2], values[2:], *settings)
    if math.isnan(low):
        verdict = FEW if folds > 1 else ONE_RUN
    else:
        verdict = PAYS if high <= epochs else LATER if low > epochs else UNSURE
    return found | {
        "break_even": needed,
        "break_even_low": low,
        "break_even_high": high,
        "verdict": verdict,
    }
