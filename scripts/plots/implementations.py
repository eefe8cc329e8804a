"""Idiomatic against tuned: how many times as long the one takes as the other."""

from experiment_data import Experiment
from matplotlib.figure import Figure

from plots import ratios

TITLE = "Idiomatic against tuned: ratios of training times"
LABEL = "idiomatic and tuned"
NEEDS = ["implementation"]


def draw(experiment: Experiment) -> Figure:
    """Draw the figure."""
    return ratios.draw(experiment, "implementation", TITLE)
