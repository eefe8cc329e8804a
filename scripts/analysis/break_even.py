"""Break-even: the epochs after which it pays to build and compile for longer."""

import math

import numpy as np
import pandas as pd

from scripts.analysis import flags, pairwise, stats
from scripts.analysis.experiment import Experiment
from scripts.analysis.frames import Row, column
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
    runs, comparison = experiment.runs, experiment.comparison
    flagged, rows = flags.counts(runs), []
    for factor in ("framework", "implementation"):
        for cells, one, other in pairwise.pairs(runs, factor):
            counts, both, reason = pairwise.counted(factor, one, other, flagged)
            found = {name: cells[name] for name in NAMES} | counts
            a, b = one.iloc[0], other.iloc[0]
            if reason:
                rows.append(found | sides(a, b) | {"verdict": reason})
                continue
            values = of_folds(both)
            if np.median(values[0]) < np.median(values[2]):
                a, b, values = b, a, [*values[2:], *values[:2]]
            epochs = column(both, "epochs_s").map(len).max()
            rows.append(found | sides(a, b) | {"epochs": epochs} | crossing(values, epochs, comparison))
    order = list(dict.fromkeys(tuple(row[name] for name in NAMES) for row in rows))
    rows.sort(key=lambda row: order.index(tuple(row[name] for name in NAMES)))
    columns = [*NAMES, *SIDES, *pairwise.COUNTS, *NUMBERS, *EPOCHS, "verdict"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys([*NUMBERS, *EPOCHS], float))


def sides(a: Row, b: Row) -> dict:
    """Return SIDES of two runs."""
    return {name: side[name[:-2]] for name, side in zip(SIDES, (a, a, b, b), strict=True)}


def of_folds(both: pd.DataFrame) -> list[np.ndarray]:
    """Return [start of one, epoch of one, start of other, epoch of other], in seconds.

    Each is an array over the paired folds, or over the replicates where there are several.
    """
    return [
        value
        for end in ("", "_other")
        for value in (
            pairwise.independent(both, column(both, f"build_s{end}") + column(both, f"compile_s{end}")),
            pairwise.independent(both, pairwise.median_epochs(both[f"epochs_s{end}"])),
        )
    ]


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
