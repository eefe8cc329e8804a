"""Phases: where the time of a run goes."""

import pandas as pd

from scripts.analysis import cells
from scripts.analysis.experiment import Experiment
from scripts.analysis.frames import each_row
from scripts.core.columns import PHASES
from scripts.tables.layout import blocks, cell_names
from scripts.tables.page_model import Block, Cell, Page, gap, seconds

TITLE = "Where the time goes"
LABEL = "where the time goes"


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
        ],
    )
    header = ["dataset", "framework", "runs", *(name[:-2] for name in [*PHASES, "total_s"])]
    for title, block in blocks(tidy):
        rows = []
        for cell in each_row(block):
            finished = f"{cell['folds_ok']}/{cell['folds']}"
            numbers = [
                seconds(cell[name]) if cell["folds_ok"] else gap("missing") for name in [*PHASES, "total_s"]
            ]
            rows.append([*cell_names(cell), Cell(finished, int(cell["folds_ok"])), *numbers])
        page.blocks.append(Block(f"{title}, seconds per run", header, rows))
    return page
