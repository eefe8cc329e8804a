"""Formulas of optimisers for libraries whose own differ, and what is refused where a library has no rate."""

import numpy as np
import pytest

from scripts.core.errors import UserError
from scripts.parity import numpy_optimizers
from scripts.training.frameworks._shared.formulas import Formula, check_no_rate

CONSTANTS = {"rho": 0.9, "epsilon": 1e-3, "momentum": 0.8, "nesterov": True}
CONSTANTS |= {"beta_1": 0.8, "beta_2": 0.9, "weight_decay": 0.1, "momentum_decay": 0.3}


@pytest.mark.parametrize("name", numpy_optimizers.OPTIMIZERS)
def test_formulas_in_place_are_those_of_the_reference(name):
    step, needed = numpy_optimizers.OPTIMIZERS[name]
    constants, gradients = {key: CONSTANTS[key] for key in needed}, [0.5, -0.2, 0.0, 3.0]
    formula = Formula({"name": name, "learning_rate": 0.1, "decay": 0.5, **constants}, np.sqrt)
    weight, known = np.full(2, 0.7), np.full(2, 0.7)
    arrays, state = [np.zeros(2) for _ in range(formula.states)], numpy_optimizers.BEFORE
    for updates, gradient in enumerate(gradients):
        formula.update(weight, np.full(2, gradient), arrays, updates + 1)
        known, state = step(known, np.full(2, gradient), state, 0.1 / (1 + 0.5 * updates), **constants)
        np.testing.assert_allclose(weight, known, rtol=1e-14)


@pytest.mark.parametrize(
    "options", [{}, {"learning_rate": 1.0}, {"learning_rate": 1, "decay": 0.0, "rho": 0.9}]
)
def test_a_rate_of_one_that_stays_is_none(options):
    check_no_rate("MXNet", {"name": "adadelta", **options})


@pytest.mark.parametrize("options", [{"learning_rate": 0.5}, {"learning_rate": 1.0, "warm_up": 5}])
def test_a_rate_that_the_library_would_ignore_is_refused(options):
    with pytest.raises(UserError, match=r"^optimizer\.learning_rate: MXNet's adadelta has none"):
        check_no_rate("MXNet", {"name": "adadelta", **options})
