"""How much the epochs of a run, and the runs of a cell, differ in time: the noise of the measurement."""

from collections.abc import Callable
from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scripts.analysis import display_names, flags
from scripts.analysis.experiment import Experiment
from scripts.analysis.frames import column, each_group, each_row, finished_runs
from scripts.figures import style
from scripts.figures.layout import WIDTH, is_flagged, legend_line, right_of, title, variant_names

TITLE = "Noise: seconds of every epoch over the median of its framework"
LABEL = "noise of the epochs"
VARIANT = ["settings", "implementation", "framework"]
LANE, NARROW = 0.42, 0.3  # inches a framework takes; where a panel has more than CROWD of them
CROWD = 6
MANY = 3000  # points from which the SVG holds a picture of them: it would grow to megabytes
# Tick marks are the first of these that reach to both ends of the axis, or FAR from them.
FAR = 1.6
TICKS = [
    [0.9, 0.95, 1, 1.05, 1.1],
    [0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.3],
    [0.5, 0.7, 0.85, 1, 1.2, 1.4, 1.7, 2],
    [0.25, 0.5, 1, 2, 4, 8],
    [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20],
    [0.01, 0.1, 1, 10, 100],
]


def draw(experiment: Experiment) -> Figure:
    """Draw a row of panels a dataset, a column a device; a lane a framework, a row of points a run."""
    runs, flagged = experiment.runs, flags.ids(experiment.runs)
    datasets, devices = (list(dict.fromkeys(runs[name])) for name in ("dataset", "device"))
    lanes = {
        dataset: int(column(of_dataset.drop_duplicates(["device", *VARIANT]), "device").value_counts().max())
        for (dataset,), of_dataset in each_group(runs, ["dataset"])
    }
    crowded = max(lanes.values()) > CROWD
    lane = NARROW if crowded else LANE
    figure, axes = plt.subplots(
        len(datasets),
        len(devices),
        figsize=(WIDTH, 1.5 + sum(0.35 + lane * count for count in lanes.values())),
        height_ratios=[lanes[dataset] + 0.35 / lane for dataset in datasets],
        sharex=True,
        squeeze=False,
        layout="constrained",
    )
    name = partial(variant_names(runs), separator=", " if crowded else "\n")
    for axis_row, dataset in zip(axes, datasets, strict=True):
        for axis, device in zip(axis_row, devices, strict=True):
            of_panel = runs.loc[(runs["dataset"] == dataset) & (runs["device"] == device)]
            panel(axis, of_panel, name, flagged)
            axis.set_ylim(lanes[dataset] - 0.4, -0.6)
            axis.set_title(f"{display_names.dataset(dataset)}, {display_names.device(device)}")
    scale(axes)
    title(figure, TITLE)
    legend(figure, any(is_flagged(run, flagged) for run in each_row(runs)))
    return figure


def panel(axis: Axes, runs: pd.DataFrame, name: Callable[..., str], flagged: set[tuple]) -> None:
    if runs.empty:
        axis.axis("off")
        return
    names, rasterized = [], runs["epochs_s"].dropna().map(len).sum() > MANY
    axis.axvline(1, color=style.GREY, linewidth=0.8, zorder=0)
    for lane, (key, planned) in enumerate(each_group(runs, VARIANT)):
        names.append(name(planned.iloc[0]))
        finished = finished_runs(planned)
        words = []
        if not finished.empty:
            look = {"color": style.look(key[2], runs["framework"])[0], "rasterized": rasterized}
            words.append(draw_lane(axis, lane, finished, look, flagged))
        if len(finished) < len(planned):
            words.append(display_names.incomplete(len(finished), len(planned)).replace("folds", "runs"))
        right_of(axis, lane, "\n".join(words))
    axis.set_yticks(range(len(names)), names, fontsize=8)
    axis.tick_params(axis="y", length=0)


def draw_lane(axis: Axes, lane: int, finished: pd.DataFrame, look: dict, flagged: set[tuple]) -> str:
    """A row of points for each run, and a tick at its median; returns how wide the middle half is."""
    median = {
        split: np.median(np.concatenate(list(of))) for split, of in finished.groupby("split")["epochs_s"]
    }
    everything = []
    for place, run in enumerate(each_row(finished)):
        height = lane - 0.3 + 0.6 * (place + 0.5) / len(finished)
        relative = np.array(run["epochs_s"]) / median[run["split"]]
        everything.append(relative)
        mark = {"marker": "o", "s": 5, "alpha": 0.45 if len(relative) < 50 else 0.15, "linewidths": 0}
        if is_flagged(run, flagged):
            mark = {"marker": "^", "s": 13, "facecolor": "white", "linewidths": 0.7}
        axis.scatter(relative, [height] * len(relative), **look | mark)
        axis.plot(np.median(relative), height, "|", color=style.INK, markersize=4, markeredgewidth=1)
    low, high = np.quantile(np.concatenate(everything), [0.25, 0.75])
    return f"{high - low:.1%}"


def scale(axes: np.ndarray) -> None:
    """One logarithmic axis for all panels, so that twice as long and half as long are equally far."""
    low = high = 1
    for axis in axes.flat:
        for points in axis.collections:
            along = points.get_offsets()[:, 0]
            low, high = min(low, along.min()), max(high, along.max())
    low, high = min(low / 1.03, 0.93), max(high * 1.03, 1.07)
    inside = [[tick for tick in ticks if low <= tick <= high] for ticks in TICKS]
    ticks = next((one for one in inside if one and one[0] < low * FAR and one[-1] * FAR > high), inside[-1])
    for axis in axes.flat:
        axis.set_xscale("log")
        axis.set_xlim(low, high)
        axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axis.minorticks_off()
        axis.grid(axis="x")
    for axis in axes[-1]:
        axis.set_xlabel("times the median, logarithmic scale")


def legend(figure: Figure, any_flagged: bool) -> None:
    grey = style.GREY
    handles = [
        legend_line("o", grey, "an epoch; each row of points is a run, the holdout split first"),
        legend_line("|", style.INK, "median of the run: where these differ, runs differ from each other"),
    ]
    if any_flagged:
        handles.append(style.flag_handle("an epoch of a flagged run: the table flags says why"))
    handles.append(legend_line("", grey, "percent at the right: width of the middle half of all epochs"))
    figure.legend(handles=handles, loc="outside lower left", fontsize=8)
