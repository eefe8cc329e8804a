"""A figure by its name."""

from dataclasses import replace

from matplotlib.figure import Figure

from scripts import figures
from scripts.analysis.experiment import Experiment
from scripts.core.errors import UserError


def draw(name: str, experiment: Experiment, dataset: str | None = None) -> Figure:
    """Draw the figure of that name. Raises UserError if the experiment does not have the dataset."""
    runs = experiment.runs
    if dataset is None and name in figures.OF_ONE_DATASET:
        raise UserError(f"the figure {name} is of one dataset: name it with --dataset")
    if dataset is not None:
        experiment = replace(experiment, runs=runs.loc[runs["dataset"] == dataset])
        if experiment.runs.empty:
            raise UserError(
                f"{dataset} is not in the experiment, which has {', '.join(runs['dataset'].unique())}:"
                " add it to `datasets` in the config"
            )
    return figures.module(name).draw(experiment)
