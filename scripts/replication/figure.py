"""The study in one figure: a panel a dataset, each framework's time here next to the printed one."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from scripts.analysis import cells as cells_of
from scripts.analysis import display_names
from scripts.analysis.experiment import Experiment
from scripts.analysis.frames import column, each_group, each_row
from scripts.analysis.study import comparison
from scripts.analysis.study import printed_figures as study
from scripts.figures.layout import WIDTH, seconds, title
from scripts.figures.plots import times

TITLE = "Training one network: here, and in the published study of 2020 (CPU, 70/30 split)"


def like_study(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the runs that the figure shows."""
    chosen = (column(runs, "settings") == "published") & (column(runs, "implementation") == "idiomatic")
    return runs.loc[chosen & (column(runs, "device") == "cpu") & (column(runs, "split") == "holdout")]


def draw(experiment: Experiment) -> Figure:
    """Draw the datasets that a holdout run was made of, two in a row."""
    runs = like_study(experiment.runs)
    cells = cells_of.with_flags(runs)
    compared = comparison.published(experiment.runs, experiment.figures)
    datasets = [name for name in study.PROTOCOLS if name in set(cells["dataset"])]
    heights = times.room(cells, compared)
    lines = -(-len(datasets) // 2)
    figure, axes = plt.subplots(
        lines,
        2,
        figsize=(WIDTH, 1.2 + lines * (0.7 + 0.5 * sum(heights.values()))),
        squeeze=False,
        layout="constrained",
    )
    drawn = set()
    for axis in axes.flat[len(datasets) :]:
        axis.axis("off")
    for axis, dataset in zip(axes.flat, datasets, strict=False):
        of_panel = cells.loc[cells["dataset"] == dataset]
        _, looks = times.panel(axis, of_panel, compared, heights)
        axis.set_yticks(
            axis.get_yticks(), [display_names.framework(cell["framework"]) for cell in each_row(of_panel)]
        )
        axis.tick_params(axis="y", length=0)
        axis.set_title(display_names.dataset(dataset))
        drawn |= looks
    title(figure, TITLE)
    times.legend(figure, runs, {}, drawn, bool(cells["folds_flagged"].any()))
    return figure


def describe(experiment: Experiment) -> str:
    """Return the measured and the printed seconds of each dataset in sentences."""
    table = comparison.published(like_study(experiment.runs), experiment.figures)
    table = table.dropna(subset="measured_s").sort_values("measured_s", kind="stable")
    sentences = []
    for (dataset,), cells in each_group(table, ["dataset"]):
        found = [
            f"{display_names.framework(cell['framework'])} {seconds(cell['measured_s'])}"
            f" ({seconds(cell['published_s'])})"
            for cell in each_row(cells)
        ]
        sentences.append(f"{display_names.dataset(dataset)}: {', '.join(found)}.")
    return f"Training times here, fastest first, and in brackets those of the study. {' '.join(sentences)}"
