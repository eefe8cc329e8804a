"""Training times of one dataset: the measured time, the published one below where comparable.

Bars start at 0; where the axis is logarithmic, which has no 0, times are points.
"""

from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import ScaledTranslation

from scripts.analysis import cells as cells_of
from scripts.analysis import display_names
from scripts.analysis.experiment import Experiment
from scripts.analysis.frames import Row, each_group, each_row, finished_runs
from scripts.analysis.study import comparison
from scripts.analysis.study import printed_figures as study
from scripts.core.text import machine_words
from scripts.figures import style
from scripts.figures.layout import (
    LOG_FROM,
    WIDTH,
    decimals,
    heading,
    legend_line,
    listed,
    panel_title,
    panels,
    seconds,
    title,
    variant_names,
)

TITLE = "training time"
LABEL = "training time"
FILE = "{dataset}"
BAR = 0.36  # height of a bar; a framework takes 1
# Where there are more than CROWD of them, one without a published time takes less.
CROWD, ALONE = 6, 0.62
VARIANT = ["settings", "implementation", "framework"]
STUDY = "published: 2020, Core i7-4712MQ, GeForce 840M"


def draw(experiment: Experiment) -> Figure:
    """Draw a row of panels a device, a column a split. `experiment.runs` holds one dataset only."""
    runs = experiment.runs
    cells = cells_of.with_flags(runs)
    compared = comparison.published(runs, experiment.figures)
    devices, splits = panels(runs)
    rooms = [room(cells.loc[cells["device"] == device], compared) for device in devices]
    heights = [sum(of_row.values()) for of_row in rooms]
    figure, axes = plt.subplots(
        len(devices),
        len(splits),
        figsize=(WIDTH, 1.3 + sum(0.8 + 0.62 * height for height in heights)),
        height_ratios=heights,
        squeeze=False,
        layout="constrained",
    )
    reasons, drawn = {}, set()
    for axis_row, device, of_row in zip(axes, devices, rooms, strict=True):
        for axis, split in zip(axis_row, splits, strict=True):
            of_panel = cells.loc[(cells["device"] == device) & (cells["split"] == split)]
            left_out, looks = panel(axis, of_panel, compared, of_row)
            name = variant_names(runs)
            axis.set_yticks(axis.get_yticks(), [name(cell) for cell in each_row(of_panel)])
            axis.tick_params(axis="y", length=0, labelleft=axis is axis_row[0])
            reasons |= dict.fromkeys(left_out)
            drawn |= looks
    title(figure, f"{heading(runs)}: {TITLE}")
    legend(figure, runs, reasons, drawn, bool(cells["folds_flagged"].any()))
    return figure


def room(cells: pd.DataFrame, compared: pd.DataFrame) -> dict[tuple, float]:
    """Return the height that each VARIANT of a device takes in all its panels, in order; 1 is the usual."""
    heights: dict[tuple, float] = {}
    for cell in each_row(cells):
        printed, _ = published_time(cell, compared)
        key = tuple(cell[VARIANT])
        heights[key] = max(heights.get(key, ALONE), 1 if printed else ALONE)
    return heights if len(heights) > CROWD else dict.fromkeys(heights, 1)


def panel(
    axis: Axes, cells: pd.DataFrame, compared: pd.DataFrame, heights: dict[tuple, float]
) -> tuple[list[str], set[tuple]]:
    """Draw one panel; `heights` is what room() gives.

    Returns why published figures were left out, as a list of reasons, and the looks that the legend explains:
    (bar or point, kind of mark).
    """
    if cells.empty:
        axis.axis("off")
        return [], set()
    first, reasons, marks = cells.iloc[0], [], []
    own = [heights[tuple(cell[VARIANT])] for cell in each_row(cells)]
    places = np.cumsum(own) - np.array(own) / 2 - 0.5  # 0, 1, 2 where all take 1
    for place, cell in zip(places, each_row(cells), strict=True):
        printed, reason = published_time(cell, compared)
        shift = BAR / 2 + 0.02 if printed else 0
        marks.append(measured_mark(cell, place - shift, cells))
        if printed:
            look = style.look(cell["framework"], cells["framework"])
            marks.append(Mark(place + shift, printed, seconds(printed), look[0], look[2], "printed"))
        elif reason:
            reasons.append(reason)
    shape = point if scale(axis, [mark.value for mark in marks if mark.value]) else bar
    for mark in marks:
        if mark.value:
            shape(axis, mark)
        annotate(axis, mark)
    axis.set_yticks(places)
    axis.set_ylim(sum(own) - 0.4, -0.6)
    axis.grid(axis="x")
    words = panel_title(first["device"], first["split"], first["folds"], first["replicates"])
    axis.set_title(words + (", all folds" if display_names.one_run(first) == "fold" else ""))
    return reasons, {(shape, mark.kind) for mark in marks if mark.value}


@dataclass(frozen=True)
class Mark:
    """A time in a panel: a bar from 0, or a point where the axis is logarithmic and has no 0."""

    place: float  # on the axis of the frameworks
    value: float  # seconds; 0: not known yet
    words: str
    colour: str
    marker: str
    kind: str = "measured"  # or printed, or gap
    span: tuple[float, float] | None = None  # seconds, if each fold had taken as long as the fastest, slowest
    flagged: bool = False


def measured_mark(cell: Row, place: float, cells: pd.DataFrame) -> Mark:
    """Return the mark of a cell, of which folds may be missing."""
    colour, _, marker = style.look(cell["framework"], cells["framework"])
    flagged = bool(cell["folds_flagged"])
    if cell["folds_ok"] < cell["folds"]:
        words = display_names.incomplete(cell)
        return Mark(place, 0, words, colour, marker, "gap", flagged=flagged)
    folds = cell["folds"] // cell["replicates"]
    span = (folds * cell["fold_least_s"], folds * cell["fold_most_s"])
    return Mark(place, cell["seconds"], measured_label(cell), colour, marker, span=span, flagged=flagged)


def bar(axis: Axes, mark: Mark) -> None:
    """Draw a bar from 0 to the time."""
    look: dict[str, Any] = {"color": mark.colour}
    if mark.kind == "printed":
        look = {**hatched(mark.colour), "linewidth": 0.8}
    axis.barh(mark.place, mark.value, BAR, **look)


def point(axis: Axes, mark: Mark) -> None:
    """Draw a point at the time, and the span of its folds as a line."""
    inside = "white" if mark.kind == "printed" else mark.colour
    if mark.span and mark.span[0] < mark.span[1]:
        axis.plot(mark.span, [mark.place] * 2, color=mark.colour, linewidth=2, alpha=0.5)
    axis.plot(mark.value, mark.place, mark.marker, markersize=7, color=mark.colour, markerfacecolor=inside)


def hatched(colour: str) -> dict:
    """Return how a bar of the study looks."""
    return {"facecolor": style.lighter(colour), "edgecolor": colour, "hatch": style.HATCH}


def annotate(axis: Axes, mark: Mark) -> None:
    """The number behind a mark; a flagged one has the triangle between the two."""
    longest = mark.span[1] if mark.span and axis.get_xscale() == "log" else 0
    end = max(mark.value, longest) or axis.get_xlim()[0]
    axis.annotate(
        mark.words,
        (end, mark.place),
        xytext=(16 if mark.flagged else 7, 0) if mark.value else (4, 0),
        textcoords="offset points",
        va="center",
        fontsize=8,
        color=style.INK if mark.kind == "measured" else style.GREY,
        style="italic" if mark.kind == "gap" else "normal",
    )
    if mark.flagged:
        shifted = axis.transData + ScaledTranslation(9 / 72, 0, axis.figure.dpi_scale_trans)
        axis.plot(end, mark.place, **style.FLAG, transform=shifted, clip_on=False)


def published_time(cell: Row, compared: pd.DataFrame) -> tuple[float | None, str | None]:
    """(published seconds or None, why it is not shown or None) of a measured cell."""
    if cell["settings"] != "published" or cell["implementation"] != "idiomatic":
        return None, None
    found = compared.loc[(compared[study.CELL] == cell[study.CELL]).all(axis=1)]
    if found.empty:
        return None, None
    found = found.iloc[0]
    if found["status"] == "not comparable":
        return None, found["reason"]
    return found["published_s"], None


def scale(axis: Axes, values: list[float]) -> bool:
    """Make room for the labels. Returns whether the axis is logarithmic: from LOG_FROM on."""
    if not values:
        axis.set_xlim(0, 1)
        axis.set_xticks([])
        return False
    logarithmic = max(values) > LOG_FROM * min(values)
    if logarithmic:
        low = 10 ** np.floor(np.log10(min(values)) - 0.3)
        axis.set_xscale("log")
        axis.set_xlim(low, low * (max(values) / low) ** 1.35)
        axis.set_xlabel("seconds, logarithmic scale")
    else:
        axis.set_xlim(0, max(values) * 1.5)
        axis.xaxis.set_major_locator(MaxNLocator(5))
        axis.set_xlabel("seconds")
    return logarithmic


def measured_label(cell: Row) -> str:
    each = f"a {display_names.one_run(cell)}"
    if cells_of.is_unsettled(cell):
        return f"{seconds(cell['fold_least_s'])} to {seconds(cell['fold_most_s'])} {each}"
    words = seconds(cell["seconds"])
    if cell["folds"] > 1:
        spread = f"{cell['fold_sd_s']:.{decimals(cell['fold_mean_s'])}f}"
        words += f"\n({seconds(cell['fold_mean_s'])} ± {spread} {each})"
    return words


def legend(figure: Figure, runs: pd.DataFrame, reasons: dict, drawn: set, any_flagged: bool) -> None:
    """Below the figure: where it was measured, where the study did, what is not shown and why."""
    kinds = finished_runs(runs).loc[:, ["cpu", "gpu", "threads"]].drop_duplicates()
    machines = list(dict.fromkeys(machine_words(row) for row in kinds.to_dict("records")))
    where = "\n".join(machines[:3]) + ("\nand others" if len(machines) > 3 else "")
    grey = style.GREY
    measured = f"measured: {where or 'no run is finished'}"
    handles: list[Artist] = []
    if (point, "measured") in drawn:
        spanned = ", the line from as fast as the fastest run to as slow as the slowest"
        handles.append(
            legend_line("o", grey, measured + (spanned if runs[["fold", "replicate"]].max().any() else ""))
        )
    if (bar, "measured") in drawn or not drawn:
        handles.append(Patch(facecolor=grey, label=measured))
    if (point, "printed") in drawn:
        handles.append(legend_line("o", grey, STUDY, markerfacecolor="white"))
    if (bar, "printed") in drawn:
        handles.append(Patch(**hatched(grey), label=STUDY))
    if any_flagged:
        handles.append(style.flag_handle("rests on flagged runs: the table flags says which and why"))
    if reasons:
        label = f"published times that are not comparable are not shown: {'; '.join(reasons)}"
        handles.append(Patch(facecolor="none", label=label))
    figure.legend(handles=handles, loc="outside lower left", ncols=1, fontsize=8)


def describe(experiment: Experiment) -> str:
    """Return the seconds of every panel in sentences, least first."""
    runs, sentences = experiment.runs, []
    name = variant_names(runs)
    for (device, split), cells in each_group(cells_of.cells(runs), ["device", "split"]):
        first = cells.iloc[0]
        where = panel_title(device, split, first["folds"], first["replicates"])
        found = []
        for cell in each_row(cells.sort_values("seconds", kind="stable")):
            finished = cell["folds_ok"] == cell["folds"]
            words = seconds(cell["seconds"]) if finished else display_names.incomplete(cell)
            found.append(f"{name(cell, separator=', ')} {words}")
        sentences.append(f"{where}: {listed(found)}.")
    return f"Time to build, compile and train {heading(runs)}, least first. {' '.join(sentences)}"
