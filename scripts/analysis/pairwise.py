"""Runs compared in pairs: the table of runs in, tidy tables of ratios and differences out.

Two cells are compared that differ in one thing alone (`factor`: framework, device, implementation), fold
by fold. In every table `FACTOR_a` and `FACTOR_b` name the two sides; columns end in _a and _b alike.
`comparison` is that section of the config.
"""

from collections.abc import Iterable, Iterator
from itertools import combinations

import numpy as np
import pandas as pd

from scripts.analysis import display_names, flags, stats
from scripts.analysis.frames import column, each_group, each_row, finished_runs
from scripts.analysis.stats import Interval, Values
from scripts.core.columns import BLOCK, CELL

FASTER, NO_DIFFERENCE, ONE_RUN = "faster", "no difference shown", "one run"
OTHER_SPLITS = "other rows in their splits"
SAME, SMALL, DIFFERS, CANNOT_TELL = "the same", "differs slightly", "differs", "cannot tell"

COUNTS = ["replicates", "folds", "folds_ok", "flagged"]
TOTAL = ["seconds_a", "seconds_b", "ratio", "ratio_low", "ratio_high"]
RUN = ["replicate", "fold"]
EPOCH = ["epoch_s_a", "epoch_s_b", "epoch_ratio", "epoch_ratio_low", "epoch_ratio_high"]
VERDICTS = ["faster", "verdict", "epoch_faster", "epoch_verdict"]
ACCURACY = ["percent_a", "percent_b", "points", "points_low", "points_high"]


def names(factor: str) -> list[str]:
    """Return the columns that say which cells are compared."""
    return [*(name for name in CELL if name != factor), f"{factor}_a", f"{factor}_b"]


def pairs(runs: pd.DataFrame, factor: str) -> Iterator[tuple[dict, pd.DataFrame, pd.DataFrame]]:
    """Yield (names, one, other) of every two cells that differ in `factor` alone, in the order of the plan.

    `one` and `other` are their planned runs, finished or not.
    """
    rest = [name for name in CELL if name != factor]
    for key, group in each_group(runs, rest):
        for a, b in combinations(dict.fromkeys(group[factor]), 2):
            found = dict(zip(rest, key, strict=True)) | {f"{factor}_a": a, f"{factor}_b": b}
            yield found, group.loc[group[factor] == a], group.loc[group[factor] == b]


def paired(one: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Return the folds that both sides finished, one row each; the columns of `other` end in _other."""
    finished = [finished_runs(side) for side in (one, other)]
    return finished[0].merge(finished[1], on=RUN, suffixes=("", "_other")).sort_values(RUN)


def lacking(sides: dict[str, pd.DataFrame], both: pd.DataFrame) -> str | None:
    """Return why two cells cannot be compared, in words, or None. `sides`: {name: its planned runs}."""
    words = []
    for name, runs in sides.items():
        finished = len(finished_runs(runs))
        if finished < len(runs):
            replicates = column(runs, "replicate").nunique()
            words.append(f"{name}: {display_names.incomplete(finished, len(runs), replicates)}")
    if words:
        return ", ".join(words)
    if (column(both, "split_digest") != column(both, "split_digest_other")).any():
        return OTHER_SPLITS
    return None


def counted(
    factor: str, one: pd.DataFrame, other: pd.DataFrame, flagged: dict[tuple, int]
) -> tuple[dict, pd.DataFrame, str | None]:
    """Return (COUNTS of two cells, their paired folds, what they lack or None); `flagged`: flags.counts."""
    both = paired(one, other)
    sides = {display_names.level(factor, side[factor].iloc[0]): side for side in (one, other)}
    count = sum(flagged.get(tuple(side.iloc[0][CELL]), 0) for side in (one, other))
    replicates = column(one, "replicate").nunique()
    counts = {"replicates": replicates, "folds": len(one), "folds_ok": len(both), "flagged": count}
    return counts, both, lacking(sides, both)


def median_epochs(runs_epochs: Iterable) -> np.ndarray:
    """Return the median epoch of each run, in seconds."""
    return np.array([np.median(epochs) for epochs in runs_epochs])


# ---- Ratios of times ----


def ratios(runs: pd.DataFrame, factor: str, comparison: dict) -> pd.DataFrame:
    """Return one row for each two cells: names(factor), COUNTS, TOTAL, EPOCH, VERDICTS, ACCURACY.

    folds_ok        folds that both sides finished; unless these are all, there are no numbers
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
    flagged, rows = flags.counts(runs), []
    for cells, one, other in pairs(runs, factor):
        counts, both, reason = counted(factor, one, other, flagged)
        found = cells | counts
        levels = found[f"{factor}_a"], found[f"{factor}_b"]
        if reason:
            found |= {"verdict": reason, "epoch_verdict": reason}
        else:
            found |= total_ratio(both, levels, comparison) | epoch_ratio(both, levels, comparison)
            found |= accuracy_difference(both, comparison)
        rows.append(found)
    return table(rows, [*names(factor), *COUNTS, *TOTAL, *EPOCH, *VERDICTS, *ACCURACY])


def table(rows: list[dict], columns: list[str]) -> pd.DataFrame:
    """Return a DataFrame of these columns, numbers as float wherever a cell may lack them."""
    numbers = [name for name in columns if name in {*TOTAL, *EPOCH, *ACCURACY, *TESTS}]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(numbers, float))


def total_ratio(both: pd.DataFrame, levels: tuple[str, str], comparison: dict) -> dict:
    """Return TOTAL and its verdict of the folds of two cells, as paired() gives them.

    `levels` are the names of the two sides.
    """
    a, b = (independent(both, column(both, name)) for name in ("total_s", "total_s_other"))
    interval = stats.ratio_interval(a, b, comparison["confidence"], comparison["bootstrap"])
    faster, verdict = judged(interval, levels, len(a))
    folds = len(both) / column(both, "replicate").nunique()
    seconds = folds * a.mean(), folds * b.mean()
    return dict(zip(TOTAL, (*seconds, a.sum() / b.sum(), *interval), strict=True)) | {
        "faster": faster,
        "verdict": verdict,
    }


def epoch_ratio(both: pd.DataFrame, levels: tuple[str, str], comparison: dict) -> dict:
    """Return EPOCH and its verdict, alike."""
    a, b = (independent(both, median_epochs(both[name])) for name in ("epochs_s", "epochs_s_other"))
    settings = comparison["confidence"], comparison["bootstrap"]
    if len(both) > 1:
        interval = stats.ratio_interval(a, b, *settings)
    else:
        interval = stats.epochs_interval(both["epochs_s"].iloc[0], both["epochs_s_other"].iloc[0], *settings)
    faster, verdict = judged(interval, levels, len(a))
    return dict(zip(EPOCH, (a.mean(), b.mean(), a.sum() / b.sum(), *interval), strict=True)) | {
        "epoch_faster": faster,
        "epoch_verdict": verdict,
    }


def independent(both: pd.DataFrame, values: Values) -> np.ndarray:
    """Return stats.independent of a value of each run."""
    return stats.independent(values, column(both, "replicate"))


def judged(interval: Interval, levels: tuple[str, str], count: int) -> tuple[str | None, str]:
    """Return (name of the faster side or None, verdict) by the interval of seconds_a / seconds_b.

    `count` is the number of independent values that it comes from.
    """
    if count < 2:
        return None, ONE_RUN
    if interval.holds(1):
        return None, NO_DIFFERENCE
    return levels[interval.low > 1], FASTER


def leaders(runs: pd.DataFrame, comparison: dict) -> pd.DataFrame:
    """Return one row for each row of the tables, BLOCK and dataset: who is shown to be faster than all.

    fastest   that framework, or null
    verdict   `faster` if there is one; else `no difference shown` between the least time and the next,
              `one run` where there is nothing to judge by, `not all measured`, `only one` or OTHER_SPLITS
    """
    rows = []
    for key, group in each_group(runs, [*BLOCK, "dataset"]):
        found = dict(zip([*BLOCK, "dataset"], key, strict=True))
        seconds = totals(group)
        least = min(seconds, key=seconds.__getitem__)
        verdicts = set()
        for name in seconds:
            if name == least:
                continue
            sides = {side: group.loc[group["framework"] == side] for side in (least, name)}
            both = paired(*sides.values())
            reason = lacking(sides, both)
            verdicts.add(reason or total_ratio(both, (least, name), comparison)["verdict"])
        if len(seconds) < 2:
            verdict = "only one"
        elif OTHER_SPLITS in verdicts:
            verdict = OTHER_SPLITS
        elif not verdicts <= {FASTER, NO_DIFFERENCE, ONE_RUN}:
            verdict = "not all measured"
        else:
            verdict = next(words for words in (ONE_RUN, NO_DIFFERENCE, FASTER) if words in verdicts)
        rows.append(found | {"fastest": least if verdict == FASTER else None, "verdict": verdict})
    return pd.DataFrame(rows)


def totals(runs: pd.DataFrame) -> dict[str, float]:
    """Return {framework: total_s of its runs added up}, in the order of the runs."""
    return {name: column(group, "total_s").sum() for (name,), group in each_group(runs, ["framework"])}


# ---- Differences of accuracy ----

TESTS = ["p_difference", "p_same", "p_difference_holm", "p_same_holm"]


def accuracy_difference(both: pd.DataFrame, comparison: dict) -> dict:
    """Return ACCURACY of the folds of two cells, as paired() gives them."""
    a, b = 100 * both["test_accuracy"].to_numpy(), 100 * both["test_accuracy_other"].to_numpy()
    interval = stats.mean_interval(a - b, comparison["confidence"], tested_to_trained(both))
    return dict(zip(ACCURACY, (a.mean(), b.mean(), a.mean() - b.mean(), *interval), strict=True))


def tested_to_trained(runs: pd.DataFrame) -> float:
    """Return the test rows over training rows of one fold."""
    return column(runs, "test_rows").sum() / column(runs, "train_rows").sum()


def accuracy_tests(both: pd.DataFrame, comparison: dict) -> dict:
    """Return the p values of the folds of two cells, not yet adjusted, and `one run` where there are none."""
    apart = column(both, "test_accuracy") - column(both, "test_accuracy_other")
    ratio = tested_to_trained(both)
    return {
        "p_difference": stats.difference_test(apart, ratio),
        "p_same": stats.equivalence_test(apart, comparison["equivalence_margin"], ratio),
        "verdict": ONE_RUN if len(both) < 2 else None,
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
    flagged, rows = flags.counts(runs), []
    for cells, one, other in pairs(runs, "framework"):
        counts, both, reason = counted("framework", one, other, flagged)
        found = cells | counts
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
    for key, group in each_group(runs, CELL):
        finished = finished_runs(group)
        time = stats.time_interval(independent(finished, column(finished, "total_s")), confidence)
        row = {
            "fold_median_s": finished["total_s"].median(),
            "fold_low_s": time.low,
            "fold_high_s": time.high,
        }
        if len(finished) == len(group):
            percent = 100 * column(finished, "test_accuracy")
            low, high = stats.mean_interval(percent, confidence, tested_to_trained(finished))
            row |= {"accuracy_median": percent.median(), "accuracy_low": low, "accuracy_high": high}
        rows.append(dict(zip(CELL, key, strict=True)) | row)
    columns = [
        *("fold_median_s", "fold_low_s", "fold_high_s"),
        *("accuracy_median", "accuracy_low", "accuracy_high"),
    ]
    return pd.DataFrame(rows, columns=[*CELL, *columns]).astype(dict.fromkeys(columns, float))
