"""Answer: who took the least time, and did all learn the same?"""

import labels
import render
import summarise
from render import Block, Cell, Page, gap, seconds, text
from summarise import BLOCK

from pages.layout import fastest, incomplete, is_complete


def tidy(experiment):
    return summarise.answer(experiment.runs)


def page(tidy, experiment):
    page = Page(
        "In short",
        [
            "Who built, compiled and trained the same network in the least time: its seconds, all folds"
            " added up, and how many times as long each framework took. The test accuracies beside it"
            " are the least and the greatest of the frameworks.",
            "A ratio near 1 is no finding: the spread of the folds stands in the table of times.",
        ],
    )
    frameworks = list(dict.fromkeys(tidy["framework"]))
    varying = [name for name in ("settings", "implementation") if tidy[name].nunique() > 1]
    header = ["dataset", "trained on", *varying, "least time", "seconds"]
    header += [*(labels.framework(name) for name in frameworks), "test accuracy %"]
    rows = []
    for _, row in tidy.groupby([*BLOCK, "dataset"], sort=False):
        first = row.iloc[0]
        where = f"{labels.device(first['device'])}, {labels.split(first['split'], first['folds'])}"
        names = [labels.dataset(first["dataset"]), where, *(first[name] for name in varying)]
        of = {cell["framework"]: times_as_long(cell) for _, cell in row.iterrows()}
        times = [of.get(name, gap("not planned")) for name in frameworks]
        rows.append([*map(text, names), *least_time(row), *fastest(times), accuracies(row)])
    page.blocks.append(Block("", header, rows))
    return page


def least_time(row):
    """The framework of least time and its seconds, where all were measured and there are several."""
    if len(row) < 2 or row["times_fastest"].isna().any():
        return gap("not all measured" if len(row) > 1 else "only one"), gap("")
    least = row.loc[row["seconds"].idxmin()]
    return Cell(labels.framework(least["framework"]), None, "best"), seconds(least["seconds"])


def times_as_long(cell):
    if not is_complete(cell):
        return incomplete(cell)
    ratio = cell["times_fastest"]
    return gap("measured") if render.is_null(ratio) else Cell(f"{ratio:.2f} x", ratio)


def accuracies(row):
    known = row["accuracy_percent"].dropna()
    if known.empty:
        return gap("missing")
    least, most = known.min(), known.max()
    return Cell(f"{least:.2f}" if least == most else f"{least:.2f} to {most:.2f}", least)
