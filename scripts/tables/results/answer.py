"""Answer: who is fastest, by how much, and how far do the accuracies lie apart?"""

import pandas as pd

from scripts.analysis import cells, display_names, flags, pairwise
from scripts.analysis.experiment import Experiment
from scripts.analysis.frames import Row, column, each_group, each_row
from scripts.core.columns import BLOCK, CELL
from scripts.tables import page_model
from scripts.tables.layout import FLAGGED, fastest, incomplete, is_complete, with_flags
from scripts.tables.page_model import Block, Cell, Page, gap, seconds, text

TITLE = "In short"
LABEL = "in short"
DOUBTFUL = (
    "A ratio with a question mark rests on runs whose times are doubtful. Where these are more than half of a"
    " row's runs, there is no answer yet: `make again` repeats them, or your command with --forcerun and the"
    " files that `status --doubtful` prints."
)


def tidy(experiment: Experiment) -> pd.DataFrame:
    """Return the numbers of the table."""
    leaders = pairwise.leaders(experiment.runs, experiment.comparison)
    found = cells.answer(experiment.runs).merge(leaders, on=[*BLOCK, "dataset"])
    flagged = flags.counts(experiment.runs)
    return found.assign(
        folds_flagged=[flagged.get(cell, 0) for cell in zip(*map(found.get, CELL), strict=True)]
    )


def page(tidy: pd.DataFrame, experiment: Experiment) -> Page:
    """Lay the table out."""
    page = Page(
        TITLE,
        [
            "Who built, compiled and trained the same network in the least time: its seconds, all folds"
            " added up, and how many times as long each framework took. The test accuracies next to it"
            " are the least and the greatest of the frameworks.",
            "The least time is in bold where its framework is shown to be faster than all others: the"
            " interval of every time ratio leaves 1 out (table of speed-ups). Otherwise the name"
            " comes with `no difference shown`, or with `one run`, where there is no interval.",
            *([DOUBTFUL] if column(tidy, "folds_doubtful").any() else []),
            *([FLAGGED] if column(tidy, "folds_flagged").any() else []),
        ],
    )
    frameworks = list(dict.fromkeys(tidy["framework"]))
    varying = [name for name in ("settings", "implementation") if column(tidy, name).nunique() > 1]
    header = ["dataset", "trained on", *varying, "least time", "seconds"]
    header += [*(display_names.framework(name) for name in frameworks), "test accuracy %"]
    rows = []
    for _, row in each_group(tidy, [*BLOCK, "dataset"]):
        first = row.iloc[0]
        split = display_names.split(first["split"], first["folds"], first["replicates"])
        where = f"{display_names.device(first['device'])}, {split}"
        names = [display_names.dataset(first["dataset"]), where, *(first[name] for name in varying)]
        of = {cell["framework"]: times_as_long(cell) for cell in each_row(row)}
        times = [of.get(name, gap("not planned")) for name in frameworks]
        rows.append([*map(text, names), *least_time(row), *times, accuracies(row)])
    page.blocks.append(Block("", header, rows))
    return page


def least_time(row: pd.DataFrame) -> tuple[Cell, Cell]:
    """The framework of least time, said to be fastest only where that is shown, and its seconds.

    With the number of the row's runs, of all frameworks, that carry a flag."""
    verdict, (doubtful, finished) = row["verdict"].iloc[0], doubts(row)
    if 2 * doubtful > finished:
        return gap(f"no answer yet: {doubtful} of {finished} runs doubtful"), gap("")
    if column(row, "times_fastest").isna().any() or len(row) < 2:
        return gap(verdict), gap("")
    least = row.loc[row["seconds"].idxmin()]
    name = display_names.framework(least["framework"])
    shown = Cell(name, None, "best") if verdict == pairwise.FASTER else text(f"{name} ({verdict})")
    return with_flags(shown, column(row, "folds_flagged").sum()), seconds(least["seconds"])


def doubts(row: pd.DataFrame) -> tuple[int, int]:
    """Return how many of the row's finished runs have doubtful times, and how many are finished."""
    return int(column(row, "folds_doubtful").sum()), int(column(row, "folds_ok").sum())


def times_as_long(cell: Row) -> Cell:
    if not is_complete(cell):
        return incomplete(cell)
    ratio = cell["times_fastest"]
    if page_model.is_null(ratio):
        return gap("measured")
    if cell["folds_doubtful"]:
        return gap(f"{ratio:.2f} x?")
    return fastest(Cell(f"{ratio:.2f} x", ratio), cell["framework"] == cell["fastest"])


def accuracies(row: pd.DataFrame) -> Cell:
    known = column(row, "accuracy_percent").dropna()
    if known.empty:
        return gap("missing")
    least, most = known.min(), known.max()
    return Cell(f"{least:.2f}" if least == most else f"{least:.2f} to {most:.2f}", least)
