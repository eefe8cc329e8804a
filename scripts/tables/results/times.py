"""Training times: datasets down, frameworks across, as the study prints them; many frameworks down."""

import pandas as pd

from scripts.analysis import cells, display_names, pairwise, ranking
from scripts.analysis.experiment import Experiment
from scripts.analysis.frames import Row, column
from scripts.core.columns import BLOCK, CELL
from scripts.tables import page_model
from scripts.tables.layout import FLAGGED, blocks, fastest, flagged, incomplete, is_complete, pivot
from scripts.tables.page_model import Cell, Page, gap, seconds

TITLE = "Training times"
LABEL = "training times"
SEVERAL_SEEDS = (
    "Everything was made once with each of several seeds: times are means over the seeds, and intervals come"
    " from the differences between seeds (docs/statistics.md)."
)
REPEATED = (
    "Doubtful runs were repeated, and the cleanest attempt counts: the column `attempts` of times.csv says"
    " how often the runs of a cell were made."
)


def tidy(experiment: Experiment) -> pd.DataFrame:
    """Return the numbers of the table."""
    found = cells.times(experiment.runs)
    intervals = pairwise.intervals(experiment.runs, experiment.comparison["confidence"])
    leaders = ranking.leaders(experiment.runs, experiment.comparison)
    columns = ["fold_median_s", "fold_low_s", "fold_high_s"]
    found = found.merge(intervals[[*CELL, *columns]], on=CELL)
    return found.merge(leaders[[*BLOCK, "dataset", "fastest"]], on=[*BLOCK, "dataset"])


def page(tidy: pd.DataFrame, experiment: Experiment) -> Page:
    """Lay the table out."""
    page = Page(
        TITLE,
        [
            "Seconds to build, compile and train (total_s of the runs); imports, reading data and"
            " prediction are not in it. Bold is a framework that is shown to be faster than all others"
            " of its dataset: the intervals of its time ratios leave 1 out (table of speed-ups). One run"
            " of each, as in a holdout split, has no interval, and nothing is bold.",
            "Cross-validation is given three times: all folds added up, which is what the study prints;"
            " per fold as mean ± standard deviation; and the median fold with the"
            f" {experiment.comparison['confidence']:.0%} confidence interval of the mean fold. Folds are"
            " added up only when all are there; otherwise the cell says how many are.",
            *display_names.retired(tidy["framework"]),
            *([SEVERAL_SEEDS] if column(tidy, "replicates").max() > 1 else []),
            *([REPEATED] if column(tidy, "attempts").gt(column(tidy, "folds_ok")).any() else []),
            *([FLAGGED] if column(tidy, "folds_flagged").any() else []),
        ],
    )
    for title, block in blocks(tidy):
        one_run = display_names.one_run(block.iloc[0])
        whole_title = f"{title}: all folds together, seconds" if one_run == "fold" else f"{title}, seconds"
        page.blocks.append(pivot(whole_title, block, total_cell))
        if column(block, "folds").max() > 1:
            fold = f"{title}: per {one_run}, seconds"
            page.blocks.append(pivot(f"{fold}, mean ± standard deviation", block, fold_cell))
            page.blocks.append(pivot(f"{fold}, median (interval of the mean)", block, median_cell))
    return page


def total_cell(cell: Row) -> Cell:
    if not is_complete(cell):
        return incomplete(cell)
    if cells.is_unsettled(cell):
        return flagged(unsettled(cell), cell)
    return fastest(flagged(seconds(cell["seconds"]), cell), is_fastest(cell))


def unsettled(cell: Row) -> Cell:
    """Return the range of the folds, in the place of their sum."""
    least, most = (seconds(cell[f"fold_{end}_s"]).text for end in ("least", "most"))
    return gap(f"{least} to {most} a {display_names.one_run(cell)}")


def fold_cell(cell: Row) -> Cell:
    if not is_complete(cell):
        return incomplete(cell)
    if cells.is_unsettled(cell):
        return flagged(unsettled(cell), cell)
    shown = seconds(cell["fold_mean_s"], cell["fold_sd_s"])
    return fastest(flagged(shown, cell), is_fastest(cell))


def median_cell(cell: Row) -> Cell:
    if not is_complete(cell):
        return incomplete(cell)
    if page_model.is_null(cell["fold_low_s"]):
        return gap("one run")
    median = cell["fold_median_s"]
    shape = f".{sum(median < limit for limit in (10, 100, 1000))}f"  # four digits or more
    return Cell(f"{median:{shape}} ({cell['fold_low_s']:{shape}} to {cell['fold_high_s']:{shape}})", median)


def is_fastest(cell: Row) -> bool:
    """Return whether the framework is shown to be faster than all others of its dataset."""
    return cell["framework"] == cell["fastest"]
