"""Speed-ups: the frameworks two and two, everything else equal."""

import pandas as pd

from scripts.analysis import pairwise
from scripts.analysis.experiment import Experiment
from scripts.analysis.frames import column
from scripts.tables.layout import FLAGGED
from scripts.tables.page_model import Page
from scripts.tables.ratios import notes, ratio_blocks

TITLE = "Speed-ups between frameworks"
LABEL = "speed-ups between frameworks"


def tidy(experiment: Experiment) -> pd.DataFrame:
    """Return the numbers of the table."""
    return pairwise.ratios(experiment.runs, "framework", experiment.comparison)


def page(tidy: pd.DataFrame, experiment: Experiment) -> Page:
    """Lay the table out."""
    if tidy.empty:
        return Page("Speed-ups", ["Only one framework ran: name others under frameworks: in the config."])
    flagged = [FLAGGED] if column(tidy, "flagged").any() else []
    blocks = list(ratio_blocks(tidy, "framework"))
    return Page(TITLE, [*notes(experiment), *flagged], blocks)
