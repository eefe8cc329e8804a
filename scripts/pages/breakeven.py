"""Break-even: after how many epochs does it pay to build and compile for longer?"""

import math

import comparisons
import labels
import numpy as np
import page_model
import pandas as pd
import stats
from comparisons import NO_DIFFERENCE, ONE_RUN
from page_model import Block, Cell, Page, gap, number, seconds, text

from pages.layout import FLAGGED, blocks, with_flags

NAMES = ["settings", "device", "split", "dataset"]
SIDES = ["framework_a", "implementation_a", "framework_b", "implementation_b"]
NUMBERS = ["start_s_a", "start_s_b", "epoch_s_a", "epoch_s_b"]
EPOCHS = ["break_even", "break_even_low", "break_even_high", "epochs"]
HEADER = ["dataset", "A", "B", "start A s", "start B s", "epoch A s", "epoch B s", "break-even, epochs"]
HEADER += ["interval", "trained epochs", "finding"]
AHEAD, PAYS, LATER = "B is ahead from the start", "A pays", "A does not pay"
UNSURE, FEW = "cannot tell", "too few folds for an interval"


def tidy(experiment):
    """One row for two frameworks of one implementation, or two implementations of one framework.

    a is the side that starts more slowly. start_s: build_s + compile_s, median over the folds that both
    finished; epoch_s: median epoch, mean over the folds.
    break_even      epochs after which a has caught up (stats.break_even), null where it never does
    epochs          that were trained
    verdict         AHEAD; PAYS or LATER if the whole interval of break_even lies within or beyond these
                    epochs, else UNSURE; or why there is none
    """
    runs, comparison = experiment.runs, experiment.comparison
    flagged, rows = comparisons.flag_counts(runs, experiment.limits), []
    for factor in ("framework", "implementation"):
        for cells, one, other in comparisons.pairs(runs, factor):
            counts, both, reason = comparisons.counted(factor, one, other, flagged)
            found = {name: cells[name] for name in NAMES} | counts
            a, b = one.iloc[0], other.iloc[0]
            if reason:
                rows.append(found | sides(a, b) | {"verdict": reason})
                continue
            values = of_folds(both)
            if np.median(values[0]) < np.median(values[2]):
                a, b, values = b, a, [*values[2:], *values[:2]]
            epochs = both["epochs_s"].map(len).max()
            rows.append(found | sides(a, b) | {"epochs": epochs} | crossing(values, epochs, comparison))
    order = list(dict.fromkeys(tuple(row[name] for name in NAMES) for row in rows))
    rows.sort(key=lambda row: order.index(tuple(row[name] for name in NAMES)))
    columns = [*NAMES, *SIDES, *comparisons.COUNTS, *NUMBERS, *EPOCHS, "verdict"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys([*NUMBERS, *EPOCHS], float))


def sides(a, b):
    return {name: side[name[:-2]] for name, side in zip(SIDES, (a, a, b, b), strict=True)}


def of_folds(both):
    """[start of one, epoch of one, start of other, epoch of other]: arrays over the paired folds, seconds."""
    return [
        value
        for end in ("", "_other")
        for value in (
            (both[f"build_s{end}"] + both[f"compile_s{end}"]).to_numpy(),
            comparisons.median_epochs(both[f"epochs_s{end}"]),
        )
    ]


def crossing(values, epochs, comparison):
    """NUMBERS, break_even and the verdict; `values` as of_folds gives them, the slower start first."""
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


def page(tidy, experiment):
    title = "When compiling pays"
    if tidy.empty:
        words = "There is one framework and one implementation: nothing to compare."
        return Page(title, [words])
    notes = [
        "A is the side that takes longer to build and compile (start), B the other. If A's epochs are"
        " shorter it catches up: after (start A - start B) / (epoch B - epoch A) epochs, its break-even."
        " start: median over the folds. epoch: median epoch of a run, mean over the folds.",
        f"interval: {experiment.comparison['confidence']:.0%}, by bootstrap over the folds, from 8 folds on."
        " Compiling pays, or does not, where the whole interval lies within the trained epochs, or beyond"
        " them. Where the interval of the ratio of epochs holds 1, no break-even is given. One run of"
        " each has no interval: its break-even is what these two runs did, not a finding.",
        "The start is that of a program which runs again: where a framework keeps what it compiled on disk"
        " (Theano), only its first run on a machine takes longer, and the median of the folds passes over it."
        " Importing the framework is not in it; the table of phases has it.",
        *([FLAGGED] if tidy["flagged"].any() else []),
    ]
    several = tidy[["implementation_a", "implementation_b"]].stack().nunique() > 1
    found = []
    for block_title, block in blocks(tidy):
        rows = [row(cell, several) for _, cell in block.iterrows()]
        found.append(Block(block_title, HEADER, rows))
    return Page(title, notes, found)


def row(cell, several):
    names = [text(labels.dataset(cell["dataset"])), *(side(cell, end, several) for end in "ab")]
    verdict = with_flags(finding(cell), cell["flagged"])
    if page_model.is_null(cell["start_s_a"]):
        return [*names, *[gap("")] * 7, verdict]
    times = [seconds(cell[name]) for name in NUMBERS]
    return [*names, *times, *break_even(cell), page_model.whole(cell["epochs"]), verdict]


def side(cell, end, several):
    extra = f", {cell[f'implementation_{end}']}" if several else ""
    return text(labels.framework(cell[f"framework_{end}"]) + extra)


def break_even(cell):
    if page_model.is_null(cell["break_even"]):
        return [gap(""), gap("")]
    shown = number(cell["break_even"], decimals=1)
    if page_model.is_null(cell["break_even_low"]):
        return [shown, gap("")]
    high = "never" if math.isinf(cell["break_even_high"]) else f"{cell['break_even_high']:.1f}"
    return [shown, Cell(f"{cell['break_even_low']:.1f} to {high}", cell["break_even_low"])]


def finding(cell):
    words = cell["verdict"]
    if words == ONE_RUN:
        return text("one run: not tested")
    return gap(words) if page_model.is_null(cell["start_s_a"]) else text(words)
