"""Answer: who is fastest, by how much, and how far do the accuracies lie apart?"""

import pandas as pd

from scripts.analysis import cells, display_names, flags, pairwise, ranking
from scripts.analysis.experiment import Experiment
from scripts.analysis.frames import Row, column, each_group, each_row
from scripts.core.columns import BLOCK, CELL
from scripts.tables import page_model
from scripts.tables.layout import FLAGGED, MOST_ACROSS, fastest, incomplete, is_complete, with_flags
from scripts.tables.page_model import Block, Cell, Page, gap, seconds, text, whole

TITLE = "In short"
LABEL = "in short"
ACROSS = [
    "Who built, compiled and trained the same network in the least time: its seconds, all folds added up, and"
    " how many times as long each framework took. The test accuracies next to it are the least and the"
    " greatest of the frameworks.",
    "The least time is in bold where its framework is shown to be faster than all others: the interval of"
    " every time ratio leaves 1 out (table of speed-ups). Otherwise the name comes with `no difference"
    " shown`, or with `one run`, where there is no interval.",
]
RANKED = [
    "Who built, compiled and trained the same network in the least time: the frameworks in the order of their"
    " seconds, all folds added up, and how many times as long as the first each took.",
    "place: 1 and the number of frameworks that are shown to be faster, by the interval of the time ratio"
    " (table of speed-ups); those between which no difference is shown share a place. One run of each has no"
    " interval and shows no places. Bold: shown to be faster than all others.",
]
DOUBTFUL = (
    "A ratio with a question mark rests on runs whose times are doubtful. Where these are more than half of"
    " the runs of a dataset and split, there is no answer yet: `make again` repeats them, or your command"
    " with --forcerun and the files that `status --doubtful` prints."
)


def tidy(experiment: Experiment) -> pd.DataFrame:
    """Return the numbers of the table."""
    leaders = ranking.leaders(experiment.runs, experiment.comparison)
    places = ranking.places(experiment.runs, experiment.comparison)
    found = cells.answer(experiment.runs).merge(leaders, on=[*BLOCK, "dataset"]).merge(places, on=CELL)
    flagged = flags.counts(experiment.runs)
    return found.assign(
        folds_flagged=[flagged.get(cell, 0) for cell in zip(*map(found.get, CELL), strict=True)]
    )


def page(tidy: pd.DataFrame, experiment: Experiment) -> Page:
    """Lay the table out."""
    frameworks = list(dict.fromkeys(tidy["framework"]))
    few = len(frameworks) <= MOST_ACROSS
    page = Page(TITLE, list(ACROSS if few else RANKED))
    page.notes += [DOUBTFUL] if column(tidy, "folds_doubtful").any() else []
    page.notes += [FLAGGED] if column(tidy, "folds_flagged").any() else []
    if few:
        page.blocks.append(one_row_each(tidy, frameworks))
    else:
        page.blocks += [ranked(row) for _, row in each_group(tidy, [*BLOCK, "dataset"])]
    return page


def one_row_each(tidy: pd.DataFrame, frameworks: list[str]) -> Block:
    """Lay out a row for each dataset, device and split, the frameworks across."""
    varying = [name for name in ("settings", "implementation") if column(tidy, name).nunique() > 1]
    header = ["dataset", "trained on", *varying, "least time", "seconds"]
    header += [*(display_names.framework(name) for name in frameworks), "test accuracy %"]
    rows = []
    for _, row in each_group(tidy, [*BLOCK, "dataset"]):
        first = row.iloc[0]
        names = [display_names.dataset(first["dataset"]), where(first), *(first[name] for name in varying)]
        of = {cell["framework"]: times_as_long(cell, row) for cell in each_row(row)}
        times = [of.get(name, gap("not planned")) for name in frameworks]
        rows.append([*map(text, names), *least_time(row), *times, accuracies(row)])
    return Block("", header, rows)


def where(cell: Row) -> str:
    """Return `CPU, 10-fold cross-validation`."""
    split = display_names.split(cell["split"], cell["folds"], cell["replicates"])
    return f"{display_names.device(cell['device'])}, {split}"


# ---- Many frameworks: one below the other, the fastest first ----


def ranked(row: pd.DataFrame) -> Block:
    """Lay out one dataset, device and split: a framework a row, the fastest first, the unfinished last."""
    first, rows = row.iloc[0], []
    variant = display_names.variant(first["settings"], first["implementation"])
    for cell in each_row(row.sort_values("seconds", kind="stable", na_position="last")):
        is_first = cell["framework"] == cell["fastest"]
        name = fastest(text(display_names.framework(cell["framework"])), is_first)
        counted = with_flags(name, cell["folds_flagged"])
        time = seconds(cell["seconds"]) if is_complete(cell) else incomplete(cell)
        rows.append([whole(cell["place"]), counted, time, times_as_long(cell, row), accuracies(row_of(cell))])
    title = f"{display_names.dataset(first['dataset'])}, {where(first)} ({variant}): {finding(row)}"
    return Block(title, ["place", "framework", "seconds", "times as long", "test accuracy %"], rows)


def row_of(cell: Row) -> pd.DataFrame:
    """Return a table of one cell alone."""
    return pd.DataFrame([cell])


def finding(row: pd.DataFrame) -> str:
    """Return in words what the times of one dataset, device and split show."""
    verdict, (doubtful, finished) = row["verdict"].iloc[0], doubts(row)
    if 2 * doubtful > finished:
        return f"no answer yet, {doubtful} of {finished} runs doubtful"
    if verdict == pairwise.FASTER:
        return f"{display_names.framework(row['fastest'].iloc[0])} is fastest"
    if verdict == pairwise.NO_DIFFERENCE:
        return "no difference shown between the first"
    return verdict


# ---- Few frameworks: a row for each dataset, device and split ----


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


def times_as_long(cell: Row, row: pd.DataFrame) -> Cell:
    """How many times as long as the least time of its row; with a ? where one of the two is doubtful."""
    if not is_complete(cell):
        return incomplete(cell)
    ratio = cell["times_fastest"]
    if page_model.is_null(ratio):
        return gap("measured")
    if cell["folds_doubtful"] or row.loc[row["seconds"].idxmin(), "folds_doubtful"]:
        return gap(f"{ratio:.2f} x?")
    return fastest(Cell(f"{ratio:.2f} x", ratio), cell["framework"] == cell["fastest"])


def accuracies(row: pd.DataFrame) -> Cell:
    """The least and the greatest test accuracy of the row, or the one that there is."""
    known = column(row, "accuracy_percent").dropna()
    if known.empty:
        return gap("failed" if column(row, "folds_failed").equals(column(row, "folds")) else "missing")
    least, most = known.min(), known.max()
    return Cell(f"{least:.2f}" if least == most else f"{least:.2f} to {most:.2f}", least)
