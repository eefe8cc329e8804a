"""Devices: CPU against GPU, everything else equal."""

import pandas as pd

from scripts.analysis import display_names, pairwise
from scripts.analysis.experiment import Experiment
from scripts.analysis.frames import column
from scripts.tables.layout import FLAGGED
from scripts.tables.page_model import Page
from scripts.tables.ratios import notes, ratio_blocks
from scripts.training.frameworks import registry

TITLE = "CPU and GPU"
LABEL = "CPU and GPU"


def tidy(experiment: Experiment) -> pd.DataFrame:
    """Return the numbers of the table."""
    return pairwise.ratios(experiment.runs, "device", experiment.comparison)


def page(tidy: pd.DataFrame, experiment: Experiment) -> Page:
    """Lay the table out."""
    if tidy.empty:
        only = ", ".join(dict.fromkeys(experiment.runs["device"])).upper()
        words = f"All runs are on the {only}: with `devices: [cpu, gpu]` in the config both are compared"
        there = [name for name in experiment.runs["framework"].unique() if name in registry.names()]
        if there and not any("gpu" in registry.framework(name).devices for name in there):
            able = [name for name in registry.names() if "gpu" in registry.framework(name).devices]
            words += f", for frameworks that train on a GPU: {', '.join(map(display_names.framework, able))}"
        return Page(TITLE, [f"{words}."])
    flagged = [FLAGGED] if column(tidy, "flagged").any() else []
    blocks = list(ratio_blocks(tidy, "device", with_accuracy=True))
    return Page(TITLE, [*notes(experiment), *flagged], blocks)
