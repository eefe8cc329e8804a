"""Time ratios of two sides that differ in one thing alone, with their intervals: the table as a picture."""

import math

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scripts.analysis import display_names, pairwise
from scripts.analysis.experiment import Experiment
from scripts.analysis.frames import Row, column, each_row
from scripts.analysis.pairwise import ONE_RUN
from scripts.figures import style
from scripts.figures.layout import WIDTH, legend_line, right_of, title

LANE = 0.3  # inches a framework takes
CHARACTER, GAP = 4.4, 14  # points that a character of the numbers takes at most, and between columns
TICKS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 0.7, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 2, 3, 5, 10, 20, 50, 100]


def draw(experiment: Experiment, factor: str, heading: str) -> Figure:
    """Draw a panel for each pair of levels and variant; lanes are datasets and, within, frameworks."""
    tidy = pairwise.ratios(experiment.runs, factor, experiment.comparison)
    keys = [name for name in ("settings", "implementation", "device") if name != factor]
    keys += [f"{factor}_a", f"{factor}_b"]
    panels = list(tidy.groupby(keys, sort=False))
    lanes = [len(lanes_of(rows)) for _, rows in panels]
    figure, axes = plt.subplots(
        len(panels),
        1,
        figsize=(WIDTH, 1.2 + sum(0.9 + LANE * count for count in lanes)),
        height_ratios=lanes,
        sharex=True,
        squeeze=False,
        layout="constrained",
    )
    for axis, (_, rows) in zip(axes[:, 0], panels, strict=True):
        panel(axis, rows, factor)
        axis.set_title(panel_title(rows.iloc[0], tidy, factor))
    scale(axes[:, 0])
    title(figure, heading)
    legend(figure, experiment.comparison["confidence"])
    return figure


def panel_title(row: Row, tidy: pd.DataFrame, factor: str) -> str:
    """What all rows of the panel share, as far as panels differ in it."""
    words = [display_names.device(row["device"])] if factor != "device" else []
    if factor != "implementation" and column(tidy, "implementation").nunique() > 1:
        words.append(row["implementation"])
    if column(tidy, "settings").nunique() > 1:
        words.append(f"{row['settings']} settings")
    a, b = (display_names.level(factor, row[f"{factor}_{side}"]) for side in "ab")
    return f"{', '.join(words)}: {a} / {b}" if words else f"{a} / {b}"


def lanes_of(rows: pd.DataFrame) -> list[tuple[str, str]]:
    return list(dict.fromkeys(zip(rows["dataset"], rows["framework"], strict=True)))


def panel(axis: Axes, rows: pd.DataFrame, factor: str) -> None:
    lanes = lanes_of(rows)
    splits = list(dict.fromkeys(rows["split"]))
    columns = [[(-0.75, display_names.split(split).removesuffix(" split"))] for split in splits]
    axis.axvline(1, color=style.INK, linewidth=1, zorder=1)
    for place, (dataset, framework) in enumerate(lanes):
        if place and lanes[place - 1][0] != dataset:
            axis.axhline(place - 0.5, color="#dfe4ea", linewidth=0.8)
        of_lane = rows.loc[(rows["dataset"] == dataset) & (rows["framework"] == framework)]
        colour, _, marker = style.look(framework, rows["framework"])
        for number, row in enumerate(each_row(of_lane)):
            words = draw_ratio(axis, place, row, colour, marker)
            if number < len(of_lane) - 1 and pd.isna(row["ratio"]):
                # The whole reason has room in the last column only.
                words = "failed" if "failed" in row["verdict"] else "missing"
            columns[number].append((place, words))
    in_columns(axis, columns)
    firsts = [n == 0 or lanes[n - 1][0] != dataset for n, (dataset, _) in enumerate(lanes)]
    names = [
        f"{display_names.dataset(dataset) + '   ' if first else ''}{display_names.framework(framework)}"
        for first, (dataset, framework) in zip(firsts, lanes, strict=True)
    ]
    axis.set_yticks(range(len(lanes)), names)
    axis.tick_params(axis="y", length=0)
    axis.set_ylim(len(lanes) - 0.4, -0.6)


def in_columns(axis: Axes, columns: list[list[tuple[float, str]]]) -> None:
    """Lists of (height, words) right of the panel, each as wide as it needs; the first words are its head."""
    left = 0
    for (top, head), *rest in columns:
        right_of(axis, top, head, xytext=(left, 0), textcoords="offset points", color=style.GREY)
        for place, words in rest:
            right_of(axis, place, words, xytext=(left, 0), textcoords="offset points")
        left += GAP + CHARACTER * max(len(words) for _, words in [(top, head), *rest])


def draw_ratio(axis: Axes, place: int, row: Row, colour: str, marker: str) -> str:
    """Draw one ratio, hollow and a little higher for one run of each; returns it in words."""
    flagged = f" ({row['flagged']} flagged)" if row["flagged"] else ""
    if pd.isna(row["ratio"]):
        return row["verdict"]
    if row["verdict"] == ONE_RUN:
        axis.plot(row["ratio"], place - 0.22, marker, color=colour, markerfacecolor="white", markersize=5)
        return f"{row['ratio']:.2f}{flagged}"
    axis.plot([row["ratio_low"], row["ratio_high"]], [place + 0.08] * 2, color=colour, linewidth=2)
    axis.plot(row["ratio"], place + 0.08, marker, color=colour, markersize=6)
    return f"{row['ratio']:.2f} ({row['ratio_low']:.2f} to {row['ratio_high']:.2f}){flagged}"


def scale(axes: np.ndarray) -> None:
    found = [value for axis in axes for line in axis.lines for value in line.get_xdata() if value > 0]
    low, high = min([*found, 0.9]) / 1.08, max([*found, 1.12]) * 1.08
    ticks = [tick for tick in TICKS if low <= tick <= high]
    if len(ticks) > 8:
        ticks = [tick for tick in ticks if f"{tick:g}".strip("0.") in ("1", "2", "5")]
    ticks = apart(ticks, math.log(high / low) / 18)
    for axis in axes:
        axis.set_xscale("log")
        axis.set_xlim(low, high)
        axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axis.minorticks_off()
        axis.grid(axis="x")
    axes[-1].set_xlabel("ratio of seconds: right of 1 the second of the two is faster (logarithmic scale)")


def apart(ticks: list[float], least: float) -> list[float]:
    """The ticks of which no two are nearer than `least` on the logarithmic axis; 1 stays."""
    kept = []
    for tick in sorted(ticks, key=lambda tick: abs(math.log(tick))):
        if all(abs(math.log(tick / other)) >= least for other in kept):
            kept.append(tick)
    return sorted(kept)


def legend(figure: Figure, confidence: float) -> None:
    grey = style.GREY
    handles = [
        legend_line("o", grey, "one run of each, so no interval", markerfacecolor="white"),
        legend_line(
            "o",
            grey,
            f"several folds or seeds, with the {confidence:.0%} interval:"
            " where it holds 1, no difference is shown",
            linestyle="-",
        ),
    ]
    figure.legend(handles=handles, loc="outside lower left", fontsize=8)


def describe(experiment: Experiment, factor: str) -> str:
    """Return how many ratios lie above and below 1, and the least and the greatest, in sentences."""
    tidy = pairwise.ratios(experiment.runs, factor, experiment.comparison).dropna(subset="ratio")
    if tidy.empty:
        return "All ratios are missing."
    one_run = tidy["verdict"] == ONE_RUN
    above, below = (tidy["ratio_low"] > 1).sum(), (tidy["ratio_high"] < 1).sum()
    ends = [in_words(tidy.loc[place], factor) for place in (tidy["ratio"].idxmin(), tidy["ratio"].idxmax())]
    counts = [f"{above} shown to be above 1", f"{below} below", f"{one_run.sum()} of one run each"]
    return f"{len(tidy)} ratios: {', '.join(counts)}. From {' to '.join(ends)}."


def in_words(row: Row, factor: str) -> str:
    """Return `1.23 (Letter Recognition, PyTorch, holdout split, CPU / GPU)`."""
    sides = " / ".join(display_names.level(factor, row[f"{factor}_{side}"]) for side in "ab")
    names = [display_names.dataset(row["dataset"]), display_names.framework(row["framework"])]
    return f"{row['ratio']:.2f} ({', '.join([*names, display_names.split(row['split']), sides])})"
