"""How much the epochs of a run, and the runs of a cell, differ in time: the noise of the measurement."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from scripts.analysis import display_names, flags
from scripts.analysis.experiment import Experiment
from scripts.analysis.frames import column, each_group, finished_runs, planned
from scripts.figures import shade, style
from scripts.figures.layout import WIDTH, legend_line, listed, right_of, title, variant_names

TITLE = "Noise: seconds of every epoch over the median of its framework"
LABEL = "noise of the epochs"
VARIANT = ["settings", "implementation", "framework"]
LANE, NARROW = 0.42, 0.3  # inches a framework takes; where a panel has more than CROWD of them
CROWD = 6
MANY = 3000  # points of a panel from which the SVG holds a picture of them: it would grow to megabytes
# Where points and ticks would hide each other, the lanes of a panel are shaded: from so many points of a
# panel, or runs of a lane, on.
SHADED_POINTS, SHADED_RUNS = 150_000, 60
ROWS = 30  # of a lane that is shaded; in each are runs one after another
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
    runs = experiment.runs.assign(flagged=flags.flagged(experiment.runs))
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
    name, looks = partial(variant_names(runs), separator=", " if crowded else "\n"), set()
    for axis_row, dataset in zip(axes, datasets, strict=True):
        for axis, device in zip(axis_row, devices, strict=True):
            of_panel = runs.loc[(runs["dataset"] == dataset) & (runs["device"] == device)]
            looks |= panel(axis, of_panel, name)
            axis.set_ylim(lanes[dataset] - 0.4, -0.6)
            axis.set_title(f"{display_names.dataset(dataset)}, {display_names.device(device)}")
    scale(axes)
    title(figure, TITLE)
    legend(figure, looks, bool(column(runs, "flagged").any()))
    return figure


def panel(axis: Axes, runs: pd.DataFrame, name: Callable[..., str]) -> set[Callable[..., None]]:
    """Draw one panel; returns how its lanes are drawn: {points}, {shaded} or nothing."""
    if runs.empty:
        axis.axis("off")
        return set()
    names, lanes = [], []
    axis.axvline(1, color=style.GREY, linewidth=0.8, zorder=0)
    for lane, (key, cell) in enumerate(each_group(runs, VARIANT)):
        names.append(name(cell.iloc[0]))
        finished = finished_runs(cell)
        words = []
        if not finished.empty:
            colour, flagged = style.look(key[2], runs["framework"])[0], finished["flagged"].to_numpy()
            lanes.append(Lane(lane, over_median(finished), flagged, colour))
            low, high = np.quantile(np.concatenate(lanes[-1].relative), [0.25, 0.75])
            words.append(f"{high - low:.1%}")
        if len(finished) < len(cell):
            words.append(display_names.incomplete(planned(cell)).replace("folds", "runs"))
        right_of(axis, lane, "\n".join(words))
    axis.set_yticks(range(len(names)), names, fontsize=8)
    axis.tick_params(axis="y", length=0)
    return draw_lanes(axis, lanes)


def over_median(finished: pd.DataFrame) -> list[np.ndarray]:
    """Return the epochs of each run over the median of all epochs of its split."""
    median = {
        split: np.median(np.concatenate(list(of))) for split, of in finished.groupby("split")["epochs_s"]
    }
    return [
        np.asarray(epochs) / median[split]
        for epochs, split in zip(finished["epochs_s"], finished["split"], strict=True)
    ]


# ---- How the runs of a lane are drawn ----


@dataclass(frozen=True)
class Lane:
    """The finished runs of a lane: epochs over the median, whether flagged, and their colour."""

    place: int
    relative: list[np.ndarray]
    flagged: np.ndarray
    colour: str

    def heights(self, count: int) -> np.ndarray:
        """So many heights, evenly over the lane."""
        return self.place - 0.3 + 0.6 * (np.arange(count) + 0.5) / count


def draw_lanes(axis: Axes, lanes: list[Lane]) -> set[Callable[..., None]]:
    """Draw the lanes of a panel, all in one way; returns that way, if there is one."""
    if not lanes:
        return set()
    epochs = np.concatenate([of_run for lane in lanes for of_run in lane.relative])
    if len(epochs) > SHADED_POINTS or max(len(lane.relative) for lane in lanes) > SHADED_RUNS:
        for lane in lanes:
            shaded(axis, lane, (epochs.min(), epochs.max()))
        return {shaded}
    for lane in lanes:
        points(axis, lane, rasterized=len(epochs) > MANY)
    return {points}


def points(axis: Axes, lane: Lane, rasterized: bool) -> None:
    """A row of points for each run, and a tick at its median."""
    heights = lane.heights(len(lane.relative))
    look = {"color": lane.colour, "rasterized": rasterized}
    few = np.array([len(epochs) < 50 for epochs in lane.relative])
    for chosen, mark in (
        (few & ~lane.flagged, {"alpha": 0.45, "marker": "o", "s": 5, "linewidths": 0}),
        (~few & ~lane.flagged, {"alpha": 0.15, "marker": "o", "s": 5, "linewidths": 0}),
        (lane.flagged, {"marker": "^", "s": 13, "facecolor": "white", "linewidths": 0.7}),
    ):
        along = [lane.relative[place] for place in np.flatnonzero(chosen)]
        if along:
            upright = np.repeat(heights[chosen], list(map(len, along)))
            axis.scatter(np.concatenate(along), upright, **look | mark)
    medians = [np.median(epochs) for epochs in lane.relative]
    axis.plot(medians, heights, "|", color=style.INK, markersize=4, markeredgewidth=1)


def shaded(axis: Axes, lane: Lane, span: tuple[float, float]) -> None:
    """ROWS rows, each of runs one after another, the darker the more epochs; ticks at their medians.

    `span` are the least and the greatest of all lanes.
    """
    rows = np.arange(len(lane.relative)) * ROWS // len(lane.relative)
    upright = np.repeat(rows, list(map(len, lane.relative)))
    counts = shade.counts(np.concatenate(lane.relative), upright, ROWS, span)
    shade.draw(axis, counts, (lane.place - 0.3, lane.place + 0.3), lane.colour)
    medians = np.array([np.median(epochs) for epochs in lane.relative])
    looks: list[tuple[np.ndarray, dict[str, Any]]] = [
        (np.full(len(rows), True), {"marker": "|", "color": style.INK, "markersize": 3, "linestyle": ""}),
        (lane.flagged, style.FLAG | {"markersize": 3.5, "markeredgewidth": 0.6}),
    ]
    for chosen, look in looks:
        there = np.unique(rows[chosen])
        middle = [np.median(medians[chosen & (rows == row)]) for row in there]
        axis.plot(middle, lane.heights(ROWS)[there], **look)


def scale(axes: np.ndarray) -> None:
    """One logarithmic axis for all panels, so that twice as long and half as long are equally far."""
    low = high = 1
    for axis in axes.flat:
        for points in axis.collections:
            along = points.get_offsets()[:, 0]
            low, high = min(low, along.min()), max(high, along.max())
        for image in axis.images:
            low, high = min(low, image.get_extent()[0]), max(high, image.get_extent()[1])
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


def legend(figure: Figure, looks: set[Callable[..., None]], any_flagged: bool) -> None:
    grey, handles = style.GREY, []
    if shaded not in looks or points in looks:
        handles += [
            legend_line("o", grey, "an epoch; each row of points is a run, the holdout split first"),
            legend_line("|", style.INK, "median of the run: where these differ, runs differ from each other"),
        ]
    if shaded in looks:
        words = (
            "shaded: epochs of many runs, the darker the more; runs one after another, holdout split first"
        )
        handles.append(Patch(color=style.lighter(grey), label=words))
        handles.append(legend_line("|", style.INK, "on it: median of the runs at that height"))
    if any_flagged:
        handles.append(style.flag_handle("an epoch of a flagged run: the table flags says why"))
        if shaded in looks:
            handles[-1].set_label(
                "an epoch, or on shades a median, of flagged runs: the table flags says why"
            )
    handles.append(legend_line("", grey, "percent at the right: width of the middle half of all epochs"))
    figure.legend(handles=handles, loc="outside lower left", fontsize=8)


def describe(experiment: Experiment) -> str:
    """Return how wide the middle half of the epochs of each framework is, in sentences, narrowest first."""
    runs, sentences = experiment.runs, []
    name = partial(variant_names(runs), separator=", ")
    for (dataset, device), panel in each_group(runs, ["dataset", "device"]):
        widths = []
        for _, finished in each_group(finished_runs(panel), VARIANT):
            low, high = np.quantile(np.concatenate(over_median(finished)), [0.25, 0.75])
            widths.append((high - low, name(finished.iloc[0])))
        found = listed([f"{label} {width:.1%}" for width, label in sorted(widths)]) or "no run is finished"
        sentences.append(f"{display_names.dataset(dataset)}, {display_names.device(device)}: {found}.")
    return f"Width of the middle half of all epochs, narrowest first. {' '.join(sentences)}"
