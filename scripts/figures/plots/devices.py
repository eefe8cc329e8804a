"""CPU against GPU: how many times as long the one takes as the other."""

from matplotlib.figure import Figure

from scripts.analysis.experiment import Experiment
from scripts.figures.plots import ratios

TITLE = "CPU against GPU: ratios of training times"
LABEL = "CPU and GPU"
NEEDS = ["device"]


def draw(experiment: Experiment) -> Figure:
    """Draw the figure."""
    return ratios.draw(experiment, "device", TITLE)


def describe(experiment: Experiment) -> str:
    """Return what the figure shows, in sentences."""
    return f"{TITLE}. {ratios.describe(experiment, 'device')}"
