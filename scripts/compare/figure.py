"""The figure of a comparison: the ratio of times of every cell, next to what the calibration predicts."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from scripts.analysis import display_names
from scripts.compare.sources import Source
from scripts.figures import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 9.2  # inches
MARKERS = ["o", "s", "^", "D", "v", "P", "X", "*"]
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8820F8", "#555555"]
ROW = ["settings", "implementation", "device"]
Look = tuple[str, str]  # colour and marker of an experiment


def draw(tidy: pd.DataFrame, sources: Sequence[Source]) -> "Figure":
    """Draw the table of eligibility.tidy.

    Panels: variants and devices down, splits across; rows are cells, points experiments.
    """
    import matplotlib.pyplot as plt

    others = [source.label for source in sources[1:]]
    looks = {label: (COLOURS[n % 8], MARKERS[(n + n // 8) % 8]) for n, label in enumerate(others)}
    by_row: Any = tidy.groupby(ROW, sort=False)  # keys are tuples, as by several columns
    rows, splits = list(by_row), list(dict.fromkeys(tidy["split"]))
    heights = [height(row) for _, row in rows]
    figure, axes = plt.subplots(
        len(rows),
        len(splits),
        figsize=(WIDTH, 1.5 + sum(heights)),
        height_ratios=heights,
        squeeze=False,
        sharex=True,
        layout="constrained",
    )
    several = len(set(tidy["implementation"])) > 1
    for line, ((settings, implementation, device), row) in zip(axes, rows, strict=True):
        for axis, split in zip(line, splits, strict=True):
            panel = row[row["split"] == split]
            if panel.empty:
                axis.axis("off")
                continue
            left_out = draw_panel(axis, panel, looks)
            axis.tick_params(axis="y", length=0, labelleft=axis is line[0])
            counts = (panel[name].max() for name in ("folds", "replicates"))
            where = f"{display_names.device(device)}, {display_names.split(split, *counts)}"
            write_title(axis, where, display_names.variant(settings, implementation, several), left_out)
    scale(axes[0, 0], tidy)
    for axis in axes[-1]:
        axis.set_xlabel(f"time / time of {sources[0].label}\n(logarithmic scale; left of 1: faster)")
    figure.suptitle("Experiments side by side: training time", x=0.01, ha="left", fontweight="bold")
    legend(figure, looks)
    return figure


def describe(tidy: pd.DataFrame, sources: Sequence[Source]) -> str:
    """Return how many cells of each experiment are comparable, and the least and greatest ratio."""
    sentences = []
    for source in sources[1:]:
        ratios = tidy.loc[(tidy["source"] == source.label) & (tidy["status"] == "comparable"), "time_ratio"]
        spread = f", {ratios.min():.2f} to {ratios.max():.2f}" if len(ratios) else ""
        sentences.append(f"{source.label}: {len(ratios)} comparable cells{spread}.")
    return f"Time over the time of {sources[0].label}. {' '.join(sentences)}"


def write_title(axis: "Axes", where: str, variant: str, left_out: Sequence[str]) -> None:
    """Write where a panel's runs were made, and below it their variant and the experiments left out."""
    not_here = f"; not comparable: {', '.join(left_out)}" if left_out else ""
    axis.set_title(f"{where}\n", pad=3)
    axis.annotate(f"{variant}{not_here}", (0, 1), (0, 5), "axes fraction", "offset points", fontsize=8)


def height(row: pd.DataFrame) -> float:
    """Compute the inches of a row of panels."""
    cells = row.groupby(["dataset", "framework"], sort=False).ngroups
    compared = max(1, row.loc[row["status"] == "comparable", "source"].nunique())
    return 0.8 + cells * (0.16 + 0.16 * compared)


def draw_panel(axis: "Axes", panel: pd.DataFrame, looks: Mapping[str, Look]) -> list[str]:
    """Draw one panel. Returns the experiments of which nothing is comparable here, and so are not in it."""
    shown = [label for label in looks if "comparable" in set(panel.loc[panel["source"] == label, "status"])]
    names, before = [], None
    by_cell: Any = panel.groupby(["dataset", "framework"], sort=False)  # keys are tuples
    for place, ((dataset, framework), cell) in enumerate(by_cell):
        names.append(f"{display_names.dataset(dataset)}, {display_names.framework(framework)}")
        if before not in (None, dataset):
            axis.axhline(place - 0.5, color=style.GREY, linewidth=0.6)
        before = dataset
        of = {row["source"]: row for row in cell.to_dict("records")}
        for n, label in enumerate(shown):
            at = place + 0.7 * ((n + 0.5) / len(shown) - 0.5)
            draw_point(axis, of[label], at, looks[label], alone=len(looks) == 1)
    axis.axvline(1, color=style.INK, linewidth=1)
    axis.set_yticks(range(len(names)), names)
    axis.set_ylim(len(names) - 0.5, -0.5)
    axis.grid(axis="x")
    return [label for label in looks if label not in shown]


def draw_point(axis: "Axes", cell: Mapping[str, Any], place: float, look: Look, alone: bool) -> None:
    """Draw the ratio of one cell, or write why there is none; the number too if it is `alone`."""
    colour, marker = look
    if cell["status"] != "comparable":
        reason = cell["reason"] if cell["status"] in ("incomplete", "absent") else "not comparable"
        named = reason if alone else f"{cell['source']}: {reason}"
        at = axis.get_yaxis_transform()
        axis.text(0.02, place, named, transform=at, va="center", fontsize=7, style="italic", color=style.GREY)
        return
    if not math.isnan(cell["gflops_ratio"]):
        axis.plot(
            [cell["gflops_ratio"]], [place], marker="|", markersize=12, markeredgewidth=1.6, color=colour
        )
    axis.plot([cell["time_ratio"]], [place], marker=marker, markersize=5.5, color=colour)
    if alone:
        at = axis.get_yaxis_transform()
        axis.text(0.98, place, f"{cell['time_ratio']:.2f}", transform=at, ha="right", va="center", fontsize=8)


def scale(axis: "Axes", tidy: pd.DataFrame) -> None:
    """Make the axis logarithmic with 1 in it, and put plain numbers at its ticks."""
    from matplotlib import ticker

    known = [*tidy.loc[:, "time_ratio"].dropna(), *tidy.loc[:, "gflops_ratio"].dropna(), 1.0]
    low, high = min(0.5, 0.75 * min(known)), max(2.0, 1.5 * max(known))
    axis.set_xscale("log")
    axis.set_xlim(low, high)
    steps = (1, 2, 5) if high / low < 1000 else (1,)
    ticks = [n * 10.0**power for power in range(-4, 5) for n in steps]
    axis.xaxis.set_major_locator(ticker.FixedLocator(ticks))
    axis.xaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:g}"))
    axis.xaxis.set_minor_locator(ticker.NullLocator())


def legend(figure: "Figure", looks: Mapping[str, Look]) -> None:
    """Name the experiments and the tick of the calibration below the panels."""
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=colour, marker=marker, linestyle="", label=label)
        for label, (colour, marker) in looks.items()
    ]
    tick: dict[str, Any] = {
        "color": style.GREY,
        "marker": "|",
        "markersize": 12,
        "markeredgewidth": 1.6,
        "linestyle": "",
    }
    handles.append(Line2D([], [], **tick, label="what the calibration (a matrix product) alone predicts"))
    figure.legend(handles=handles, loc="outside lower left", ncols=min(4, len(handles)), fontsize=8)
