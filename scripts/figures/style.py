"""One style for all figures: colours and type."""

from collections.abc import Iterable
from functools import cache
from typing import Any

import matplotlib
from matplotlib import colors
from matplotlib.lines import Line2D

from scripts.training.frameworks import registry
from scripts.training.frameworks.trainer import Framework, LineStyle

matplotlib.use("Agg")  # files only: no display is needed

# Three of Okabe and Ito's colours are taken; with these, twelve frameworks are distinct with every common
# kind of colour blindness (tests/figures/test_looks.py). A framework keeps the colour, line and marker that
# its folder names in every figure; no two share a line or a marker, so that they differ without colour, too.
# These are free: for new frameworks, and for those that are only known from records made elsewhere.
FREE: list[tuple[str, LineStyle, str]] = [
    ("#CC79A7", ":", "D"),
    ("#D55E00", (0, (6, 1, 1, 1, 1, 1)), "v"),
    ("#56B4E9", (0, (8, 2)), "P"),
    ("#8820F8", (0, (1, 1)), "X"),
    ("#555555", (0, (4, 1)), "*"),
    ("#7A0010", (0, (12, 2)), "h"),
    ("#4800B8", (0, (5, 1, 5, 1, 1, 1)), "<"),
    ("#B81000", (0, (3, 1, 1, 1, 1, 1, 1, 1)), ">"),
    ("#602070", (0, (10, 3, 2, 3)), "p"),
]
INK = "#1c2430"
GREY = "#6b7480"
HATCH = "////"
# A small open triangle marks what rests on flagged runs, in every figure.
FLAG: dict[str, Any] = {
    "marker": "^",
    "markersize": 5,
    "markerfacecolor": "white",
    "markeredgecolor": INK,
    "linestyle": "",
}

matplotlib.rcParams.update(
    {
        "figure.dpi": 100,
        "savefig.dpi": 200,
        "svg.hashsalt": "trainclock",  # or the ids of an SVG differ each time
        "font.family": "DejaVu Sans",  # comes with Matplotlib: the same on every machine
        "font.size": 9,
        "axes.titlesize": 10,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.labelcolor": INK,
        "axes.edgecolor": GREY,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "grid.color": "#dfe4ea",
        "grid.linewidth": 0.8,
        "text.color": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "legend.frameon": False,
        "hatch.linewidth": 0.8,
    }
)


def look(framework: str, frameworks: Iterable[str]) -> tuple[str, LineStyle, str]:
    """Return (colour, line style, marker) of a framework; one that has no folder here gets a free one.

    `frameworks` are all that the figure shows: unknown ones share the free looks among themselves.
    """
    known = described()
    if framework in known:
        return known[framework].colour, known[framework].line, known[framework].marker
    taken = {entry.colour for entry in known.values()}
    free = [look for look in FREE if look[0] not in taken]
    unknown = sorted(set(frameworks) - set(known))
    return free[unknown.index(framework) % len(free)]


@cache
def described() -> dict[str, Framework]:
    """Return the frameworks that have a folder here, by name; the folder is listed once."""
    return {name: registry.framework(name) for name in registry.names()}


def lighter(colour: str, share: float = 0.72) -> tuple[float, float, float]:
    """Return the colour mixed with white, as red, green and blue in 0..1; `share` is the part of white."""
    red, green, blue = colors.to_rgb(colour)
    return red + (1 - red) * share, green + (1 - green) * share, blue + (1 - blue) * share


def flag_handle(label: str) -> Line2D:
    """Return the entry of a legend for the triangle."""
    return Line2D([], [], **FLAG, label=label)
