"""How unequal the epochs of a run are, in seconds."""

from collections.abc import Sequence
from statistics import fmean, median, quantiles


def spread(epochs: Sequence[float]) -> float:
    """Return the standard deviation of the epochs, estimated from their 10th and 90th percentiles.

    What happens in less than a tenth of the epochs does not show.
    """
    tenths = quantiles(epochs, n=10, method="inclusive")
    return (tenths[-1] - tenths[0]) / 2.563  # in a normal distribution they lie 2.563 deviations apart


def delay(epochs: Sequence[float]) -> float:
    """Return the seconds by which the mean epoch is longer than the median: one huge hiccup shows here."""
    return fmean(epochs) - median(epochs)
