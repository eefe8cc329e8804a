"""Learning: how long until the training loss is as low as all reach it, and seconds per epoch."""

import pandas as pd

from scripts.analysis import time_to_loss
from scripts.analysis.experiment import Experiment
from scripts.analysis.frames import Row, column, each_row
from scripts.tables import page_model
from scripts.tables.layout import FLAGGED, blocks, cell_names, incomplete, interval, is_complete, with_flags
from scripts.tables.page_model import Block, Cell, Page, gap, number, seconds

TITLE = "Time to the same loss"
LABEL = "time to the same loss"
HEADER = ["dataset", "framework", "target loss", "epochs to it", "seconds to it", "interval", "epoch s"]
HEADER += ["epochs trained", "last loss", "test accuracy %"]


def tidy(experiment: Experiment) -> pd.DataFrame:
    """Return the numbers of the table."""
    return time_to_loss.tidy(experiment)


def page(tidy: pd.DataFrame, experiment: Experiment) -> Page:
    """Lay the table out."""
    notes = [
        "A fast epoch is worth little if more epochs are needed. Target: the training loss that the slowest"
        " learner just reaches, the highest of all runs' lowest losses for that dataset, split and"
        " settings. Every run is timed until the first epoch whose mean loss is at most that: building,"
        " compiling and these epochs. Whole epochs count.",
        "Training loss and not test accuracy, because the test rows are looked at once, after the last"
        " epoch, and the clock is not stopped for it. Where the last losses lie far apart, one framework"
        " sets an easy target for the others; settings: matched makes them learn alike.",
        f"Seconds: mean ± standard deviation and {experiment.comparison['confidence']:.0%} interval of the"
        " mean, over the folds.",
        *([FLAGGED] if column(tidy, "flagged").any() else []),
    ]
    if not column(tidy, "target_loss").notna().any():
        notes.append("No cell has all its runs yet.")
    found = []
    for block_title, block in blocks(tidy):
        rows = [row(cell) for cell in each_row(block)]
        found.append(Block(block_title, HEADER, rows))
    return Page(TITLE, notes, found)


def row(cell: Row) -> list[Cell]:
    if not is_complete(cell):
        return [*cell_names(cell), *[gap("")] * 2, incomplete(cell), *[gap("")] * 5]
    if cell["runs_reached"] < cell["folds"]:
        words = f"{cell['runs_reached']:.0f} of {cell['folds']} runs reach it"
        reach = [gap(""), with_flags(gap(words), cell["flagged"]), gap("")]
    else:
        reach = [
            Cell(f"{cell['epochs_to_target']:g}", cell["epochs_to_target"]),
            with_flags(seconds(cell["seconds_to_target"], cell["seconds_sd"]), cell["flagged"]),
            interval(cell["seconds_low"], cell["seconds_high"]),
        ]
    return [
        *cell_names(cell),
        number_or_gap(cell["target_loss"]),
        *reach,
        seconds(cell["epoch_s"]),
        page_model.whole(cell["epochs"]),
        number_or_gap(cell["loss_last"]),
        number(cell["accuracy_percent"]),
    ]


def number_or_gap(loss: float) -> Cell:
    return gap("not a number") if page_model.is_null(loss) else number(loss, decimals=4)
