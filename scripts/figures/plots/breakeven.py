"""When compiling pays: what an epoch has cost so far, by number of epochs, and where lines cross.

Cumulative seconds over epochs rather than cumulative seconds: the crossings are the same, and lines that
differ by a few percent lie apart.
"""

from collections.abc import Callable
from itertools import combinations
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from scripts.analysis import display_names, stats
from scripts.analysis.experiment import Experiment
from scripts.analysis.frames import column, each_group, finished_runs, planned
from scripts.figures import style
from scripts.figures.layout import (
    WIDTH,
    legend_line,
    listed,
    log_axes,
    make_room,
    note,
    row_wise,
    title,
    variant_names,
)

TITLE = "When compiling pays: cost of an epoch so far, with building and compiling"
LABEL = "when compiling pays"
NEEDS = ["framework", "implementation"]
BEYOND = 10  # times the trained epochs: so far lines are drawn on
HALO = withStroke(linewidth=2.5, foreground="white")  # or lines run through the numbers
VARIANT = ["settings", "implementation", "framework"]


def draw(experiment: Experiment) -> Figure:
    """Draw a row of panels a dataset, a column a device: (start + n epochs) / n, a line a framework."""
    runs = experiment.runs
    datasets, devices = (list(dict.fromkeys(runs[name])) for name in ("dataset", "device"))
    figure, axes = plt.subplots(
        len(datasets),
        len(devices),
        figsize=(WIDTH, 2.9 * len(datasets) + 0.9),
        squeeze=False,
        layout="constrained",
    )
    handles, name = {}, variant_names(runs)
    for axis_row, dataset in zip(axes, datasets, strict=True):
        for axis, device in zip(axis_row, devices, strict=True):
            of_panel = runs.loc[(runs["dataset"] == dataset) & (runs["device"] == device)]
            handles |= panel(axis, of_panel, name)
    title(figure, TITLE)
    legend(figure, handles)
    return figure


def panel(axis: Axes, runs: pd.DataFrame, name: Callable[..., str]) -> dict[str, Line2D]:
    """Draw the lines of one split, cross-validation where there is one; returns them by label."""
    if runs.empty:
        axis.axis("off")
        return {}
    split = "kfold" if "kfold" in set(runs["split"]) else runs["split"].iloc[0]
    runs = runs.loc[runs["split"] == split]
    first, lines, handles, gaps = runs.iloc[0], lines_of(runs, name), {}, []
    for _, cell in each_group(runs, VARIANT):
        if len(finished_runs(cell)) < len(cell):
            label = name(cell.iloc[0], separator=", ")
            gaps.append(f"{label}: {display_names.incomplete(planned(cell))}")
    if lines:
        trained = max(epochs for *_, epochs, _ in lines.values())
        ends = [per_epoch(line, epochs) for line in lines.values() for epochs in (1, BEYOND * trained)]
        log_axes(axis, (0.8, 1.25 * BEYOND * trained), (min(ends) / 1.3, max(ends) * 1.12))
        handles = draw_lines(axis, lines, trained, column(runs, "framework"))
        mark_crossings(axis, lines, BEYOND * trained)
    axis.set_title(
        f"{display_names.dataset(first['dataset'])}, {display_names.device(first['device'])},"
        f" {display_names.split(split)}"
    )
    axis.set_xlabel("epochs")
    axis.set_ylabel("seconds per epoch so far")
    axis.grid()
    if gaps:
        note(axis, "\n".join(gaps))
    return handles


def lines_of(runs: pd.DataFrame, name: Callable[..., str]) -> dict[tuple, tuple]:
    """Return {VARIANT: (start, epoch, epochs, label)} of those that have finished runs; see line_of."""
    groups = each_group(finished_runs(runs), VARIANT)
    return {key: (*line_of(finished), name(finished.iloc[0], separator=", ")) for key, finished in groups}


def line_of(finished: pd.DataFrame) -> tuple[float, float, int]:
    """Return (start, epoch, epochs): median seconds to build and compile, mean of the median epochs."""
    start = (column(finished, "build_s") + column(finished, "compile_s")).median()
    epochs_s = column(finished, "epochs_s")
    return start, float(np.mean([np.median(epochs) for epochs in epochs_s])), len(epochs_s.iloc[0])


def per_epoch(line: tuple, epochs: Any) -> Any:
    """Seconds so far over epochs so far."""
    start, epoch = line[:2]
    return start / epochs + epoch


def draw_lines(
    axis: Axes, lines: dict[tuple, tuple], trained: int, frameworks: pd.Series
) -> dict[str, Line2D]:
    handles, first = {}, next(iter(lines))[:2]
    for key, line in lines.items():
        colour, dashes, marker = style.look(key[2], frameworks)
        filled = colour if key[:2] == first else "white"
        for epochs, alpha in ((np.geomspace(1, trained), 1), (np.geomspace(trained, BEYOND * trained), 0.4)):
            axis.plot(
                epochs, per_epoch(line, epochs), color=colour, linestyle=dashes, linewidth=1.5, alpha=alpha
            )
        ends = np.array([1, trained])
        axis.plot(ends, per_epoch(line, ends), marker, color=colour, markerfacecolor=filled, markersize=5)
        handles[line[-1]] = legend_line(marker, colour, line[-1], linestyle=dashes, markerfacecolor=filled)
    axis.axvline(trained, color=style.GREY, linewidth=0.8, zorder=0)
    return handles


def crossings(lines: dict[tuple, tuple], furthest: int) -> list[tuple[float, float, str, str]]:
    """(epochs, seconds per epoch there, label of the line that starts later, label of the other), rising.

    Of every two lines that are one question: two frameworks of one implementation, or two implementations of
    one framework.
    """
    found = []
    for one, other in combinations(lines, 2):
        if one[0] != other[0] or (one[1] != other[1] and one[2] != other[2]):
            continue
        a, b = sorted((lines[one], lines[other]), key=lambda line: line[0], reverse=True)
        epochs = float(stats.break_even(a[:2], b[:2]))
        if 1 <= epochs <= furthest:
            found.append((epochs, per_epoch(a, epochs), a[-1], b[-1]))
    return sorted(found)


def mark_crossings(axis: Axes, lines: dict[tuple, tuple], furthest: int) -> None:
    """A ring where a line that starts later falls below another, with the number of epochs."""
    found = [(epochs, seconds) for epochs, seconds, _, _ in crossings(lines, furthest)]
    for one in found:
        axis.plot(*one, "o", markersize=9, markerfacecolor="none", markeredgecolor=style.INK)
        # The higher one of two neighbours has its number above, the lower one below.
        near = min((other for other in found if other is not one), key=lambda o: far(one, o), default=one)
        up = one[1] > near[1] or (one[1] == near[1] and found.index(one) <= found.index(near))
        axis.annotate(
            f"{one[0]:.3g}",
            one,
            xytext=(0, 7 if up else -7),
            textcoords="offset points",
            ha="center",
            va="bottom" if up else "top",
            fontsize=8,
            path_effects=[HALO],
        )


def far(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Distance of two points on logarithmic axes."""
    return np.hypot(*np.log(np.divide(one, other)))


def legend(figure: Figure, handles: dict[str, Line2D]) -> None:
    columns = max(1, min(3, len(handles)))
    make_room(figure, len(handles), columns)
    figure.legend(
        handles=row_wise(list(handles.values()), columns),
        loc="outside lower left",
        ncols=columns,
        handlelength=3.5,
        title="ring: from so many epochs on the line that started later is ahead\n"
        "grey upright line: epochs that were trained; pale beyond it: drawn on",
        title_fontsize=8,
        alignment="left",
    )


def describe(experiment: Experiment) -> str:
    """Return from how many epochs on what starts later is ahead, in sentences."""
    runs = experiment.runs
    name, sentences = variant_names(runs), []
    for (dataset, device), panel in each_group(runs, ["dataset", "device"]):
        split = "kfold" if "kfold" in set(panel["split"]) else panel["split"].iloc[0]
        lines = lines_of(panel.loc[panel["split"] == split], name)
        if not lines:
            continue
        trained = max(epochs for *_, epochs, _ in lines.values())
        found = [
            f"{later} is ahead of {earlier} after {epochs:.3g} epochs"
            for epochs, _, later, earlier in crossings(lines, BEYOND * trained)
        ]
        where = f"{display_names.dataset(dataset)}, {display_names.device(device)}"
        sentences.append(f"{where}, {trained} epochs trained: {listed(found) or 'no lines cross'}.")
    return f"From when on what starts later is ahead. {' '.join(sentences) or 'No run is finished.'}"
