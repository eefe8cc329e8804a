"""The study in one table: seconds and accuracy of each framework, measured here above the printed ones."""

import pandas as pd

from scripts.analysis import display_names, flags
from scripts.analysis.experiment import Experiment
from scripts.analysis.frames import Row, column, each_group, each_row
from scripts.analysis.study import comparison
from scripts.analysis.study import printed_figures as study
from scripts.tables import page_model
from scripts.tables.page_model import Block, Cell, text

BREAK = "<br>"  # of a line, in a cell of Markdown
ORDER = ["device", "split", "dataset"]


def block(experiment: Experiment) -> Block:
    """Lay out a row for each dataset, split and device that was begun, the frameworks of the study across."""
    found = comparison.published(experiment.runs, experiment.figures)
    begun = column(found, "status").ne("not measured").groupby([found[name] for name in ORDER])
    found = found.loc[begun.transform("any")]
    doubtful = flags.counts(experiment.runs)
    frameworks = list(dict.fromkeys(experiment.figures["framework"]))
    header = ["network", "trained on", *map(display_names.framework, frameworks)]
    rows = []
    for (device, split, dataset), group in each_group(found.sort_values(ORDER, key=place), ORDER):
        cells = {row["framework"]: row for row in each_row(group)}
        where = f"{display_names.device(device)}, {'ten folds' if split == 'kfold' else 'one 70/30 split'}"
        shown = [cell(cells[name], doubtful) for name in frameworks]
        rows.append([text(display_names.dataset(dataset)), text(where), *shown])
    return Block("", header, rows)


def place(names: pd.Series) -> pd.Series:
    """Return where names come in the table: the study's order of datasets, the split before the folds."""
    order = ["cpu", "gpu", "holdout", "kfold", *study.PROTOCOLS]
    return names.map(order.index)


def cell(row: Row, doubtful: dict) -> Cell:
    """Write one cell: measured, with a mark where a run was disturbed, and below it as printed."""
    printed = f"*{figures(row['published_s'], row['published_percent'])}*"
    if page_model.is_null(row["measured_s"]):
        reason = "" if row["status"] == "not measured" else row["reason"]
        return Cell(f"{reason}{BREAK}{printed}")
    mark = " (?)" if doubtful.get(comparison.like_study(*(row[name] for name in study.CELL))) else ""
    return Cell(f"{figures(row['measured_s'], row['measured_percent'])}{mark}{BREAK}{printed}")


def figures(seconds: float, percent: float) -> str:
    """Write `1,006 s, 81.3 %`."""
    return f"{seconds:,.0f} s, {percent:.1f} %" if seconds >= 100 else f"{seconds:.1f} s, {percent:.1f} %"
