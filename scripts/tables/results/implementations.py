"""Implementations: idiomatic against tuned, everything else equal."""

import pandas as pd

from scripts.analysis import display_names, pairwise
from scripts.analysis.experiment import Experiment
from scripts.tables.layout import FLAGGED
from scripts.tables.page_model import Page
from scripts.tables.results.ratios import notes, ratio_blocks

TITLE = "Idiomatic and tuned"
LABEL = "idiomatic and tuned"


def tidy(experiment: Experiment) -> pd.DataFrame:
    """Return the numbers of the table."""
    return pairwise.ratios(experiment.runs, "implementation", experiment.comparison)


def page(tidy: pd.DataFrame, experiment: Experiment) -> Page:
    """Lay the table out."""
    runs = experiment.runs
    if tidy.empty:
        only = ", ".join(dict.fromkeys(runs["implementation"]))
        return Page(TITLE, [f"All runs are {only}: name others under implementations: in the config."])
    alone = runs.groupby("framework", sort=False)["implementation"].nunique() == 1
    words = ", ".join(display_names.framework(name) for name in alone[alone].index)
    missing = [f"{words}: one implementation only, so there is nothing to compare."] if words else []
    flagged = [FLAGGED] if tidy["flagged"].any() else []
    blocks = list(ratio_blocks(tidy, "implementation", with_accuracy=True))
    return Page(TITLE, [*notes(experiment), *missing, *flagged], blocks)
