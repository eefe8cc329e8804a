"""Validation: what cross-validation costs and shows compared with one holdout split."""

from dataclasses import replace

import pandas as pd

from scripts.analysis import cross_validation
from scripts.analysis.experiment import Experiment
from scripts.analysis.frames import Row, column, each_row
from scripts.tables import page_model
from scripts.tables.layout import FLAGGED, blocks, cell_names, interval, with_flags
from scripts.tables.page_model import Block, Cell, Page, number, seconds

TITLE = "Cross-validation and holdout"
LABEL = "cross-validation and holdout"
HEADER = ["dataset", "framework", "holdout s", "all folds s", "time", "work", "time / work"]
HEADER += ["holdout %", "folds %", "interval", "folds - holdout, points"]
ESTIMATED = (
    "3/10 folds behind the seconds: so many are finished. The seconds are their mean times the number of all"
    " folds; accuracies are those of the finished ones."
)


def tidy(experiment: Experiment) -> pd.DataFrame:
    """Return the numbers of the table."""
    return cross_validation.tidy(experiment)


def page(tidy: pd.DataFrame, experiment: Experiment) -> Page:
    """Lay the table out."""
    if tidy.empty:
        only = ", ".join(dict.fromkeys(experiment.runs["split"]))
        words = f"All runs are {only}: with `splits: [holdout, kfold]` in the config both are compared."
        return Page(TITLE, [words])
    notes = [
        "time = seconds of all folds over those of the one holdout run; work = training rows times epochs"
        " alike. Where time / work is 1, cross-validation costs what its rows cost; above 1 each fold pays"
        " again for building and compiling, or the machine was slower; below 1 the holdout run was slow."
        " There is no interval, and small distances from 1 are no finding.",
        f"interval: {experiment.comparison['confidence']:.0%} confidence interval of the mean accuracy of the"
        " folds (corrected variance). That of the difference adds the error of the holdout's test rows"
        " (binomial). The holdout trains on fewer rows than a fold, so its accuracy may be lower for that"
        " reason alone.",
        *([ESTIMATED] if estimated(tidy).any() else []),
        *([FLAGGED] if column(tidy, "flagged").any() else []),
    ]
    found = []
    for block_title, block in blocks(tidy):
        rows = [row(cell) for cell in each_row(block)]
        found.append(Block(block_title, HEADER, rows))
    return Page(TITLE, notes, found)


def estimated(tidy: pd.DataFrame) -> pd.Series:
    """Return which cells have numbers, but not all folds."""
    return column(tidy, "status").ne("") & column(tidy, "ratio").notna()


def row(cell: Row) -> list[Cell]:
    if pd.isna(cell["ratio"]):
        shown = with_flags(page_model.gap(cell["status"]), cell["flagged"])
        return [*cell_names(cell), *[page_model.gap("")] * 2, shown, *[page_model.gap("")] * 6]
    return [
        *cell_names(cell),
        seconds(cell["holdout_s"]),
        all_folds(cell),
        with_flags(Cell(f"{cell['ratio']:.2f}", cell["ratio"]), cell["flagged"]),
        number(cell["work"]),
        number(cell["ratio_to_work"]),
        number(cell["holdout_percent"]),
        number(cell["kfold_percent"]),
        interval(cell["kfold_low"], cell["kfold_high"]),
        gained(cell),
    ]


def gained(cell: Row) -> Cell:
    """Return the points between folds and holdout, with their interval."""
    shown, ends = (
        number(cell["points"], sign=True),
        interval(cell["points_low"], cell["points_high"], sign=True),
    )
    return replace(shown, text=f"{shown.text} ({ends.text})") if ends.text else shown


def all_folds(cell: Row) -> Cell:
    """Return the seconds of all folds, with how many they are estimated from where some are missing."""
    shown = seconds(cell["kfold_s"])
    return replace(shown, text=f"{shown.text} ({cell['status']})") if cell["status"] else shown
