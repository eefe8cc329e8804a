"""The formulas behind intervals, tests and verdicts: arrays in, numbers out, nothing about frameworks.

Every function takes sequences of float and returns NaN (or an Interval of NaN) where too little is
given to say anything. `test_train` is the number of test rows over that of training rows of one fold;
0 means independent runs. Why the folds of a cross-validation are not: docs/statistics.md.
"""

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
from scipy.special import ndtr, stdtr, stdtrit  # scipy.stats would take a second to import

if TYPE_CHECKING:
    import pandas as pd

FEWEST_FOLDS = 8  # below, a bootstrap's interval is too narrow: Student's t takes its place
FEWEST_EPOCHS = 10  # for the spread of the epochs within one run
NEVER = 1e12  # epochs: quantiles need a number
SEED = 2020  # of the bootstrap: the same records give the same interval, always


Values: TypeAlias = "Sequence[float] | np.ndarray | pd.Series"


class Interval(NamedTuple):
    """low to high; NaN where it cannot be given."""

    low: float
    high: float

    def holds(self, value: float) -> bool:
        """Return whether `value` lies inside, an end included: then nothing is shown to differ from it."""
        return self.low <= value <= self.high


UNKNOWN = Interval(math.nan, math.nan)


def standard_error(values: Values, test_train: float = 0.0) -> float:
    """Return the standard error of the mean of k values.

    sqrt((1/k + test_train) * s^2), with s^2 the variance (k - 1 below).

    With test_train = 0 the usual s / sqrt(k). With test rows / training rows it is the corrected
    variance of C. Nadeau, Y. Bengio: Inference for the Generalization Error, Machine Learning 52,
    239-281 (2003), section 4.2: folds share most of their training rows, so their accuracies are
    correlated and s^2 / k is too small.
    """
    return math.sqrt((1 / len(values) + test_train) * np.var(values, ddof=1))


def share_error(shares: Values, rows: Values) -> float:
    """Return the standard error of the mean of shares of rows, such as the accuracies of runs.

    sqrt(sum p (1 - p) / n) / k, of k shares p of n rows each: the binomial distribution's. Other test rows
    would have given another share; how another training would have ended is not part of it.
    """
    p, n = np.asarray(shares, float), np.asarray(rows, float)
    return math.sqrt(float((p * (1 - p) / n).sum())) / len(p)


def mean_interval(
    values: Values, confidence: float, test_train: float = 0.0, besides: float = 0.0
) -> Interval:
    """Return the confidence interval of the mean; UNKNOWN for fewer than two values.

    mean -+ t * standard_error, t the (1 + confidence) / 2 quantile of Student's distribution with k - 1
    degrees of freedom (Student, Biometrika 6, 1908; for folds, Nadeau and Bengio as above). `besides` is the
    standard error of what will be subtracted, which is independent.
    """
    if len(values) < 2:
        return UNKNOWN
    error = math.hypot(standard_error(values, test_train), besides)
    half = stdtrit(len(values) - 1, (1 + confidence) / 2) * error
    mean = float(np.mean(values))
    return Interval(mean - half, mean + half)


def independent(values: Values, replicates: Values) -> np.ndarray:
    """Return what may be taken as independent: the values of one replicate, or the mean of each of several.

    The folds of a replicate share its seed, its rows and its hours on the machine: they are nested in it. The
    variance of the mean is then that of the replicates' means over their number, whatever the folds add to it
    (the top level of Kalibera and Jones, ISMM 2013; replicates have equally many folds).
    """
    found, places = np.unique(np.asarray(replicates), return_inverse=True)
    numbers = np.asarray(values, float)
    if len(found) < 2:
        return numbers
    return np.bincount(places, weights=numbers) / np.bincount(places)


def time_interval(seconds: Values, confidence: float) -> Interval:
    """Return mean_interval of independent times, cut off at 0: no mean time is negative."""
    low, high = mean_interval(seconds, confidence)
    return Interval(float(np.maximum(low, 0.0)), high)


def difference_test(differences: Values, test_train: float) -> float:
    """Return the two-sided p of the corrected resampled t-test: that the mean of the paired differences is 0.

    t = mean / standard_error(differences, test_train), k - 1 degrees of freedom (Nadeau and Bengio
    2003). Differences that are all equal have no spread: p is 1 where they are 0 and 0 elsewhere.
    NaN for fewer than two.
    """
    if len(differences) < 2:
        return math.nan
    return float(2 * stdtr(len(differences) - 1, -abs(t_value(differences, 0.0, test_train))))


def equivalence_test(differences: Values, margin: float, test_train: float) -> float:
    """Return the p of two one-sided tests: that the mean difference lies within -margin to margin.

    The greater p of two: mean <= -margin, and mean >= margin, both to be rejected (D. Schuirmann,
    J. Pharmacokinetics and Biopharmaceutics 15, 657-680, 1987), with the corrected standard error.
    At 5 % the answer is yes where the 90 % interval lies inside the margins. NaN for fewer than two.
    """
    if len(differences) < 2:
        return math.nan
    freedom = len(differences) - 1
    above_low = stdtr(freedom, -t_value(differences, -margin, test_train))
    below_high = stdtr(freedom, t_value(differences, margin, test_train))
    return float(max(above_low, below_high))


def t_value(values: Values, expected: float, test_train: float) -> float:
    """Return (mean - expected) / standard_error.

    Without any spread it is infinite, or 0 where there is no distance.
    """
    distance, error = float(np.mean(values)) - expected, standard_error(values, test_train)
    if error == 0:
        return math.copysign(math.inf, distance) if distance else 0.0
    return distance / error


def holm(p_values: Values) -> np.ndarray:
    """Return the p values, adjusted for being several.

    S. Holm, Scand. J. Statistics 6, 65-70 (1979).
    In rising order the i-th of m (from 0) is multiplied by m - i; none is less than the one before, none
    above 1. NaN (not tested) stays and does not count.
    """
    p = np.asarray(p_values, float)
    tested = np.flatnonzero(~np.isnan(p))
    order = tested[np.argsort(p[tested], kind="stable")]
    adjusted = np.full(len(p), math.nan)
    raised = p[order] * (len(order) - np.arange(len(order)))
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(raised))
    return adjusted


def ratio_interval(above: Values, below: Values, confidence: float, draws: int) -> Interval:
    """Return the interval of sum(above) / sum(below), seconds of the same folds in pairs.

    From 8 folds on a bootstrap: folds are drawn with replacement, both sides of a fold together, and the
    quantiles of the ratio taken (B. Efron, R. Tibshirani: An Introduction to the Bootstrap, 1993, chapter
    13), at the wider level of `expanded`. Below, Student's t interval of the mean logarithm of the
    folds' ratios, because few folds give few different draws. UNKNOWN for one.
    """
    over, under = np.asarray(above, float), np.asarray(below, float)
    if len(over) < 2:
        return UNKNOWN
    if len(over) < FEWEST_FOLDS:
        logarithms = mean_interval(np.log(over / under), confidence)
        return Interval(math.exp(logarithms.low), math.exp(logarithms.high))
    level = expanded(confidence, len(over))
    return bootstrap((over, under), (np.sum, np.sum), np.divide, level, draws)


def epochs_interval(above: Values, below: Values, confidence: float, draws: int) -> Interval:
    """Return the interval of median(above) / median(below), seconds of the epochs of one run each.

    A bootstrap that resamples the epochs of each run. It holds the noise within these two runs only:
    what would differ in the next run (memory layout, the machine's state) is not seen, so it is too
    narrow to call a framework faster (T. Kalibera, R. Jones: Rigorous Benchmarking in Reasonable Time,
    ISMM 2013). UNKNOWN for fewer than ten epochs.
    """
    if min(len(above), len(below)) < FEWEST_EPOCHS:
        return UNKNOWN
    level = expanded(confidence, min(len(above), len(below)))
    return bootstrap((above, below), (np.median, np.median), np.divide, level, draws, paired=False)


def expanded(confidence: float, n: int) -> float:
    """Return the level at which the bootstrap's quantiles are as wide as Student's t interval.

    1 - 2 Phi(-sqrt(n / (n - 1)) t): plain quantiles of few values are too narrow (T. Hesterberg: What
    Teachers Should Know About the Bootstrap, The American Statistician 69, 371-386, 2015, section 3.3).
    """
    t = stdtrit(n - 1, (1 + confidence) / 2)
    return float(1 - 2 * ndtr(-math.sqrt(n / (n - 1)) * t))


Statistic: TypeAlias = Callable[..., np.ndarray]  # of an array, along `axis`


def bootstrap(
    samples: Sequence[Values],
    statistics: Sequence[Statistic],
    combine: Callable[..., np.ndarray],
    level: float,
    draws: int,
    *,
    paired: bool = True,
) -> Interval:
    """Return the quantiles of `combine` of the statistic of each sample, over draws with replacement.

    paired: the same places are drawn in all samples. Always the same draws (SEED). Values that are all
    equal give an interval of no width.
    """
    sizes = tuple(map(len, samples))
    drawn = [
        resampled(statistic, np.asarray(one, float).tobytes(), () if paired else sizes[:n], draws)
        for n, (one, statistic) in enumerate(zip(samples, statistics, strict=True))
    ]
    tail = (1 - level) / 2
    low, high = np.quantile(combine(*drawn), [tail, 1 - tail])
    return Interval(float(low), float(high))


@lru_cache(maxsize=512)  # one cell is compared with many others; 10,000 draws are 80 kB
def resampled(statistic: Statistic, values: bytes, before: tuple[int, ...], draws: int) -> np.ndarray:
    """Return the statistic of each draw of the values, float64, where samples of other sizes came before."""
    one = np.frombuffer(values)
    return statistic(one[places_drawn((*before, len(one)), draws)], axis=-1)


@lru_cache(maxsize=8)
def places_drawn(sizes: tuple[int, ...], draws: int) -> np.ndarray:
    """Return which places of the last of samples of these sizes are drawn, one row a draw."""
    generator = np.random.default_rng(SEED)
    return [generator.integers(size, size=(draws, size)) for size in sizes][-1]


def break_even(a: Sequence, b: Sequence) -> Any:
    """Return the epochs n after which a has caught up with b.

    start_a + n epoch_a = start_b + n epoch_b.

    a and b are (start, epoch) in seconds, or arrays of them. 0 where a does not start later, infinite
    where its epochs are not shorter.
    """
    later, sooner = np.subtract(a[0], b[0]), np.subtract(b[1], a[1])
    with np.errstate(divide="ignore", invalid="ignore"):
        epochs = np.where(sooner > 0, np.divide(later, sooner), math.inf)
    return np.where(later > 0, epochs, 0.0)[()]


def break_even_interval(a: Sequence, b: Sequence, confidence: float, draws: int) -> Interval:
    """Return the interval of break_even of the median start and the mean epoch.

    By the bootstrap of ratio_interval. a and b are (starts, epochs), arrays over the folds. UNKNOWN below
    8 folds.
    """
    folds = len(a[0])
    if folds < FEWEST_FOLDS:
        return UNKNOWN

    def epochs(start_a: np.ndarray, epoch_a: np.ndarray, start_b: np.ndarray, epoch_b: np.ndarray) -> Any:
        return np.minimum(break_even((start_a, epoch_a), (start_b, epoch_b)), NEVER)

    statistics = (np.median, np.mean, np.median, np.mean)
    found = bootstrap((*a, *b), statistics, epochs, expanded(confidence, folds), draws)
    return Interval(*(math.inf if end >= NEVER else end for end in found))
