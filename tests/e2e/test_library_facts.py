"""What docs/layers.md and docs/optimizers.md say of the libraries, asked of those that are installed."""

import layer_facts
import layer_probe
import numpy as np
import optimizer_facts
import optimizer_probe
import pytest
import small_networks
from commands import printed_by
from concerned import to_try

from scripts.parity import numpy_optimizers, reference


@pytest.mark.parametrize("name", to_try())
def test_layers_of_the_library_are_as_docs_layers_md_says(environments, name):
    """None: the library leaves it to its user."""
    found = printed_by(environments, "layer_probe", name)
    assert found == {question: layer_facts.FACTS[name].get(question) for question in layer_facts.QUESTIONS}


def test_the_page_on_layers_asks_what_the_probe_can_answer():
    assert {*layer_facts.QUESTIONS} == {*layer_probe.QUESTIONS}
    answered = {question for facts in layer_facts.FACTS.values() for question in facts}
    assert answered == {*layer_facts.QUESTIONS}


@pytest.mark.parametrize("name", to_try())
def test_optimizers_of_the_library_are_as_docs_optimizers_md_says(environments, name):
    """Their constants, and which formula they compute: the one that is named there, and no other."""
    found = printed_by(environments, "optimizer_probe", name)
    x, y, weights = small_networks.arrays(optimizer_probe.CASE)
    batches = [np.arange(len(y))] * optimizer_probe.STEPS
    network = {"layers": optimizer_probe.CASE.layers}
    near = 1e-5 if name in small_networks.FLOAT32_ALONE else 1e-6  # some keep constants in float32
    for optimizer, fact in optimizer_facts.FACTS[name].items():
        constants = found[optimizer]["constants"]
        assert fact.constants == {key: constants[key] for key in fact.constants}, optimizer
        assert bool(fact.constants) == bool(constants), optimizer
        options = optimizer_probe.options(name, optimizer)
        if (
            optimizer == "nadam"
        ):  # that of all libraries which have one, and of no config of published settings
            options.update(optimizer_facts.DECAY)
        for number, formula in enumerate(optimizer_facts.FORMULAS[optimizer]):
            with pytest.MonkeyPatch.context() as patch:
                needed = numpy_optimizers.OPTIMIZERS[options["name"]][1]
                patch.setitem(numpy_optimizers.OPTIMIZERS, options["name"], (formula.step, needed))
                losses = reference.train(network, {"optimizer": options}, weights, batches, x, y).losses
            apart = np.abs(np.array(found[optimizer]["losses"]) / losses - 1).max()
            assert apart < near if number == fact.formula else apart > 1e-4, (optimizer, number, apart)
