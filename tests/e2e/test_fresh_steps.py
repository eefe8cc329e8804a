"""A run begins in every framework, with every optimiser, also on fewer rows than a batch has room for."""

import pytest
from commands import printed_by
from concerned import to_try

from scripts.parity import numpy_optimizers
from scripts.training.frameworks import registry


@pytest.mark.parametrize("name", to_try())
def test_the_first_step_of_all_trains(environments, name):
    """Other tests take weights back before they train, which gives arrays of their own to all state."""
    found = printed_by(environments, "fresh_steps", name)
    assert found.keys() == registry.framework(name).trainers.keys()
    for of_optimizers in found.values():
        compiles_long = name in ("theano", "pytensor")
        assert of_optimizers.keys() == ({"nadam"} if compiles_long else numpy_optimizers.OPTIMIZERS.keys())
        assert all(0 < losses[-1] < losses[0] for losses in of_optimizers.values())
