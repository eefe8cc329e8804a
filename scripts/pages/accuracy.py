"""Test accuracy: rows are datasets, columns frameworks, as the study prints them."""

import summarise
from render import Page, number

from pages.layout import FLAGGED, blocks, flagged, incomplete, is_complete, pivot


def tidy(experiment):
    return summarise.accuracy(experiment.runs, experiment.limits)


def page(tidy, experiment):
    page = Page(
        "Test accuracy",
        [
            "Percent of the test rows whose most probable class is the right one; over the folds of"
            " a cross-validation mean ± standard deviation.",
            "A difference between two frameworks is not a finding by itself: look at the spread of"
            " the folds, and at what each library takes as its default.",
            *([FLAGGED] if tidy["folds_flagged"].any() else []),
        ],
    )
    for title, block in blocks(tidy):
        page.blocks.append(pivot(f"{title}, percent", block, accuracy_cell))
    return page


def accuracy_cell(cell):
    if not is_complete(cell):
        return incomplete(cell)
    return flagged(number(cell["accuracy_percent"], cell["accuracy_sd"]), cell)
