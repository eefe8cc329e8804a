"""What several figures share: panels, names of lines and lanes, titles, gaps and flags in words."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Annotation

from scripts.analysis import display_names
from scripts.analysis.frames import Row, column
from scripts.figures import style

WIDTH = 8.6  # inches: a page with its margins
LEGEND_ROW = 0.2  # inches
MOST_LISTED = 8  # in a sentence
LOG_FROM = 30  # largest over smallest value of an axis from which it is logarithmic


def panels(runs: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Return devices and splits that the runs have, in the order of the plan: the rows and columns."""
    return list(dict.fromkeys(runs["device"])), list(dict.fromkeys(runs["split"]))


def panel_title(device: str, split: str, runs: int, replicates: int) -> str:
    """Return `CPU, 10-fold cross-validation`; `runs` and `replicates` are those planned of a cell."""
    return f"{display_names.device(device)}, {display_names.split(split, runs, replicates)}"


def variant_names(runs: pd.DataFrame) -> Callable[..., str]:
    """Return a function from a row to its label: framework, and what else varies."""
    several = [name for name in ("settings", "implementation") if column(runs, name).nunique() > 1]

    def name(row: Row, separator: str = "\n") -> str:
        words = {"settings": "{} settings", "implementation": "{}"}
        extra = ", ".join(words[column].format(row[column]) for column in several)
        return display_names.framework(row["framework"]) + (f"{separator}{extra}" if extra else "")

    return name


def heading(runs: pd.DataFrame) -> str:
    """Return the name of the dataset, with the settings where all runs share one."""
    name = str(display_names.dataset(runs["dataset"].iloc[0]))
    if column(runs, "settings").nunique() > 1:
        return name
    return f"{name} ({runs['settings'].iloc[0]} settings)"


def title(figure: Figure, words: str) -> None:
    """Write the title of a figure."""
    figure.suptitle(words, x=0.01, ha="left", fontweight="bold")


def note(axis: Axes, words: str, x: float = 0.98, y: float = 0.97, **how: Any) -> None:
    """Write a remark in grey italics, by default in the upper right corner of the panel."""
    place = {"ha": "right", "va": "top", "transform": axis.transAxes}
    axis.text(x, y, words, fontsize=8, style="italic", color=style.GREY, **place | how)


# Leading digits of the ticks of a logarithmic axis, from many to few.
DIGITS = [(1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8), (1, 1.5, 2, 3, 5, 7), (1, 2, 5), (1, 3), (1,)]


def log_ticks(low: float, high: float, most: int) -> list[float]:
    """Return at most so many round numbers from low to high, roughly equally far on a logarithmic axis."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    choices = [[digit * 10.0**power for power in powers for digit in digits] for digits in DIGITS]
    inside = [[tick for tick in ticks if low <= tick <= high] for ticks in choices]
    return next((ticks for ticks in inside if len(ticks) <= most), inside[-1][::2])


def log_axes(axis: Axes, x: tuple[float, float], y: tuple[float, float]) -> None:
    """Make both axes logarithmic, with plain numbers; x and y are their limits."""
    axis.set(xscale="log", yscale="log", xlim=x, ylim=y)
    axis.set_xticks(log_ticks(*x, most=5), [plain(tick) for tick in log_ticks(*x, most=5)])
    axis.set_yticks(log_ticks(*y, most=7), [plain(tick) for tick in log_ticks(*y, most=7)])
    axis.minorticks_off()


def plain(number: float) -> str:
    """Return `0.5`, `200`, `20k`: short enough for a narrow panel."""
    return f"{number / 1000:g}k" if number >= 10000 else f"{number:g}"


def right_of(axis: Axes, height: float, words: str, x: float = 1.01, **how: Any) -> Annotation:
    """Write words right of the panel, at a height in data coordinates."""
    place = {"xycoords": axis.get_yaxis_transform(), "va": "center", "annotation_clip": False}
    return axis.annotate(words, (x, height), fontsize=8, **place | how)


def row_wise(items: list, columns: int) -> list:
    """Return the items of a legend in the order that fills its rows, where Matplotlib fills columns."""
    return [item for column in range(columns) for item in items[column::columns]]


def make_room(figure: Figure, entries: int, columns: int) -> None:
    """Make a figure as much higher as a legend of more than two rows takes, or its panels would shrink."""
    rows = math.ceil(entries / columns)
    figure.set_figheight(figure.get_figheight() + LEGEND_ROW * max(0, rows - 2))


def seconds(value: float) -> str:
    """Return seconds with as many decimals as `decimals` gives."""
    return f"{value:.{decimals(value)}f} s"


def listed(words: Sequence[str]) -> str:
    """Return words one after another; of more than MOST_LISTED the first ones and the last."""
    if len(words) <= MOST_LISTED:
        return ", ".join(words)
    left_out = len(words) - MOST_LISTED + 1
    return f"{', '.join(words[: MOST_LISTED - 1])}, {left_out - 1} more, {words[-1]}"


def decimals(value: float) -> int:
    """Return the number of decimals that seconds of this size need."""
    return 0 if value >= 1000 else 1 if value >= 10 else 2


def legend_line(marker: str, colour: str, words: str, **how: Any) -> Line2D:
    """Return the entry of a legend: a marker, and a line if `linestyle` is given."""
    how = {"linestyle": "", "markersize": 5} | how
    return Line2D([], [], marker=marker, color=colour, label=words, **how)
