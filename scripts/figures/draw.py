"""A figure by its name, drawn and in words."""

from dataclasses import replace

from matplotlib.figure import Figure

from scripts import figures
from scripts.analysis.experiment import Experiment
from scripts.core.errors import UserError


def draw(name: str, experiment: Experiment, dataset: str | None = None) -> Figure:
    """Draw the figure of that name. Raises UserError if the experiment does not have the dataset."""
    return figures.module(name).draw(shown(name, experiment, dataset))


def describe(name: str, experiment: Experiment, dataset: str | None = None) -> str:
    """Return what the figure of that name shows, in sentences: its text alternative."""
    return figures.module(name).describe(shown(name, experiment, dataset))


def shown(name: str, experiment: Experiment, dataset: str | None) -> Experiment:
    """Return the part of the experiment that a figure shows. Raises UserError if it lacks the dataset."""
    runs = experiment.runs
    if dataset is None and name in figures.OF_ONE_DATASET:
        raise UserError(f"the figure {name} is of one dataset: name it with --dataset")
    if dataset is None:
        return experiment
    found = replace(experiment, runs=runs.loc[runs["dataset"] == dataset])
    if found.runs.empty:
        raise UserError(
            f"{dataset} is not in the experiment, which has {', '.join(runs['dataset'].unique())}:"
            " add it to `datasets` in the config"
        )
    return found
