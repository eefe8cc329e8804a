"""Many thousands of points as a picture of how many there are, the darker the more."""

from typing import NamedTuple

import numpy as np
from matplotlib import colors
from matplotlib.axes import Axes

BINS = 400  # along the axis: a point of a figure is two or three of them wide
PALEST = 0.12  # opacity of the fewest points


class Counts(NamedTuple):
    """How many points lie in each row and bin; bins are equally wide on a logarithmic axis."""

    points: np.ndarray
    low: float
    high: float


def counts(along: np.ndarray, rows: np.ndarray, count: int, span: tuple[float, float]) -> Counts:
    """Count the points at the places `along` in the `rows`, numbers from 0 of `count` rows.

    `span` are the ends of the bins, above 0; no point lies beyond them.
    """
    low, high = span if span[0] < span[1] else (span[0] / 1.001, span[1] * 1.001)
    places = (np.log(along / low) * (BINS / np.log(high / low))).astype(int).clip(0, BINS - 1)
    points = np.bincount(rows * BINS + places, minlength=count * BINS)
    return Counts(points.reshape(count, BINS), low, high)


def draw(axis: Axes, counted: Counts, ends: tuple[float, float], colour: str) -> None:
    """Shade the rows between two heights of a logarithmic axis by the number of points in each place."""
    points = counted.points
    picture = np.empty((*points.shape, 4))
    picture[:, :, :3] = colors.to_rgb(colour)
    picture[:, :, 3] = np.where(points > 0, PALEST + (1 - PALEST) * np.sqrt(points / points.max()), 0)
    # Matplotlib puts the corners of a picture on the logarithmic axis, and what is between them evenly.
    extent = (counted.low, counted.high, *ends)
    axis.imshow(picture, extent=extent, origin="lower", aspect="auto", interpolation="nearest")
