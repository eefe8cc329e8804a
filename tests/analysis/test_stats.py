"""The formulas, against values computed by hand, closed forms and SciPy."""

import math

import numpy as np
import pytest
import scipy.stats

from scripts.analysis import stats

FIVE = [0.01, 0.03, 0.02, 0.04, 0.00]  # mean 0.02, variance 0.00025
CORRECTED = math.sqrt((1 / 5 + 1 / 4) * 0.00025)  # 5 folds, a fourth as many test as training rows


def sf_with_4_degrees(t):
    """Student's upper tail in closed form."""
    share = t * t / (1 + t * t / 4)
    return 1 / 2 - 3 / 8 * t / math.sqrt(1 + t * t / 4) * (1 - share / 12)


def test_corrected_standard_error():
    assert stats.standard_error(FIVE) == pytest.approx(math.sqrt(0.00025 / 5))
    assert stats.standard_error(FIVE, 1 / 4) == pytest.approx(CORRECTED)


def test_interval_of_the_mean():
    low, high = stats.mean_interval(FIVE, 0.95)
    wanted = scipy.stats.ttest_1samp(FIVE, 0).confidence_interval(0.95)
    assert (low, high) == pytest.approx((wanted.low, wanted.high))
    low, high = stats.mean_interval(FIVE, 0.95, 1 / 4)
    assert (low, high) == pytest.approx((0.02 - 2.776445 * CORRECTED, 0.02 + 2.776445 * CORRECTED))
    assert np.isnan(stats.mean_interval([3.0], 0.95)).all()


def test_error_of_shares_is_the_binomial_one():
    assert stats.share_error([0.5], [100]) == pytest.approx(0.05)
    assert stats.share_error([0.5, 0.5], [100, 100]) == pytest.approx(0.05 / math.sqrt(2))
    assert stats.share_error([1.0], [100]) == 0


def test_the_error_of_what_is_subtracted_widens_the_interval():
    values, besides = [1.0, 2.0, 3.0], 2.0
    low, high = stats.mean_interval(values, 0.95, 0.0, besides)
    assert (low + high) / 2 == pytest.approx(2)
    assert (high - low) / 2 == pytest.approx(4.302653 * math.sqrt(1 / 3 + 4), rel=1e-6)


def test_no_mean_time_is_negative():
    low, high = stats.time_interval([1.0, 1.1, 9.0], 0.95)
    assert (low, high) == (0.0, stats.mean_interval([1.0, 1.1, 9.0], 0.95).high)
    assert stats.time_interval([8.9, 9.0, 9.1], 0.95) == stats.mean_interval([8.9, 9.0, 9.1], 0.95)
    assert np.isnan(stats.time_interval([1.0], 0.95)).all()


def test_difference_test_is_the_paired_t_test_with_a_wider_variance():
    assert stats.difference_test(FIVE, 0) == pytest.approx(scipy.stats.ttest_1samp(FIVE, 0).pvalue)
    p = stats.difference_test(FIVE, 1 / 4)
    assert p == pytest.approx(2 * sf_with_4_degrees(0.02 / CORRECTED))
    assert p > 0.1 and stats.difference_test(FIVE, 0) < 0.05
    assert stats.difference_test([-d for d in FIVE], 1 / 4) == pytest.approx(p)


def test_equivalence_is_two_one_sided_tests():
    margin = 0.05
    above = scipy.stats.ttest_1samp(FIVE, -margin, alternative="greater").pvalue
    below = scipy.stats.ttest_1samp(FIVE, margin, alternative="less").pvalue
    assert stats.equivalence_test(FIVE, margin, 0) == pytest.approx(max(above, below))
    by_hand = sf_with_4_degrees((margin - 0.02) / CORRECTED)
    assert stats.equivalence_test(FIVE, margin, 1 / 4) == pytest.approx(by_hand)
    assert stats.equivalence_test(FIVE, 0.02, 1 / 4) == pytest.approx(0.5)  # the mean is on the margin


@pytest.mark.parametrize("margin", [0.03, 0.04, 0.045, 0.05])
def test_equivalence_agrees_with_the_interval_of_twice_the_error(margin):
    low, high = stats.mean_interval(FIVE, 0.90, 1 / 4)
    inside = -margin < low and high < margin
    assert (stats.equivalence_test(FIVE, margin, 1 / 4) < 0.05) == inside


def test_differences_without_spread():
    assert stats.difference_test([0.0] * 5, 0.1) == 1
    assert stats.difference_test([0.5] * 5, 0.1) == 0
    assert stats.equivalence_test([0.0] * 5, 0.01, 0.1) == 0
    assert stats.equivalence_test([0.5] * 5, 0.01, 0.1) == 1
    for test in (lambda d: stats.difference_test(d, 0.1), lambda d: stats.equivalence_test(d, 0.01, 0.1)):
        assert math.isnan(test([0.5]))


def test_holm():
    assert stats.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert stats.holm([0.5, 0.9]) == pytest.approx([1.0, 1.0])
    found = stats.holm([0.01, math.nan, 0.04])  # what was not tested does not count
    assert (found[0], found[2]) == pytest.approx((0.02, 0.04)) and math.isnan(found[1])
    assert len(stats.holm([])) == 0


# ---- ratios of times ----


def folds(n, noise, seed=1):
    """Seconds of two frameworks that take the same time, on a machine that drifts."""
    rng = np.random.default_rng(seed)
    drift = 10 * np.exp(0.3 * rng.standard_normal(n))
    return [drift * np.exp(noise * rng.standard_normal(n)) for _ in range(2)]


def test_few_folds_have_students_interval_of_the_logarithms():
    low, high = stats.ratio_interval([1.1, 2.4], [1.0, 2.0], 0.95, 1000)
    middle, half = math.log(1.1 * 1.2) / 2, 12.7062 * abs(math.log(1.2 / 1.1)) / 2
    assert (low, high) == pytest.approx((math.exp(middle - half), math.exp(middle + half)), rel=1e-4)
    assert np.isnan(stats.ratio_interval([1.0], [2.0], 0.95, 1000)).all()


def test_many_folds_have_the_interval_of_the_normal_approximation():
    a, b = folds(400, 0.05)
    found = stats.ratio_interval(a, b, 0.95, 4000)
    ratio = a.sum() / b.sum()
    error = np.std(a - ratio * b, ddof=1) * math.sqrt(400) / b.sum()  # delta method, paired
    assert found == pytest.approx((ratio - 1.96 * error, ratio + 1.96 * error), abs=0.1 * error)


@pytest.mark.parametrize("paired", [True, False])
def test_bootstrap_agrees_with_scipy(paired):
    def ratio(a, b, axis):
        return a.sum(axis=axis) / b.sum(axis=axis)

    samples = folds(12, 0.1)
    options = {"n_resamples": 20000, "paired": paired, "method": "percentile", "rng": 1}
    wanted = scipy.stats.bootstrap(samples, ratio, **options).confidence_interval
    found = stats.bootstrap(samples, (np.sum, np.sum), np.divide, 0.95, 20000, paired=paired)
    assert found == pytest.approx(wanted, rel=0.01)
    width = found.high - found.low
    assert (width < 0.2) == paired  # the drift is the same in both


def test_what_is_kept_of_a_bootstrap_is_what_it_draws_each_time():
    """Statistics of one side are kept for its next comparison; the draws are those of a fresh generator."""
    above, below = folds(12, 0.1)
    places = np.random.default_rng(stats.SEED).integers(12, size=(2000, 12))
    tail = (1 - stats.expanded(0.95, 12)) / 2
    wanted = np.quantile(above[places].sum(-1) / below[places].sum(-1), [tail, 1 - tail])
    for _ in range(2):
        assert stats.ratio_interval(above, below, 0.95, 2000) == tuple(wanted)
    generator = np.random.default_rng(stats.SEED)
    drawn = [
        np.median(one[generator.integers(len(one), size=(2000, len(one)))], axis=-1)
        for one in (above, below[:11])
    ]
    tail = (1 - stats.expanded(0.95, 11)) / 2
    wanted = np.quantile(drawn[0] / drawn[1], [tail, 1 - tail])
    assert stats.epochs_interval(above, below[:11], 0.95, 2000) == tuple(wanted)


def test_pairing_takes_the_drift_of_the_machine_out():
    a, _ = folds(10, 0.05)
    assert stats.ratio_interval(1.5 * a, a, 0.95, 1000) == pytest.approx((1.5, 1.5))


@pytest.mark.parametrize("n", [3, 10])
def test_equal_values_give_no_width(n):
    found = stats.ratio_interval([3.0] * n, [2.0] * n, 0.95, 1000)
    assert found == pytest.approx((1.5, 1.5)) and not found.holds(1)
    assert stats.ratio_interval([2.0] * n, [2.0] * n, 0.95, 1000).holds(1)


def test_the_same_folds_give_the_same_interval():
    a, b = folds(10, 0.1)
    assert stats.ratio_interval(a, b, 0.95, 1000) == stats.ratio_interval(a, b, 0.95, 1000)
    assert stats.ratio_interval(a, b, 0.99, 1000).low < stats.ratio_interval(a, b, 0.9, 1000).low


def test_level_for_ten_folds():
    # t = 2.262157 with 9 degrees; Phi(-sqrt(10 / 9) * t) = Phi(-2.384521) = 0.0085504
    assert stats.expanded(0.95, 10) == pytest.approx(1 - 2 * 0.0085504, abs=1e-6)


@pytest.mark.parametrize("n", [2, 7, 10])
def test_nineteen_of_twenty_intervals_hold_the_true_ratio(n):
    """Plain quantiles of the bootstrap hold it in 0.49 (2 folds) to 0.89 (10 folds) of the cases."""
    held = [stats.ratio_interval(*folds(n, 0.05, seed), 0.95, 500).holds(1) for seed in range(400)]
    assert 0.92 <= np.mean(held) <= 0.98


def test_epochs_of_two_runs():
    rng = np.random.default_rng(4)
    a, b = 2 * np.exp(0.02 * rng.standard_normal(300)), np.exp(0.02 * rng.standard_normal(12))
    low, high = stats.epochs_interval(a, b, 0.95, 2000)
    assert low < np.median(a) / np.median(b) < high
    assert 0.005 < high - low < 0.2
    assert np.isnan(stats.epochs_interval(a, b[:9], 0.95, 2000)).all()


# ---- break-even ----


def test_break_even():
    assert stats.break_even((10.0, 1.0), (0.0, 2.0)) == 10
    assert stats.break_even((10.0, 2.0), (0.0, 2.0)) == math.inf
    assert stats.break_even((10.0, 3.0), (0.0, 2.0)) == math.inf
    assert stats.break_even((0.0, 3.0), (0.0, 2.0)) == 0
    assert stats.break_even((np.array([10.0, 6.0]), 1.0), (0.0, 2.0)).tolist() == [10, 6]


def test_break_even_interval():
    starts, epochs = 10 + np.linspace(-1, 1, 10), 1 + np.linspace(-0.01, 0.01, 10)
    found = stats.break_even_interval((starts, epochs), (np.zeros(10), epochs + 1), 0.95, 1000)
    assert 9 <= found.low < 10 < found.high <= 11
    same = stats.break_even_interval((starts, epochs[::-1]), (np.zeros(10), epochs), 0.95, 1000)
    assert same.high == math.inf
    assert np.isnan(stats.break_even_interval((starts[:7], epochs[:7]), (starts, epochs), 0.95, 1000)).all()
