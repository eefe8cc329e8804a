"""Differences: do two frameworks reach the same test accuracy on the same folds?"""

import pandas as pd

from scripts.analysis import display_names, pairwise
from scripts.analysis.experiment import Experiment
from scripts.analysis.frames import Row, column, each_row
from scripts.analysis.pairwise import CANNOT_TELL, DIFFERS, ONE_RUN, SAME, SMALL
from scripts.tables import page_model
from scripts.tables.layout import FLAGGED, blocks, interval, with_flags
from scripts.tables.page_model import Block, Cell, Page, gap, number, text
from scripts.tables.ratios import pair

TITLE = "Differences of accuracy"
LABEL = "differences of accuracy"
HEADER = ["dataset", "A : B", "A %", "B %", "A - B, points", "interval", "p different", "p same", "verdict"]


def tidy(experiment: Experiment) -> pd.DataFrame:
    """Return the numbers of the table."""
    return pairwise.differences(experiment.runs, experiment.comparison)


def page(tidy: pd.DataFrame, experiment: Experiment) -> Page:
    """Lay the table out."""
    if tidy.empty:
        return Page(TITLE, ["Only one framework ran: name others under frameworks: in the config."])
    confidence, margin = experiment.comparison["confidence"], margin_words(experiment)
    notes = [
        f"Mean test accuracies of two frameworks on the same folds, their difference and its {confidence:.0%}"
        " interval (Nadeau and Bengio's corrected variance). Rounded; the CSV file has all digits.",
        "p different: how often chance alone would give such a difference. p same: how often a difference"
        f" of {margin} or more would look as small as this one (two one-sided tests). Both are adjusted"
        f" by Holm's method for the other tests of their table; below {1 - confidence:.2g} they count.",
        f"Verdicts: the same within {margin} (p same counts), differs (p different counts), differs by less"
        f" than {margin} (both count), cannot tell (neither counts: more folds would be needed).",
        *([FLAGGED] if column(tidy, "flagged").any() else []),
    ]
    found = []
    for block_title, block in blocks(tidy):
        rows = [row(cell, margin) for cell in each_row(block)]
        found.append(Block(block_title, HEADER, rows))
    return Page(TITLE, notes, found)


def margin_words(experiment: Experiment) -> str:
    points = 100 * experiment.comparison["equivalence_margin"]
    return f"{points:g} point{'' if points == 1 else 's'}"


def row(cell: Row, margin: str) -> list[Cell]:
    names = [text(display_names.dataset(cell["dataset"])), pair(cell, "framework")]
    verdict = with_flags(verdict_cell(cell["verdict"], margin), cell["flagged"])
    if page_model.is_null(cell["points"]):
        return [*names, *[gap("")] * 6, verdict]
    return [
        *names,
        number(cell["percent_a"]),
        number(cell["percent_b"]),
        number(cell["points"], sign=True),
        interval(cell["points_low"], cell["points_high"], apart=0, sign=True),
        p_value(cell["p_difference_holm"]),
        p_value(cell["p_same_holm"]),
        verdict,
    ]


def verdict_cell(verdict: str, margin: str) -> Cell:
    words = {
        SAME: f"the same within {margin}",
        SMALL: f"differs by less than {margin}",
        ONE_RUN: "one run: not tested",
    }
    if verdict in words or verdict in (DIFFERS, CANNOT_TELL):
        return text(words.get(verdict, verdict))
    return gap(verdict)


def p_value(p: float) -> Cell:
    if page_model.is_null(p):
        return gap("")
    return Cell("< 0.001" if p < 0.001 else f"{p:.3f}", p)
