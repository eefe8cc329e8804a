"""The first steps in a framework: what is refused."""

import argparse
from types import SimpleNamespace

import numpy as np
import pytest

from scripts.parity import first_steps
from scripts.training.session import RunFailed


def check(precision, weights, gradients):
    trainer = SimpleNamespace(facts=lambda: {"precision": weights})
    args = argparse.Namespace(framework="keras_jax", implementation="tuned", precision=precision)
    first_steps.check_precision(trainer, [np.zeros(3, kind) for kind in gradients], args)


def test_arrays_of_the_precision_that_was_asked_for_pass():
    check("float64", "float64", ["float64", "float64"])
    check("float32", "float32", ["float32"])


@pytest.mark.parametrize(
    ("precision", "weights", "gradients"),
    [
        ("float64", "float64", ["float32", "float32"]),  # what a variable is called, and what it holds
        ("float64", "float64", ["float64", "float32"]),
        ("float64", "float32", ["float64"]),
        ("float64", "float32, float64", ["float64"]),
        ("float32", "float64", ["float64"]),
    ],
)
def test_arrays_of_another_precision_are_refused(precision, weights, gradients):
    with pytest.raises(RunFailed, match=rf"keras_jax \(tuned\) was asked for {precision}, but its weights"):
        check(precision, weights, gradients)
