"""The activations of the reference: their values, and their gradients by small differences."""

import math

import numpy as np
import pytest

from scripts.parity.numpy_layers import ACTIVATIONS
from scripts.workflow.config import of_networks

X = np.array([-40.0, -2.5, -1.0, -1e-3, 1e-3, 0.5, 3.0, 40.0])
AT_MINUS_1 = {
    "relu": 0.0,
    "leaky_relu": -0.01,
    "elu": math.exp(-1) - 1,
    "tanh": -0.7615941559557649,
    "sigmoid": 0.2689414213699951,
    "gelu": -0.15865525393145707,
    "gelu_tanh": -0.15880800939172324,
}


def test_all_of_the_config_have_a_formula():
    assert set(ACTIVATIONS) | {"linear"} == set(of_networks.Activation.__args__) and set(ACTIVATIONS) == set(
        AT_MINUS_1
    )


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_values_and_gradients(name):
    out, backward = ACTIVATIONS[name](X)
    assert out[2] == pytest.approx(AT_MINUS_1[name], rel=1e-12)
    assert np.isfinite(out).all()
    gradient, weights = backward(np.full(len(X), 2.0))
    step = 1e-6
    slope = (ACTIVATIONS[name](X + step)[0] - ACTIVATIONS[name](X - step)[0]) / (2 * step)
    np.testing.assert_allclose(gradient, 2 * slope, atol=1e-8)
    assert weights == []


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_float32_stays_float32(name):
    out, backward = ACTIVATIONS[name](X.astype(np.float32))
    assert out.dtype == backward(np.ones(len(X), np.float32))[0].dtype == np.float32
