"""What the tables of time ratios share: speed-ups, devices, implementations, Keras."""

from collections.abc import Iterator

import pandas as pd

from scripts.analysis import display_names
from scripts.analysis.experiment import Experiment
from scripts.analysis.frames import Row, each_row
from scripts.analysis.pairwise import FASTER, NO_DIFFERENCE, ONE_RUN
from scripts.tables import page_model
from scripts.tables.layout import blocks, interval, with_flags
from scripts.tables.page_model import Block, Cell, gap, seconds, text


def notes(experiment: Experiment) -> list[str]:
    """Return how to read the columns."""
    confidence = f"{experiment.comparison['confidence']:.0%}"
    return [
        "A : B, time = seconds of A over seconds of B (build, compile and train, all folds added up): above"
        f" 1 B is faster. The interval holds the true ratio with {confidence} confidence: folds are paired"
        " and resampled (bootstrap); with fewer than 8 folds it is Student's t of the logarithms. With"
        " several seeds it is of the seeds, each the sum of its folds.",
        "Nobody is called faster where the interval holds 1: no difference is shown then.",
        "epochs = the same for the median epoch, so without building and compiling. One run of each, as in"
        " a holdout split, has no interval of the whole time; that of its epochs shows how they spread"
        " within these two runs, which is too little for a verdict.",
    ]


def ratio_blocks(tidy: pd.DataFrame, factor: str, with_accuracy: bool = False) -> Iterator[Block]:
    """Yield a Block for each variant; with_accuracy adds the difference of the test accuracies."""
    several = "framework" in tidy
    header = ["dataset", *(["framework"] if several else []), "A : B", "A s", "B s", "time"]
    header += ["interval", "epochs", "interval of epochs", "verdict"]
    header += ["accuracy A - B, points", "interval of points"] if with_accuracy else []
    for title, block in blocks(tidy):
        rows = []
        for cell in each_row(block):
            names = [display_names.dataset(cell["dataset"])]
            names += [display_names.framework(cell["framework"])] if several else []
            row = [*map(text, names), pair(cell, factor), *ratio_cells(cell), verdict(cell, factor)]
            rows.append(row + (point_cells(cell) if with_accuracy else []))
        yield Block(title, header, rows)


def pair(cell: Row, factor: str) -> Cell:
    """Return the Cell `A : B`."""
    a, b = (display_names.level(factor, cell[f"{factor}_{side}"]) for side in "ab")
    return text(f"{a} : {b}")


def ratio_cells(cell: Row) -> list[Cell]:
    """Return the Cells of seconds, ratios and intervals."""
    if page_model.is_null(cell["ratio"]):
        return [gap("")] * 6
    spread = interval(cell["ratio_low"], cell["ratio_high"], apart=1)
    return [
        seconds(cell["seconds_a"]),
        seconds(cell["seconds_b"]),
        times(cell["ratio"]),
        gap("one run") if page_model.is_null(cell["ratio_low"]) else spread,
        times(cell["epoch_ratio"]),
        interval(cell["epoch_ratio_low"], cell["epoch_ratio_high"], apart=1),
    ]


def times(ratio: float) -> Cell:
    return Cell(f"{ratio:.2f}", ratio)


def verdict(cell: Row, factor: str) -> Cell:
    """Return the Cell of the verdict."""
    words = cell["verdict"]
    if words == FASTER:
        shown = Cell(f"{display_names.level(factor, cell['faster'])} faster", None, "best")
    elif words == ONE_RUN:
        shown = text("one run: not tested")
    else:
        shown = text(words) if words == NO_DIFFERENCE else gap(words)
    return with_flags(shown, cell["flagged"])


def point_cells(cell: Row) -> list[Cell]:
    """Return the Cells of the difference of accuracy."""
    if page_model.is_null(cell["points"]):
        return [gap(""), gap("")]
    points = page_model.number(cell["points"], sign=True)
    return [points, interval(cell["points_low"], cell["points_high"], apart=0, sign=True)]
