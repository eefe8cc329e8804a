"""Break-even: after how many epochs does it pay to build and compile for longer?"""

import math

import pandas as pd

from scripts.analysis import break_even, display_names
from scripts.analysis.break_even import NUMBERS
from scripts.analysis.experiment import Experiment
from scripts.analysis.frames import Row, column, each_row
from scripts.analysis.pairwise import ONE_RUN
from scripts.tables import page_model
from scripts.tables.layout import FLAGGED, blocks, with_flags
from scripts.tables.page_model import Block, Cell, Page, gap, number, seconds, text

TITLE = "When compiling pays"
LABEL = "when compiling pays"
HEADER = ["dataset", "A", "B", "start A s", "start B s", "epoch A s", "epoch B s", "break-even, epochs"]
HEADER += ["interval", "trained epochs", "finding"]


def tidy(experiment: Experiment) -> pd.DataFrame:
    """Return the numbers of the table."""
    return break_even.tidy(experiment)


def page(tidy: pd.DataFrame, experiment: Experiment) -> Page:
    """Lay the table out."""
    if tidy.empty:
        words = "There is one framework and one implementation: nothing to compare."
        return Page(TITLE, [words])
    notes = [
        "A framework that keeps what it compiles is counted with what it had kept (table of phases: first).",
        "A is the side that takes longer to build and compile (start), B the other. If A's epochs are"
        " shorter it catches up: after (start A - start B) / (epoch B - epoch A) epochs, its break-even."
        " start: median over the folds. epoch: median epoch of a run, mean over the folds.",
        f"interval: {experiment.comparison['confidence']:.0%}, by bootstrap over the folds, from 8 folds on."
        " Compiling pays, or does not, where the whole interval lies within the trained epochs, or beyond"
        " them. Where the interval of the ratio of epochs holds 1, no break-even is given. One run of"
        " each has no interval: its break-even is what these two runs did, not a finding.",
        "The start is that of a program which runs again. Importing the framework is not in it; the table of"
        " phases has it.",
        *([FLAGGED] if column(tidy, "flagged").any() else []),
    ]
    several = len({*tidy["implementation_a"], *tidy["implementation_b"]}) > 1
    found = []
    for block_title, block in blocks(tidy):
        rows = [row(cell, several) for cell in each_row(block)]
        found.append(Block(block_title, HEADER, rows))
    return Page(TITLE, notes, found)


def row(cell: Row, several: bool) -> list[Cell]:
    names = [text(display_names.dataset(cell["dataset"])), *(side(cell, end, several) for end in "ab")]
    verdict = with_flags(finding(cell), cell["flagged"])
    if page_model.is_null(cell["start_s_a"]):
        return [*names, *[gap("")] * 7, verdict]
    times = [seconds(cell[name]) for name in NUMBERS]
    return [*names, *times, *crossing(cell), page_model.whole(cell["epochs"]), verdict]


def side(cell: Row, end: str, several: bool) -> Cell:
    extra = f", {cell[f'implementation_{end}']}" if several else ""
    return text(display_names.framework(cell[f"framework_{end}"]) + extra)


def crossing(cell: Row) -> list[Cell]:
    if page_model.is_null(cell["break_even"]):
        return [gap(""), gap("")]
    shown = number(cell["break_even"], decimals=1)
    if page_model.is_null(cell["break_even_low"]):
        return [shown, gap("")]
    high = "never" if math.isinf(cell["break_even_high"]) else f"{cell['break_even_high']:.1f}"
    return [shown, Cell(f"{cell['break_even_low']:.1f} to {high}", cell["break_even_low"])]


def finding(cell: Row) -> Cell:
    words = cell["verdict"]
    if words == ONE_RUN:
        return text("one run: not tested")
    return gap(words) if page_model.is_null(cell["start_s_a"]) else text(words)
