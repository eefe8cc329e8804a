"""Phases: where the time of a run goes."""

import summarise
from page_model import Block, Cell, Page, gap, seconds
from summarise import PHASES

from pages.layout import blocks, cell_names


def tidy(experiment):
    return summarise.phases(experiment.runs)


def page(tidy, experiment):
    page = Page(
        "Where the time goes",
        [
            "Mean seconds of one run in each phase. total = build + compile + train, the figure of"
            " the other tables; import, load and predict lie outside it.",
            "compile is what the first training step costs beyond the second.",
        ],
    )
    header = ["dataset", "framework", "runs", *(name[:-2] for name in [*PHASES, "total_s"])]
    for title, block in blocks(tidy):
        rows = []
        for _, cell in block.iterrows():
            done = f"{cell['folds_ok']}/{cell['folds']}"
            numbers = [
                seconds(cell[name]) if cell["folds_ok"] else gap("missing") for name in [*PHASES, "total_s"]
            ]
            rows.append([*cell_names(cell), Cell(done, int(cell["folds_ok"])), *numbers])
        page.blocks.append(Block(f"{title}, seconds per run", header, rows))
    return page
