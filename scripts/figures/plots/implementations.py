"""Idiomatic against tuned: how many times as long the one takes as the other."""

from matplotlib.figure import Figure

from scripts.analysis.experiment import Experiment
from scripts.figures.plots import ratios

TITLE = "Idiomatic against tuned: ratios of training times"
LABEL = "idiomatic and tuned"
NEEDS = ["implementation"]


def draw(experiment: Experiment) -> Figure:
    """Draw the figure."""
    return ratios.draw(experiment, "implementation", TITLE)


def describe(experiment: Experiment) -> str:
    """Return what the figure shows, in sentences."""
    return f"{TITLE}. {ratios.describe(experiment, 'implementation')}"
