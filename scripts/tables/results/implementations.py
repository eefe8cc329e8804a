"""Implementations: idiomatic against tuned, everything else equal."""

import pandas as pd

from scripts.analysis import display_names, pairwise
from scripts.analysis.experiment import Experiment
from scripts.analysis.frames import column, each_group
from scripts.tables.layout import FLAGGED
from scripts.tables.page_model import Page
from scripts.tables.ratios import notes, ratio_blocks

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
    alone = [
        display_names.framework(name)
        for (name,), group in each_group(runs, ["framework"])
        if column(group, "implementation").nunique() == 1
    ]
    missing = (
        [f"{', '.join(alone)}: one implementation only, so there is nothing to compare."] if alone else []
    )
    flagged = [FLAGGED] if column(tidy, "flagged").any() else []
    blocks = list(ratio_blocks(tidy, "implementation", with_accuracy=True))
    return Page(TITLE, [*notes(experiment), *missing, *flagged], blocks)
