"""How unequal the epochs of a run are, in seconds."""

from statistics import fmean, median, quantiles
from typing import Sequence


def spread(epochs: Sequence[float]) -> float:
    """Return the standard deviation of the epochs, estimated from their 10th and 90th percentiles.

    What happens in less than a tenth of the epochs does not show.
    """
    tenths = quantiles(epochs, n=10, method="inclusive")
    return (tenths[-1] - tenths[0]) / 2.563  # in a normal distribution they lie 2.563 deviations apart


BUSY = 0.9  # cores that any training keeps busy on a CPU


def longest_standstill(epochs: Sequence[float], cpu: Sequence[float]) -> float:
    """Return the most seconds of one epoch in which no processor worked for the run.

    `cpu` are the CPU seconds of each epoch. What every epoch waits, as for a disk, is left out, and so is
    the tenth of an epoch that a sound one may wait.
    """
    idle = [max(0.0, wall - busy) for wall, busy in zip(epochs, cpu)]
    beyond_others = max(idle) - min(idle)
    beyond_usual = max(wait - (1 - BUSY) * wall for wait, wall in zip(idle, epochs))
    return max(0.0, beyond_others, beyond_usual)


def delay(epochs: Sequence[float]) -> float:
    """Return the seconds by which the mean epoch is longer than the median: one huge hiccup shows here."""
    return fmean(epochs) - median(epochs)
