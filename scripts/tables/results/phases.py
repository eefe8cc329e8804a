"""Phases: where the time of a run goes."""

import pandas as pd

from scripts.analysis import cells
from scripts.analysis.experiment import Experiment
from scripts.analysis.frames import column, each_row
from scripts.core.columns import PHASES
from scripts.tables.layout import blocks, cell_names, incomplete
from scripts.tables.page_model import Block, Cell, Page, gap, is_null, seconds

TITLE = "Where the time goes"
LABEL = "where the time goes"
FIRST = (
    "first is build + compile when nothing of the network was compiled yet, once on a machine; the framework"
    " keeps what it compiles, and all runs find it there."
)


def tidy(experiment: Experiment) -> pd.DataFrame:
    """Return the numbers of the table."""
    return cells.phases(experiment.runs)


def page(tidy: pd.DataFrame, experiment: Experiment) -> Page:
    """Lay the table out."""
    page = Page(
        TITLE,
        [
            "Mean seconds of one run in each phase. total = build + compile + train, the figure of"
            " the other tables; import, load and predict lie outside it.",
            "compile is what the first training step costs beyond the second.",
            *([FIRST] if column(tidy, "first_s").notna().any() else []),
        ],
    )
    first = ["first_s"] if column(tidy, "first_s").notna().any() else []
    header = ["dataset", "framework", "runs", *(name[:-2] for name in [*PHASES, "total_s", *first])]
    for title, block in blocks(tidy):
        rows = []
        for cell in each_row(block):
            finished = f"{cell['folds_ok']}/{cell['folds']}"
            numbers = [
                seconds(cell[name]) if cell["folds_ok"] else incomplete(cell) for name in [*PHASES, "total_s"]
            ]
            once = [gap("") if is_null(cell[name]) else seconds(cell[name]) for name in first]
            rows.append([*cell_names(cell), Cell(finished, int(cell["folds_ok"])), *numbers, *once])
        page.blocks.append(Block(f"{title}, seconds per run", header, rows))
    return page
