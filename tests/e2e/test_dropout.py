"""Dropout in every trainer: the rate, the scale, and masks of their own for each row and step.

The parity certificate leaves dropout out, since no two libraries draw the same masks.
"""

from math import comb, exp, log, sqrt

import pytest
from commands import printed_by
from concerned import to_try
from dropout_masks import EPOCHS, RATES, ROWS, STEP, WIDTH

from scripts.training.frameworks import registry


def expected(rate):
    """Mean and standard deviation of the loss of a row."""
    kept = 1 - rate
    chances = [comb(WIDTH, n) * kept**n * rate ** (WIDTH - n) for n in range(WIDTH + 1)]
    losses = [log(1 + exp(STEP * n / kept)) for n in range(WIDTH + 1)]
    mean = sum(chance * loss for chance, loss in zip(chances, losses, strict=True))
    square = sum(chance * loss**2 for chance, loss in zip(chances, losses, strict=True))
    return mean, sqrt(square - mean**2)


@pytest.mark.parametrize("name", to_try())
def test_values_are_dropped_at_the_rate_and_anew_for_each_row_and_step(environments, name):
    found = printed_by(environments, "dropout_masks", name)
    assert found.keys() == registry.framework(name).trainers.keys()
    for implementation, by_rate in found.items():
        for rate in RATES:
            losses, (mean, of_row) = by_rate[str(rate)], expected(rate)
            assert len(losses) == EPOCHS
            # Values that keep their scale are fifty of these errors away.
            error = of_row / sqrt(EPOCHS * ROWS)
            assert abs(sum(losses) / EPOCHS - mean) < 5 * error, (implementation, rate)
            # A rate taken for what is kept makes epochs differ three times as much, one mask for a batch five
            # times, and the same masks in each epoch not at all.
            middle = sum(losses) / EPOCHS
            spread = sqrt(sum((loss - middle) ** 2 for loss in losses) / (EPOCHS - 1))
            assert 0.55 < spread / (of_row / sqrt(ROWS)) < 1.55, (implementation, rate)
