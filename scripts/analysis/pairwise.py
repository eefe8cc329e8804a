"""Runs compared in pairs: the table of runs in, tidy tables of ratios and differences out.

Two cells are compared that differ in one thing alone (`factor`: framework, device, implementation), fold
by fold. In every table `FACTOR_a` and `FACTOR_b` name the two sides; columns end in _a and _b alike.
`comparison` is that section of the config.
"""

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pandas as pd

from scripts.analysis import display_names, stats
from scripts.analysis.cells import CellRuns, by, cell_runs
from scripts.analysis.frames import column, each_group, each_row
from scripts.analysis.stats import Interval, Values
from scripts.core.columns import BLOCK, CELL

FASTER, NO_DIFFERENCE, ONE_RUN = "faster", "no difference shown", "one run"
OTHER_SPLITS = "other rows in their splits"
OTHER_MACHINES = "other machines or threads"
SAME, SMALL, DIFFERS, CANNOT_TELL = "the same", "differs slightly", "differs", "cannot tell"

COUNTS = ["replicates", "folds", "folds_ok", "flagged"]
TOTAL = ["seconds_a", "seconds_b", "ratio", "ratio_low", "ratio_high"]
COMPARED = ["replicate", "fold", "split_digest", "total_s", "epoch_s", "epochs_s"]  # of each run
COMPARED += ["test_accuracy", "test_rows", "train_rows"]
MACHINE = ["cpu", "gpu", "threads"]  # of which times depend most
COMPARED += MACHINE
EPOCH = ["epoch_s_a", "epoch_s_b", "epoch_ratio", "epoch_ratio_low", "epoch_ratio_high"]
VERDICTS = ["faster", "verdict", "epoch_faster", "epoch_verdict"]
ACCURACY = ["percent_a", "percent_b", "points", "points_low", "points_high"]


def names(factor: str) -> list[str]:
    """Return the columns that say which cells are compared."""
    return [*(name for name in CELL if name != factor), f"{factor}_a", f"{factor}_b"]


def pairs(cells: list[CellRuns], factor: str) -> Iterator[tuple[dict, CellRuns, CellRuns]]:
    """Yield (names, one, other) of every two cells that differ in `factor` alone, in the plan's order."""
    rest = [name for name in CELL if name != factor]
    for key, group in by(cells, rest).items():
        for one, other in combinations(group, 2):
            found = dict(zip(rest, key, strict=True))
            yield found | {f"{factor}_a": one[factor], f"{factor}_b": other[factor]}, one, other


def paired(one: CellRuns, other: CellRuns) -> tuple[CellRuns, CellRuns]:
    """Return both cells with the folds alone that both finished, in the same order."""
    keys, others = fold_keys(one), fold_keys(other)
    if np.array_equal(keys, others) and (np.diff(keys) > 0).all():
        return one, other
    _, here, there = np.intersect1d(keys, others, assume_unique=True, return_indices=True)
    return one.at(here), other.at(there)


def fold_keys(side: CellRuns) -> np.ndarray:
    """Return a number for each run, that of its replicate and its fold, in whose order these are."""
    return side["replicate"] * 1e6 + side["fold"]


def lacking(one: CellRuns, other: CellRuns, factor: str) -> str | None:
    """Return why two cells that differ in `factor` cannot be compared, in words, or None."""
    words = [
        f"{display_names.level(factor, side[factor])}: {display_names.incomplete(side.counts)}"
        for side in (one, other)
        if not side.is_complete
    ]
    if words:
        return ", ".join(words)
    here, there = paired(one, other)
    return OTHER_SPLITS if (here["split_digest"] != there["split_digest"]).any() else None


def not_timed_alike(one: CellRuns, other: CellRuns, factor: str) -> str | None:
    """Return OTHER_MACHINES if a fold of two cells was timed on other processors, GPUs or numbers of threads.

    None where they are alike, or the comparison is one of devices.
    """
    both = paired(one, other)
    machines = [[[str(value) for value in side[name]] for name in MACHINE] for side in both]
    return OTHER_MACHINES if factor != "device" and machines[0] != machines[1] else None


def not_timed(one: CellRuns, other: CellRuns, factor: str) -> str | None:
    """Return why times of two cells cannot be compared, in words, or None."""
    return lacking(one, other, factor) or not_timed_alike(one, other, factor)


def counted(factor: str, one: CellRuns, other: CellRuns) -> tuple[dict, str | None]:
    """Return (COUNTS of two cells, what they lack or None)."""
    counts = {
        "replicates": one.replicates,
        "folds": one.planned,
        "folds_ok": len(paired(one, other)[0]),
        "flagged": one.flagged + other.flagged,
    }
    return counts, lacking(one, other, factor)


# ---- Ratios of times ----


def ratios(runs: pd.DataFrame, factor: str, comparison: dict) -> pd.DataFrame:
    """Return one row for each two cells: names(factor), COUNTS, TOTAL, EPOCH, VERDICTS, ACCURACY.

    folds_ok        folds that both sides finished; unless these are all, there are no numbers, and of other
                    machines or threads none of times
    flagged         runs of both sides that carry a flag
    seconds_*       total_s, all folds added up, mean of the replicates; epoch_s_*: median epoch, mean over
                    the folds
    ratio           seconds_a / seconds_b: above 1 b is faster; epoch_ratio alike. Their _low and _high are
                    stats.ratio_interval over the folds, or over the replicates where there are several; of
                    one run each the epoch_ratio has stats.epochs_interval and the ratio none
    verdict         `faster` where the interval leaves 1 out, and `faster` then names that side; else
                    `no difference shown`, `one run`, or what is lacking. epoch_verdict, epoch_faster alike
    percent_*       mean test accuracy; points = percent_a - percent_b, with the corrected interval
    """
    rows = []
    for cells, one, other in pairs(cell_runs(runs, COMPARED), factor):
        counts, reason = counted(factor, one, other)
        found, both = cells | counts, paired(one, other)
        levels = found[f"{factor}_a"], found[f"{factor}_b"]
        other_machines = None if reason else not_timed_alike(one, other, factor)
        if reason:
            found |= {"verdict": reason, "epoch_verdict": reason}
        elif other_machines:
            found |= {"verdict": other_machines, "epoch_verdict": other_machines}
            found |= accuracy_difference(both, comparison)
        else:
            found |= total_ratio(both, levels, comparison) | epoch_ratio(both, levels, comparison)
            found |= accuracy_difference(both, comparison)
        rows.append(found)
    return table(rows, [*names(factor), *COUNTS, *TOTAL, *EPOCH, *VERDICTS, *ACCURACY])


def table(rows: list[dict], columns: list[str]) -> pd.DataFrame:
    """Return a DataFrame of these columns, numbers as float wherever a cell may lack them."""
    numbers = [name for name in columns if name in {*TOTAL, *EPOCH, *ACCURACY, *TESTS}]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(numbers, float))


Pair = tuple[CellRuns, CellRuns]  # two cells with the folds that both finished, as paired() gives them


def total_ratio(both: Pair, levels: tuple[str, str], comparison: dict) -> dict:
    """Return TOTAL and its verdict of two cells. `levels` are the names of the two sides."""
    a, b = (independent(side, side["total_s"]) for side in both)
    interval = stats.ratio_interval(a, b, comparison["confidence"], comparison["bootstrap"])
    faster, verdict = judged(interval, levels, len(a))
    folds = len(both[0]) / len(set(both[0]["replicate"]))
    seconds = folds * a.mean(), folds * b.mean()
    return dict(zip(TOTAL, (*seconds, a.sum() / b.sum(), *interval), strict=True)) | {
        "faster": faster,
        "verdict": verdict,
    }


def epoch_ratio(both: Pair, levels: tuple[str, str], comparison: dict) -> dict:
    """Return EPOCH and its verdict, alike."""
    a, b = (independent(side, side["epoch_s"]) for side in both)
    settings = comparison["confidence"], comparison["bootstrap"]
    if len(both[0]) > 1:
        interval = stats.ratio_interval(a, b, *settings)
    else:
        one, other = (side["epochs_s"][0] for side in both)
        interval = stats.epochs_interval(one, other, *settings)
    faster, verdict = judged(interval, levels, len(a))
    return dict(zip(EPOCH, (a.mean(), b.mean(), a.sum() / b.sum(), *interval), strict=True)) | {
        "epoch_faster": faster,
        "epoch_verdict": verdict,
    }


def independent(runs: CellRuns, values: Values) -> np.ndarray:
    """Return stats.independent of a value of each run."""
    return stats.independent(values, runs["replicate"])


def judged(interval: Interval, levels: tuple[str, str], count: int) -> tuple[str | None, str]:
    """Return (name of the faster side or None, verdict) by the interval of seconds_a / seconds_b.

    `count` is the number of independent values that it comes from.
    """
    if count < 2:
        return None, ONE_RUN
    if interval.holds(1):
        return None, NO_DIFFERENCE
    return levels[interval.low > 1], FASTER


# ---- Differences of accuracy ----

TESTS = ["p_difference", "p_same", "p_difference_holm", "p_same_holm"]


def accuracy_difference(both: Pair, comparison: dict) -> dict:
    """Return ACCURACY of two cells."""
    a, b = (100 * side["test_accuracy"] for side in both)
    interval = stats.mean_interval(a - b, comparison["confidence"], tested_to_trained(both[0]))
    return dict(zip(ACCURACY, (a.mean(), b.mean(), a.mean() - b.mean(), *interval), strict=True))


def tested_to_trained(runs: CellRuns) -> float:
    """Return the test rows over training rows of one fold."""
    return float(runs["test_rows"].sum() / runs["train_rows"].sum())


def accuracy_tests(both: Pair, comparison: dict) -> dict:
    """Return the p values of two cells, not yet adjusted, and `one run` where there are none."""
    apart = both[0]["test_accuracy"] - both[1]["test_accuracy"]
    ratio = tested_to_trained(both[0])
    return {
        "p_difference": stats.difference_test(apart, ratio),
        "p_same": stats.equivalence_test(apart, comparison["equivalence_margin"], ratio),
        "verdict": ONE_RUN if len(apart) < 2 else None,
    }


def differences(runs: pd.DataFrame, comparison: dict) -> pd.DataFrame:
    """Return one row for each two frameworks on the same folds: names, COUNTS, ACCURACY, TESTS, verdict.

    p_difference    stats.difference_test: are the accuracies different?
    p_same          stats.equivalence_test: do they differ by less than the margin of the config?
    *_holm          both adjusted by Holm over the tests of one block (settings, implementation, device,
                    split), which is one table for readers
    verdict         `the same` (within the margin), `differs`, `differs slightly` (both are shown: there is
                    a difference, smaller than the margin), `cannot tell`, `one run`, or what is lacking
    """
    rows = []
    for cells, one, other in pairs(cell_runs(runs, COMPARED), "framework"):
        counts, reason = counted("framework", one, other)
        found, both = cells | counts, paired(one, other)
        if reason:
            rows.append(found | {"verdict": reason})
            continue
        rows.append(found | accuracy_difference(both, comparison) | accuracy_tests(both, comparison))
    found = table(rows, [*names("framework"), *COUNTS, *ACCURACY, *TESTS, "verdict"])
    for _, block in each_group(found, BLOCK):
        for name in ("p_difference", "p_same"):
            found.loc[block.index, f"{name}_holm"] = stats.holm(column(block, name))
    alpha = 1 - comparison["confidence"]
    words = {(True, True): SMALL, (True, False): DIFFERS, (False, True): SAME, (False, False): CANNOT_TELL}
    tested = found["p_difference"].notna()
    found.loc[tested, "verdict"] = [
        words[row["p_difference_holm"] < alpha, row["p_same_holm"] < alpha]
        for row in each_row(found.loc[tested])
    ]
    return found


# ---- One cell ----


def intervals(runs: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Return one row a cell: CELL, and the median and the interval of its folds.

    fold_median_s, fold_low_s, fold_high_s are of total_s over the finished folds; accuracy_median,
    accuracy_low, accuracy_high are in percent, null unless all folds are there.

    The intervals are of the mean: stats.time_interval, over the replicates where there are several; of
    accuracies with the corrected variance, over all folds of all replicates.
    """
    rows = []
    for cell in cell_runs(runs, COMPARED):
        time = stats.time_interval(independent(cell, cell["total_s"]), confidence)
        row = {
            "fold_median_s": np.median(cell["total_s"]) if len(cell) else np.nan,
            "fold_low_s": time.low,
            "fold_high_s": time.high,
        }
        if cell.is_complete:
            percent = 100 * cell["test_accuracy"]
            low, high = stats.mean_interval(percent, confidence, tested_to_trained(cell))
            row |= {"accuracy_median": np.median(percent), "accuracy_low": low, "accuracy_high": high}
        rows.append(dict(zip(CELL, cell.key, strict=True)) | row)
    columns = [
        *("fold_median_s", "fold_low_s", "fold_high_s"),
        *("accuracy_median", "accuracy_low", "accuracy_high"),
    ]
    return pd.DataFrame(rows, columns=[*CELL, *columns]).astype(dict.fromkeys(columns, float))
