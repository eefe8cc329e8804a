"""How the parts of the study's conclusions are compared: comparisons of cells that answer yes, no or open."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pandas as pd

from scripts.analysis import cross_validation, display_names, pairwise
from scripts.analysis.frames import Row, each_row
from scripts.analysis.stats import Interval
from scripts.analysis.study.measured import Measured, not_counted
from scripts.core.columns import CELL

YES, NO, OPEN, NOT_COUNTED = "yes", "no", "open", "not counted"
TOO_CLOSE = "one run of each, too close to the limit to tell"

MUCH = 2.0  # "much faster": at least so many times
ABOUT_TEN = (10 / 1.5, 10 * 1.5)  # "about 10 times"
RAISED = 5.0  # points of accuracy from which it is "raised"
LEFT = 0.5  # part of a difference that may be left where it is explained
ONE_RUN = 1.5  # one run of each has no interval: its ratio is taken to be uncertain by this factor
ONE_RUN_POINTS = 3.0  # and its difference of accuracies by so many points

FRAMEWORKS = ("tensorflow", "theano", "pytorch")
Rule = Callable[[Interval], str]  # gives YES, NO or OPEN


@dataclass(frozen=True)
class Comparison:
    """One answer.

    `cells` are the keys (CELL) compared, `value` with `interval` is what the rule looks at;
    device and split are empty where they are what is compared; `why` it is not counted; `one_run` of each,
    so that the interval is a guess.
    """

    device: str
    split: str
    dataset: str
    framework: str  # in words, or two of them: `Theano : PyTorch`
    cells: tuple
    answer: str = OPEN
    value: float | None = None
    interval: Interval | None = None
    why: str = ""
    one_run: bool = False
    partly: str = ""  # `3/10 folds`, where it is estimated from these


def answered(comparison: Comparison, rule: Rule) -> Comparison:
    """Return the comparison with the answer of `rule(interval)`, unless it is not counted.

    One run of each that stays open shows nothing, and does not count.
    """
    if comparison.why or comparison.interval is None:
        return comparison
    answer = rule(comparison.interval)
    if answer == OPEN and comparison.one_run:
        return replace(comparison, answer=NOT_COUNTED, why=TOO_CLOSE)
    return replace(comparison, answer=answer)


def above(limit: float) -> Rule:
    """Return a rule: yes where the whole interval lies above the limit, no below; open where it holds it."""

    def rule(interval: Interval) -> str:
        if interval.holds(limit):
            return OPEN
        return YES if interval.low > limit else NO

    return rule


def below(limit: float) -> Rule:
    """Return the opposite rule."""
    return lambda interval: opposite(above(limit)(interval))


def opposite(answer: str) -> str:
    """Return no for yes and yes for no; other answers as they are."""
    return {YES: NO, NO: YES}.get(answer, answer)


# ---- Conclusions 1, 2 and 5: ratios of times ----


def time_ratios(runs: pd.DataFrame, measured: Measured, factor: str, top: str) -> Iterator[Comparison]:
    """Yield a Comparison, not yet answered, of every two cells that differ in `factor`, one being `top`.

    value = seconds of `top` over those of the other, all folds added up, with its interval.
    """
    experiment = measured.experiment
    rows = pairwise.ratios(runs, factor, experiment.comparison)
    for row in each_row(rows):
        sides = [row[f"{factor}_a"], row[f"{factor}_b"]]
        if top not in sides:
            continue
        cells = tuple(tuple({**row, factor: side}[name] for name in CELL) for side in sides)
        device = "" if factor == "device" else row["device"]
        found = Comparison(device, row["split"], row["dataset"], versus(row, sides, top), cells)
        why = not_counted(cells, measured.reasons) or (row["verdict"] if pd.isna(row["ratio"]) else "")
        if why:
            yield replace(found, answer=NOT_COUNTED, why=why)
            continue
        value, interval = row["ratio"], Interval(row["ratio_low"], row["ratio_high"])
        one_run = pd.isna(interval.low)
        if one_run:
            interval = Interval(value / ONE_RUN, value * ONE_RUN)
        if sides[0] != top:
            value, interval = 1 / value, Interval(1 / interval.high, 1 / interval.low)
        yield replace(found, value=value, interval=interval, one_run=one_run)


def versus(row: Row, sides: list[str], top: str) -> str:
    """Return the framework, or the two that are compared: `Theano : PyTorch`."""
    if "framework" in row:
        return display_names.framework(row["framework"])
    (other,) = (side for side in sides if side != top)
    return f"{display_names.framework(top)} : {display_names.framework(other)}"


def faster_on_gpu(measured: Measured, datasets: tuple) -> list[Comparison]:
    """Return whether the CPU takes MUCH longer than the GPU."""
    found = time_ratios(measured.of(datasets), measured, "device", "cpu")
    return [answered(one, above(MUCH)) for one in found]


def slower_on_gpu(measured: Measured, datasets: tuple) -> list[Comparison]:
    """Return whether the GPU takes longer than the CPU."""
    found = time_ratios(measured.of(datasets), measured, "device", "gpu")
    return [answered(one, above(1)) for one in found]


def slowest(measured: Measured, datasets: tuple) -> list[Comparison]:
    """Return whether Theano takes longer than both others."""
    return against_all(measured, datasets, above(1), min)


def fastest(measured: Measured, datasets: tuple) -> list[Comparison]:
    """Return whether Theano takes less time than both others."""
    return against_all(measured, datasets, below(1), max)


def against_all(measured: Measured, datasets: tuple, rule: Rule, nearest: Callable) -> list[Comparison]:
    """Return the Comparisons of Theano with both others, one for each device, split and dataset.

    Yes where both pairs answer yes, no where one answers no. Shown is the pair that is nearest to a no,
    the least or greatest ratio.
    """
    runs, rows = measured.of(datasets, FRAMEWORKS), {}
    for one in time_ratios(runs, measured, "framework", "theano"):
        rows.setdefault((one.device, one.split, one.dataset), []).append(answered(one, rule))
    found = []
    for pairs in rows.values():
        cells = tuple(sorted({cell for one in pairs for cell in one.cells}))
        answers = [one.answer for one in pairs]
        whys = dict.fromkeys(one.why for one in pairs if one.why)
        if not whys and len(pairs) < len(FRAMEWORKS) - 1:
            whys = [f"{pairs[0].framework} alone"]
        if whys and NO not in answers:
            one = replace(pairs[0], framework="Theano", value=None, interval=None)
            found.append(replace(one, cells=cells, answer=NOT_COUNTED, why="; ".join(whys)))
            continue
        answer = next((name for name in (NO, OPEN) if name in answers), YES)
        one = nearest((pair for pair in pairs if pair.value is not None), key=lambda pair: pair.value)
        found.append(replace(one, cells=cells, answer=answer, why=""))
    return found


# ---- Conclusions 3 and 4: cross-validation compared with holdout ----


def both_splits(measured: Measured, datasets: tuple) -> Iterator[tuple[Row, Comparison]]:
    """Yield (row of cross_validation.tidy, Comparison not yet answered) of each cell that has both splits."""
    rows = cross_validation.tidy(replace(measured.experiment, runs=measured.of(datasets)))
    for row in each_row(rows):
        cells = tuple(tuple({**row, "split": side}[name] for name in CELL) for side in ("holdout", "kfold"))
        estimated = row["status"] and pd.notna(row["ratio"])
        why = not_counted(cells, measured.differs if estimated else measured.reasons)
        why = why or ("" if estimated else row["status"])
        names = row["device"], "", row["dataset"], display_names.framework(row["framework"])
        partly = row["status"] if estimated else ""
        yield row, Comparison(*names, cells, NOT_COUNTED if why else OPEN, why=why, partly=partly)


def ten_times(measured: Measured, datasets: tuple) -> list[Comparison]:
    """Return whether ten folds take about ten times as long.

    The holdout is one run and the limits are wide, so the ratio itself decides.
    """
    found = []
    for row, one in both_splits(measured, datasets):
        answer = YES if ABOUT_TEN[0] <= row["ratio"] <= ABOUT_TEN[1] else NO
        found.append(one if one.why else replace(one, answer=answer, value=row["ratio"]))
    return found


def points_gained(measured: Measured, datasets: tuple) -> Iterator[Comparison]:
    """Yield Comparisons, not yet answered: value = folds - holdout in points of accuracy."""
    for row, one in both_splits(measured, datasets):
        if one.why:
            yield one
            continue
        yield replace(one, value=row["points"], interval=Interval(row["points_low"], row["points_high"]))


def raised(measured: Measured, datasets: tuple) -> list[Comparison]:
    """Return whether the folds raise the accuracy by RAISED points."""
    return [answered(one, above(RAISED)) for one in points_gained(measured, datasets)]


def not_raised(measured: Measured, datasets: tuple) -> list[Comparison]:
    """Return whether the folds do not raise the accuracy by RAISED points."""
    return [answered(one, below(RAISED)) for one in points_gained(measured, datasets)]


# ---- Conclusion 6: differences of accuracy, with published and with matched settings ----


def explained(measured: Measured, datasets: tuple) -> list[Comparison]:
    """Return Comparisons of two frameworks whose accuracies differ with published settings.

    value = the part of that difference which is left with matched ones; the interval is that of all quotients
    of the two intervals, which is too wide if anything.
    """
    experiment = measured.experiment
    runs = measured.runs.loc[measured.runs["dataset"].isin(datasets)]
    rows = pairwise.ratios(runs, "framework", experiment.comparison)
    keys = ["device", "split", "dataset", "framework_a", "framework_b"]
    sides = [rows.loc[rows["settings"] == name] for name in ("published", "matched")]
    margin, found = 100 * experiment.comparison["equivalence_margin"], []
    for _, row in sides[0].merge(sides[1], on=keys, suffixes=("", "_matched")).iterrows():
        pair = [row["framework_a"], row["framework_b"]]
        cells = tuple(
            tuple({**row, "settings": settings, "framework": framework}[name] for name in CELL)
            for settings in ("published", "matched")
            for framework in pair
        )
        names = row["device"], row["split"], row["dataset"], " : ".join(map(display_names.framework, pair))
        one = Comparison(*names, cells)
        apart_in = [side for side in ("", "_matched") if pd.isna(row[f"points{side}"])]
        why = not_counted(cells, measured.reasons) or "; ".join(row[f"verdict{side}"] for side in apart_in)
        apart, matched = accuracy_interval(row, ""), accuracy_interval(row, "_matched")
        if not why and outside(apart, margin) != YES:
            why = "no difference is shown with published settings, so there is nothing to explain"
        if why:
            found.append(replace(one, answer=NOT_COUNTED, why=why))
            continue
        ends = [end / of for end in matched for of in apart]  # 0 does not lie in `apart`
        one = replace(one, value=row["points_matched"] / row["points"])
        one = replace(one, interval=Interval(min(ends), max(ends)))
        one = replace(one, one_run=row[["points_low", "points_low_matched"]].isna().any())
        found.append(answered(one, lambda left: opposite(outside(left, LEFT))))
    return found


def accuracy_interval(row: Row, suffix: str) -> Interval:
    """Return the interval of the difference of the accuracies, in points.

    For one run each it is ONE_RUN_POINTS to both sides.
    """
    low, high, points = (row[f"{name}{suffix}"] for name in ("points_low", "points_high", "points"))
    one_run = Interval(points - ONE_RUN_POINTS, points + ONE_RUN_POINTS)
    return one_run if pd.isna(low) else Interval(low, high)


def outside(interval: Interval, margin: float) -> str:
    """Return whether a value lies outside -margin to margin: open where an end lies in the interval."""
    if interval.holds(margin) or interval.holds(-margin):
        return OPEN
    return NO if -margin < interval.low < margin else YES
