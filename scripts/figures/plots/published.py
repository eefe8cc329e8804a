"""The published study: its printed times on one axis, the times measured here on the other."""

import textwrap
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from scipy.optimize import isotonic_regression

from scripts.analysis import display_names, flags
from scripts.analysis.experiment import Experiment
from scripts.analysis.frames import Row, each_row
from scripts.analysis.study import comparison
from scripts.analysis.study import printed_figures as study
from scripts.figures import style
from scripts.figures.layout import WIDTH, legend_line, log_axes, note, title

TITLE = "Seconds measured here against seconds published"
LABEL = "measured and published"
NEEDS = ["study"]
LEADER = {"arrowstyle": "-", "color": style.GREY, "linewidth": 0.5, "relpos": (0, 0.5), "shrinkA": 1}
SPACE = 0.062  # least distance of two names, as a part of the panel's height


def draw(experiment: Experiment) -> Figure:
    """Draw a row of panels a device, a column a split; only those that the experiment measured."""
    table = comparison.published(experiment.runs, experiment.figures)
    flagged = flagged_cells(experiment)
    found = table.loc[table["status"] != "not measured"]
    devices, splits = (list(dict.fromkeys(found[name])) for name in ("device", "split"))
    figure, axes = plt.subplots(
        len(devices),
        len(splits),
        figsize=(WIDTH, 3.6 * len(devices) + 0.9),
        squeeze=False,
        layout="constrained",
    )
    for axis_row, device in zip(axes, devices, strict=True):
        for axis, split in zip(axis_row, splits, strict=True):
            panel(axis, found.loc[(found["device"] == device) & (found["split"] == split)], flagged)
            axis.set_title(f"{display_names.device(device)}, {display_names.split(split)}")
    title(figure, TITLE)
    legend(figure, found, any(key in flagged for key in found[study.CELL].itertuples(index=False, name=None)))
    return figure


def flagged_cells(experiment: Experiment) -> set[tuple]:
    """The cells of the study that rest on flagged runs here."""
    cells = flags.per_cell(experiment.runs)
    like_study = (cells["settings"] == "published") & (cells["implementation"] == "idiomatic")
    return set(cells.loc[like_study, study.CELL].itertuples(index=False, name=None))


def panel(axis: Axes, cells: pd.DataFrame, flagged: set[tuple]) -> None:
    if cells.empty:
        axis.axis("off")
        return
    drawn = cells.dropna(subset="measured_s")
    gaps = cells.loc[cells["measured_s"].isna()]
    everything = [*drawn["published_s"], *drawn["measured_s"]] or [1, 10]
    low, high = min(everything) / 1.6, max(everything) * 1.6
    axis.plot([low, high], [low, high], color=style.INK, linewidth=1, zorder=1)
    log_axes(axis, (low, high), (low, high))
    axis.set_xlabel("published, seconds")
    axis.set_ylabel("measured, seconds")
    axis.grid()
    for cell in each_row(drawn):
        colour, _, marker = style.look(cell["framework"], cells["framework"])
        filled = colour if cell["status"] == "comparable" else "white"
        axis.plot(
            cell["published_s"],
            cell["measured_s"],
            marker,
            color=colour,
            markerfacecolor=filled,
            markersize=6,
        )
    add_names(axis, drawn.sort_values("measured_s"), (low, high), flagged)
    if len(gaps):
        words = [f"{cell_name(cell)}: {cell['reason']}" for cell in each_row(gaps)]
        note(axis, "\n".join(words), x=0.03, ha="left")


def add_names(axis: Axes, names: pd.DataFrame, ends: tuple[float, float], flagged: set[tuple]) -> None:
    """Write the name of each cell right of the panel, with a line to its point, a triangle where flagged."""
    low, high = ends
    heights = spread(np.log(names["measured_s"] / low) / np.log(high / low), SPACE)
    for height, (_, cell) in zip(heights, names.iterrows(), strict=True):
        key = tuple(cell[study.CELL])
        axis.annotate(
            cell_name(cell) + (" \N{WHITE UP-POINTING TRIANGLE}" if key in flagged else ""),
            (cell["published_s"], cell["measured_s"]),
            xytext=(1.03, height),
            textcoords=axis.transAxes,
            fontsize=7.5,
            va="center",
            annotation_clip=False,
            arrowprops=LEADER,
        )


def cell_name(cell: Row) -> str:
    return (
        f"{display_names.dataset(cell['dataset']).split()[0]}, {display_names.framework(cell['framework'])}"
    )


def spread(wanted: Sequence[float], least: float) -> Sequence[float]:
    """Heights from 0 to 1 as near to the `wanted` ones (rising) as can be, no two nearer than `least`."""
    if not len(wanted):
        return []
    places = np.arange(len(wanted)) * least
    free = isotonic_regression(np.asarray(wanted) - places).x
    return np.clip(free, 0, max(0, 1 - places[-1])) + places


def legend(figure: Figure, found: pd.DataFrame, any_flagged: bool) -> None:
    frameworks = dict.fromkeys(found["framework"])
    handles = []
    for framework in frameworks:
        colour, _, marker = style.look(framework, frameworks)
        handles.append(legend_line(marker, colour, display_names.framework(framework)))
    handles.append(Line2D([], [], color=style.INK, linewidth=1, label="equal: below it, faster here"))
    reasons = found.loc[found["status"] == "not comparable"]["reason"]
    if len(reasons):
        words = f"hollow: not comparable ({'; '.join(dict.fromkeys(reasons))})"
        lines = textwrap.fill(words, 60)  # or the legend would stretch the figure
        handles.append(legend_line("o", style.GREY, lines, markerfacecolor="white"))
    if any_flagged:
        handles.append(style.flag_handle("rests on flagged runs"))
    figure.legend(handles=handles, loc="outside lower left", ncols=4, fontsize=8)


def describe(experiment: Experiment) -> str:
    """Return how many cells are comparable, and the least and the greatest ratio, in sentences."""
    table = comparison.published(experiment.runs, experiment.figures)
    there = table.dropna(subset="ratio").sort_values("ratio", kind="stable")
    head = f"{len(there)} of the study's {len(table)} cells are comparable."
    if there.empty:
        return head
    ends = [in_words(there.iloc[place]) for place in (0, -1)]
    return f"{head} Published over measured seconds: from {' to '.join(ends)}."


def in_words(cell: Row) -> str:
    """Return `4.6 (MNIST, TensorFlow, CPU, holdout split)`."""
    names = display_names.dataset(cell["dataset"]), display_names.framework(cell["framework"])
    where = display_names.device(cell["device"]), display_names.split(cell["split"])
    return f"{cell['ratio']:.3g} ({', '.join([*names, *where])})"
