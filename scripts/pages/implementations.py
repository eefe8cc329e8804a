"""Implementations: idiomatic against tuned, everything else equal."""

import labels
from page_model import Page

from pages.layout import FLAGGED
from pages.ratios import notes, ratio_blocks, ratios


def tidy(experiment):
    return ratios(experiment, "implementation")


def page(tidy, experiment):
    runs, title = experiment.runs, "Idiomatic and tuned"
    if tidy.empty:
        only = ", ".join(dict.fromkeys(runs["implementation"]))
        return Page(title, [f"All runs are {only}: name others under implementations: in the config."])
    alone = runs.groupby("framework", sort=False)["implementation"].nunique() == 1
    words = ", ".join(labels.framework(name) for name in alone[alone].index)
    missing = [f"{words}: one implementation only, so there is nothing to compare."] if words else []
    flagged = [FLAGGED] if tidy["flagged"].any() else []
    blocks = list(ratio_blocks(tidy, "implementation", with_accuracy=True))
    return Page(title, [*notes(experiment), *missing, *flagged], blocks)
