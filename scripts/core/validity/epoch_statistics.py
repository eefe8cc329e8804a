"""How unequal the epochs of a run are, in seconds."""

from math import fsum
from statistics import median
from typing import Sequence


def spread(epochs: Sequence[float]) -> float:
    """Return the standard deviation of the epochs, estimated from their 10th and 90th percentiles.

    What happens in less than a tenth of the epochs does not show.
    """
    apart = tenth(epochs, 9) - tenth(epochs, 1)
    return apart / 2.563  # in a normal distribution they lie 2.563 deviations apart


def tenth(values: Sequence[float], which: int) -> float:
    """Return a percentile, the 10th for 1, as the inclusive method of statistics.quantiles (Python 3.8)."""
    ranked = sorted(values)
    whole, part = divmod(which * (len(ranked) - 1), 10)
    return (ranked[whole] * (10 - part) + ranked[whole + 1] * part) / 10


BUSY = 0.9  # cores that any training keeps busy on a CPU


def longest_standstill(epochs: Sequence[float], cpu: Sequence[float]) -> float:
    """Return the most seconds of one epoch in which no processor worked for the run.

    `cpu` are the CPU seconds of each epoch. What every epoch waits, as for a disk, is left out where there
    are several, and the tenth of an epoch that a sound one may wait.
    """
    idle = [max(0.0, wall - busy) for wall, busy in zip(epochs, cpu)]
    of_all = min(idle) if len(idle) > 1 else 0.0
    return max(0.0, *(wait - max(of_all, (1 - BUSY) * wall) for wait, wall in zip(idle, epochs)))


def delay(epochs: Sequence[float]) -> float:
    """Return the seconds by which the mean epoch is longer than the median: one huge hiccup shows here."""
    return fsum(epochs) / len(epochs) - median(epochs)
