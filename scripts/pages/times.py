"""Training times: rows are datasets, columns frameworks, as the study prints them."""

import summarise
from render import Page, seconds

from pages.layout import FLAGGED, blocks, fastest, flagged, incomplete, is_complete, pivot


def tidy(experiment):
    return summarise.times(experiment.runs, experiment.limits)


def page(tidy, experiment):
    page = Page(
        "Training times",
        [
            "Seconds to build, compile and train (total_s of the runs); imports, reading data and"
            " prediction are not in it. The fastest framework of a row is bold.",
            "Cross-validation is given twice: all folds added up, which is what the study prints,"
            " and per fold as mean ± standard deviation. Folds are added up only when all are"
            " there; otherwise the cell says how many are.",
            *([FLAGGED] if tidy["folds_flagged"].any() else []),
        ],
    )
    for title, block in blocks(tidy):
        several = block["folds"].max() > 1
        whole_title = f"{title}: all folds together, seconds" if several else f"{title}, seconds"
        page.blocks.append(pivot(whole_title, block, total_cell, fastest))
        if several:
            fold_title = f"{title}: per fold, seconds, mean ± standard deviation"
            page.blocks.append(pivot(fold_title, block, fold_cell, fastest))
    return page


def total_cell(cell):
    return flagged(seconds(cell["seconds"]), cell) if is_complete(cell) else incomplete(cell)


def fold_cell(cell):
    if not is_complete(cell):
        return incomplete(cell)
    return flagged(seconds(cell["fold_mean_s"], cell["fold_sd_s"]), cell)
