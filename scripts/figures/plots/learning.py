"""Learning curves of one dataset: mean training loss by epoch, and by the seconds it took."""

from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from scripts.analysis import display_names
from scripts.analysis.experiment import Experiment
from scripts.analysis.frames import column, each_group, each_row, finished_runs, planned
from scripts.figures import style
from scripts.figures.layout import (
    LOG_FROM,
    WIDTH,
    heading,
    listed,
    make_room,
    note,
    panel_title,
    panels,
    row_wise,
    title,
    variant_names,
)

TITLE = "learning curves"
LABEL = "learning curves"
FILE = "{dataset}-learning"
CROWD = 4  # lines of a panel from which on their markers would hide each other
BY = {"epoch": "epoch", "seconds": "seconds to build, compile and train so far"}


def draw(experiment: Experiment) -> Figure:
    """Draw two rows of panels a device, by epoch and by second, and a column a split; one dataset only."""
    runs = experiment.runs
    devices, splits = panels(runs)
    figure, axes = plt.subplots(
        2 * len(devices),
        len(splits),
        figsize=(WIDTH, 5.4 * len(devices) + 0.9),
        squeeze=False,
        sharey=True,
        layout="constrained",
    )
    handles, name = {}, variant_names(runs)
    places = [(device, by) for device in devices for by in BY]
    for axis_row, (device, by) in zip(axes, places, strict=True):
        for axis, split in zip(axis_row, splits, strict=True):
            of_panel = runs.loc[(runs["device"] == device) & (runs["split"] == split)]
            handles |= panel(axis, of_panel, name, by)
        axis_row[0].set_ylabel("training loss\n(mean cross-entropy of an epoch)")
    title(figure, f"{heading(runs)}: {TITLE}")
    variants = runs.drop_duplicates(["settings", "implementation", "framework"])
    planned = dict.fromkeys(name(run, separator=", ") for run in each_row(variants))
    handles = {label: handles[label] for label in planned if label in handles}
    if not handles:
        for axis in axes.flat:
            axis.set_yticks([])
    else:
        legend(figure, handles, bool(runs[["fold", "replicate"]].max().any()))
    return figure


def legend(figure: Figure, handles: dict[str, Artist], any_band: bool) -> None:
    if any_band:
        band = Patch(color=style.GREY, alpha=0.3, linewidth=0)
        handles["of several runs: mean, least to greatest"] = band
    columns = 4 if len(handles) <= 4 else 3
    make_room(figure, len(handles), columns)
    figure.legend(
        row_wise(list(handles.values()), columns),
        row_wise(list(handles), columns),
        loc="outside lower left",
        ncols=columns,
        handlelength=3.5,
    )


def panel(axis: Axes, runs: pd.DataFrame, name: Callable[..., str], by: str) -> dict[str, Artist]:
    """Draw one panel; returns the lines by label."""
    if runs.empty:
        axis.axis("off")
        return {}
    handles, gaps, ends = {}, [], []
    replicates, folds = column(runs, "replicate").nunique(), column(runs, "fold").nunique()
    variants = list(dict.fromkeys(zip(runs["settings"], runs["implementation"], strict=True)))
    drawn = column(runs, "framework").nunique() * len(variants)
    for place, (key, cell) in enumerate(each_group(runs, ["settings", "implementation", "framework"])):
        finished, label = finished_runs(cell), name(cell.iloc[0], separator=", ")
        if len(finished) < len(cell):
            gaps.append(f"{label}: {display_names.incomplete(planned(cell))}")
        if finished.empty:
            continue
        colour, line, marker = style.look(key[2], runs["framework"])
        losses = equally_long(column(finished, "train_losses"))
        along = np.arange(1, losses.shape[1] + 1) if by == "epoch" else seconds_so_far(finished)
        ends += [along[0], along[-1]]
        filled = variants.index(key[:2]) == 0  # other variants have hollow markers
        look = {"linestyle": line, "color": colour, "marker": marker}
        look["markerfacecolor"] = colour if filled else "white"
        look["markevery"] = marked(len(along), place, drawn)
        handles[label] = draw_losses(axis, along, losses, look)
    first = runs.iloc[0]
    where = panel_title(first["device"], first["split"], folds * replicates, replicates)
    axis.set_title(f"{where}, by {by.rstrip('s')}")
    axis.set_xlabel(BY[by])
    scale(axis, by, ends)
    axis.tick_params(labelleft=True)
    axis.grid()
    if gaps:
        note(axis, "\n".join(gaps))
    return handles


def draw_losses(axis: Axes, along: np.ndarray, losses: np.ndarray, look: dict) -> Line2D:
    """Draw the mean of the losses, an array of a row a run, and a band where there are several runs."""
    (drawn,) = axis.plot(along, losses.mean(axis=0), markersize=4.5, linewidth=1.6, **look)
    if len(losses) > 1:
        low, high = losses.min(axis=0), losses.max(axis=0)
        axis.fill_between(along, low, high, color=look["color"], alpha=0.2, linewidth=0)
    return drawn


def marked(epochs: int, place: int, lines: int) -> tuple[int, int]:
    """Return (first epoch, every so many) that has a marker; many lines have theirs in turn, and fewer."""
    if lines <= CROWD:
        return 0, max(1, epochs // 12)
    every = max(1, epochs // 4)
    return place * every // lines, every


def equally_long(lists: pd.Series) -> np.ndarray:
    """An array of a row a run, as long as the shortest."""
    shortest = min(map(len, lists))
    return np.array([one[:shortest] for one in lists], float)


def seconds_so_far(finished: pd.DataFrame) -> np.ndarray:
    """Seconds at the end of each epoch, building and compiling included: the mean of the runs."""
    begun = (finished["build_s"] + finished["compile_s"]).to_numpy()
    return (begun[:, None] + equally_long(column(finished, "epochs_s")).cumsum(axis=1)).mean(axis=0)


def scale(axis: Axes, by: str, ends: list[float]) -> None:
    if not ends:
        axis.set_xticks([])
    elif by == "epoch":
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    elif max(ends) > LOG_FROM * min(ends[1::2]):
        axis.set_xscale("log")
        axis.set_xlabel(f"{BY[by]}, logarithmic scale")
    else:
        axis.set_xlim(left=0)


def describe(experiment: Experiment) -> str:
    """Return the training losses of the last epoch in sentences, least first."""
    runs, sentences = experiment.runs, []
    name = variant_names(runs)
    for (device, split), panel in each_group(runs, ["device", "split"]):
        finished = finished_runs(panel)
        ends = [
            (equally_long(column(cell, "train_losses"))[:, -1].mean(), name(cell.iloc[0], separator=", "))
            for _, cell in each_group(finished, ["settings", "implementation", "framework"])
        ]
        found = listed([f"{label} {loss:.3g}" for loss, label in sorted(ends)]) or "no run is finished"
        sentences.append(f"{display_names.device(device)}, {display_names.split(split)}: {found}.")
    return f"Mean training loss of {heading(runs)} in the last epoch, least first. {' '.join(sentences)}"
