"""Keras's backends: the same network through Keras on each library that computes for it."""

import pandas as pd

from scripts.analysis import cells, display_names
from scripts.analysis.experiment import Experiment
from scripts.analysis.frames import Row, column, each_row
from scripts.core.columns import CELL
from scripts.tables.layout import FLAGGED, blocks, flagged, incomplete, is_complete
from scripts.tables.page_model import Block, Cell, Page, gap, number, seconds, text
from scripts.tables.results.times import unsettled
from scripts.training.frameworks import registry

TITLE = "Keras and its backends"
LABEL = "Keras and its backends"

READ = (
    "Networks that are built and trained through Keras: TensorFlow with Keras 3, Theano and CNTK with Keras"
    " 2.3.1, and Keras 3 on JAX and on PyTorch. Seconds to build, compile and train, then test accuracy."
    " TensorFlow, Theano and CNTK were Keras's three backends when the study was made."
)
TOO_FEW = (
    "Fewer than two frameworks ran through Keras: `frameworks: [tensorflow, theano, cntk]` in the config"
    " compares the three backends of the study's time."
)


def tidy(experiment: Experiment) -> pd.DataFrame:
    """Return the numbers of the table: the times and accuracies of all cells that go through Keras."""
    runs = experiment.runs
    found = cells.times(runs).merge(cells.accuracy(runs)[[*CELL, "accuracy_percent"]], on=CELL)
    names = [name for name in dict.fromkeys(runs["framework"]) if name in registry.names()]
    through_keras = [name for name in names if registry.framework(name).keras]
    shown = through_keras if len(through_keras) > 1 else []
    return found.loc[found["framework"].isin(shown)].reset_index(drop=True)


def page(tidy: pd.DataFrame, experiment: Experiment) -> Page:
    """Lay the table out."""
    if tidy.empty:
        return Page(TITLE, [TOO_FEW])
    notes = [READ, *display_names.retired(tidy["framework"])]
    notes += [FLAGGED] if column(tidy, "folds_flagged").any() else []
    return Page(TITLE, notes, [as_study(title, block) for title, block in blocks(tidy)])


def as_study(title: str, block: pd.DataFrame) -> Block:
    """Return a Block: rows are datasets, columns the seconds of all backends, then their percent."""
    names = list(dict.fromkeys(block["framework"]))
    known = {(cell["dataset"], cell["framework"]): cell for cell in each_row(block)}
    rows = []
    for dataset in dict.fromkeys(block["dataset"]):
        of_dataset = [known.get((dataset, name)) for name in names]
        shown = [gap("not planned") if cell is None else time_cell(cell) for cell in of_dataset]
        shown += [gap("") if cell is None else percent_cell(cell) for cell in of_dataset]
        rows.append([text(display_names.dataset(dataset)), *shown])
    header = [f"{display_names.framework(name)} {unit}" for unit in "s%" for name in names]
    return Block(title, ["dataset", *header], rows)


def time_cell(cell: Row) -> Cell:
    if not is_complete(cell):
        return incomplete(cell)
    return flagged(unsettled(cell) if cells.is_unsettled(cell) else seconds(cell["seconds"]), cell)


def percent_cell(cell: Row) -> Cell:
    return number(cell["accuracy_percent"]) if is_complete(cell) else gap("")
