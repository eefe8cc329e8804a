"""Test accuracy: rows are datasets, columns frameworks, as the study prints them."""

from dataclasses import replace

import pandas as pd

from scripts.analysis import cells, pairwise
from scripts.analysis.experiment import Experiment
from scripts.analysis.frames import Row, column
from scripts.core.columns import CELL
from scripts.tables import page_model
from scripts.tables.layout import FLAGGED, blocks, flagged, incomplete, is_complete, pivot
from scripts.tables.page_model import Cell, Page, gap, number

TITLE = "Test accuracy"
LABEL = "test accuracy"
SEEN = (
    "(3.1 % seen): so many of the test rows are also in the training part, so that the accuracy is a little"
    " too high, alike for every framework; the table data counts them."
)


def tidy(experiment: Experiment) -> pd.DataFrame:
    """Return the numbers of the table."""
    found = cells.accuracy(experiment.runs)
    intervals = pairwise.intervals(experiment.runs, experiment.comparison["confidence"])
    columns = ["accuracy_median", "accuracy_low", "accuracy_high"]
    found = found.merge(intervals[[*CELL, *columns]], on=CELL)
    return found.merge(cells.seen_percent(experiment.runs), how="left", on=CELL)


def page(tidy: pd.DataFrame, experiment: Experiment) -> Page:
    """Lay the table out."""
    page = Page(
        TITLE,
        [
            "Percent of the test rows whose most probable class is the right one; over the folds of"
            " a cross-validation mean ± standard deviation, and the median fold with the"
            f" {experiment.comparison['confidence']:.0%} confidence interval of the mean. Folds share most"
            " of their training rows; the interval is wider for it (Nadeau and Bengio's variance).",
            "Whether two frameworks differ is not to be read off here: the table of differences compares"
            " them fold by fold.",
            *([FLAGGED] if column(tidy, "folds_flagged").any() else []),
            *([SEEN] if (column(tidy, "seen_percent") >= cells.SEEN_MUCH).any() else []),
        ],
    )
    for title, block in blocks(tidy):
        page.blocks.append(pivot(f"{title}, percent", block, accuracy_cell))
        if column(block, "folds").max() > 1:
            fold = f"{title}: percent, median (interval of the mean)"
            page.blocks.append(pivot(fold, block, median_cell))
    return page


def accuracy_cell(cell: Row) -> Cell:
    if not is_complete(cell):
        return incomplete(cell)
    shown = flagged(number(cell["accuracy_percent"], cell["accuracy_sd"]), cell)
    if cell["seen_percent"] >= cells.SEEN_MUCH:
        return replace(shown, text=f"{shown.text} ({cell['seen_percent']:.1f} % seen)")
    return shown


def median_cell(cell: Row) -> Cell:
    if not is_complete(cell):
        return incomplete(cell)
    if page_model.is_null(cell["accuracy_low"]):
        return gap("one run")
    median = cell["accuracy_median"]
    return Cell(f"{median:.2f} ({cell['accuracy_low']:.2f} to {cell['accuracy_high']:.2f})", median)
