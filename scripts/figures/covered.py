"""How many runs there were in each of some hundred short times, where thousands of bars would be too thin."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from scripts.figures import style


class Bins(NamedTuple):
    """Edges of short times, on the axis, and the frameworks in the order in which they are drawn."""

    edges: np.ndarray
    frameworks: list[str]


def mean_in_bins(begin: np.ndarray, lasted: np.ndarray, height: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return the mean of the sum of `height` over all runs that go on, between each two edges."""

    def area_until(start: np.ndarray) -> np.ndarray:
        """The sum of height x (edge - start) over the starts before each edge."""
        order = np.argsort(start, kind="stable")
        counts = np.searchsorted(start[order], edges)
        heights, moments = (
            np.concatenate([[0.0], np.cumsum(values[order])]) for values in (height, height * start)
        )
        return edges * heights[counts] - moments[counts]

    return np.diff(area_until(begin) - area_until(begin + lasted)).clip(0) / np.diff(edges)


def by_framework(runs: pd.DataFrame, bins: Bins, height: np.ndarray) -> dict[str, np.ndarray]:
    """Return {framework: mean_in_bins of its runs}; `at` and `lasted` of the runs are in the edges' unit."""
    found = {}
    for name in bins.frameworks:
        own = (runs["framework"] == name).to_numpy()
        at, lasted = (runs[column].to_numpy()[own] for column in ("at", "lasted"))
        found[name] = mean_in_bins(at, lasted, height[own], bins.edges)
    return found


def stack(axis: Axes, heights: dict[str, np.ndarray], edges: np.ndarray, base: float, unit: float) -> None:
    """Draw the heights of the frameworks one on the other, from `base` on; 1 is drawn as `unit`."""
    below = np.full(len(edges) - 1, base)
    for name, height in heights.items():
        layer(axis, edges, below, below + unit * height, style.look(name, heights)[0])
        below = below + unit * height


def layer(axis: Axes, edges: np.ndarray, below: np.ndarray, above: np.ndarray, colour: str) -> None:
    """Fill what is between two heights, as a picture: an SVG of all their corners has megabytes."""
    axis.stairs(above, edges, baseline=below, fill=True, color=colour, linewidth=0, rasterized=True)
