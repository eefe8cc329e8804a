"""Small networks with every layer and optimiser are, in each framework, the formulas of the reference."""

from typing import get_args

import flat_areas
import numpy as np
import pytest
import small_networks
from commands import printed_by
from concerned import to_try

from scripts.parity import numpy_layers, numpy_optimizers, reference
from scripts.training.frameworks import registry
from scripts.workflow.config.of_networks import LastActivation, Layer, Matched

MATCHED = [name for name in to_try() if "matched" in registry.framework(name).settings]


@pytest.mark.parametrize("name", MATCHED)
def test_flat_areas_have_the_gradients_of_the_reference(environments, name):
    """Among equal values the first is the maximum, and a ReLU's derivative at 0 is 0; in real float64."""
    found = printed_by(environments, "flat_areas", name)
    for which, layers in (("flat", flat_areas.LAYERS), ("overlapping", flat_areas.OVERLAPPING)):
        arrays = (*flat_areas.rows(), flat_areas.weights(layers))
        same_steps(found[which], layers, arrays, flat_areas.TRAINING)


@pytest.mark.parametrize("name", MATCHED)
def test_every_layer_and_optimizer_is_the_formula_of_the_reference(environments, name):
    """And with published settings every optimiser that has others of its own trains."""
    found = printed_by(environments, "small_networks", name, "float64")
    published, norms = found.pop("published"), found.pop("published norms")
    assert found.keys() == small_networks.CASES.keys()
    for which, case in small_networks.CASES.items():
        training = small_networks.training(case.optimizer)
        same_steps(found[which], case.layers, small_networks.arrays(case), training)
    all_learn(name, published, small_networks.PUBLISHED)
    all_learn(name, norms, small_networks.PUBLISHED[:1])


# Theano and PyTensor compile the same programs for both precisions, and take minutes for it.
@pytest.mark.parametrize("name", [name for name in MATCHED if name not in ("theano", "pytensor")])
def test_networks_of_images_are_near_the_reference_in_float32(environments, name):
    """Which is what runs, in some libraries by other programs than float64."""
    found = printed_by(environments, "small_networks", name, "float32")
    published, norms = found.pop("published"), found.pop("published norms")
    assert [*found] == [*small_networks.IN_FLOAT32]
    for which in found:
        case = small_networks.CASES[which]
        training, rows = small_networks.training(case.optimizer), small_networks.arrays(case)
        same_steps(found[which], case.layers, rows, training, "float32")
    all_learn(name, published, small_networks.PUBLISHED_IN_FLOAT32)
    all_learn(name, norms, small_networks.PUBLISHED[:1])


def all_learn(name, published, options):
    """Every optimiser lowers the loss of a batch with published settings, in each implementation."""
    for one, of_ways in zip(options, published, strict=True):
        assert of_ways.keys() == registry.framework(name).trainers.keys()
        for way, losses in of_ways.items():
            assert len(losses) == 8 and 0 < losses[-1] < losses[0], (one, way, losses)


def test_the_small_networks_have_every_layer_and_optimizer():
    """With flat areas, which have what these lack."""
    layers = [layer for case in small_networks.CASES.values() for layer in case.layers]
    kinds = {get_args(kind.model_fields["type"].annotation)[0] for kind in get_args(get_args(Layer)[0])}
    assert {layer["type"] for layer in layers} | {"dropout"} == kinds
    assert {layer["activation"] for layer in layers if "activation" in layer} == {*get_args(LastActivation)}
    names = {case.optimizer["name"] for case in small_networks.CASES.values()}
    assert names == numpy_optimizers.OPTIMIZERS.keys()
    with_l2 = {case.optimizer["name"] for case in small_networks.CASES.values() if "l2" in case.optimizer}
    assert with_l2 == names - {"adamw"}
    assert Matched.model_fields.keys() == {*names, "batch_norm", "initializer"}


def same_steps(found, layers, arrays, training, precision="float64"):
    """Gradients of the first step, losses and predictions are those of the reference, in that precision."""
    of_losses, of_gradients = (1e-7, 1e-9) if precision == "float64" else (1e-3, 1e-3)
    x, y, weights = arrays
    batches = [np.arange(len(y))] * len(found["idiomatic"]["losses"])
    known = reference.train({"layers": layers}, training, weights, batches, x, y)
    predicted = numpy_layers.probabilities(layers, known.weights, x[:3], known.running)
    for where, steps in found.items():
        assert (steps["types"], steps["precision"]) == ([precision], precision), where
        measured = [np.array(gradient) for gradient in steps["gradients"]]
        assert numpy_layers.relative_distance(measured, known.gradients) < of_gradients, where
        np.testing.assert_allclose(steps["losses"], known.losses, rtol=of_losses, err_msg=where)
        if steps["probabilities"]:
            np.testing.assert_allclose(steps["probabilities"], predicted, atol=of_losses, err_msg=where)


@pytest.mark.parametrize("layer", ["relu", "max_pool"])
def test_another_choice_on_flat_areas_is_seen(monkeypatch, layer):
    """Half of the gradient at 0, or the last maximum instead of the first."""
    x, y = flat_areas.rows()
    weights = [weight.astype(float) for weight in flat_areas.weights(flat_areas.LAYERS)]
    network = flat_areas.LAYERS, weights, x, y
    _, exact = numpy_layers.loss_and_gradients(*network)
    max_pool = numpy_layers.max_pool

    def relu(x):
        return np.maximum(x, 0), lambda gradient: (gradient * ((x > 0) + (x == 0) / 2), [])

    def last_max_pool(x, size, step):
        height, width = (count - count % size for count in x.shape[1:3])
        out, backward = max_pool(x[:, :height, :width][:, ::-1, ::-1], size, step)

        def turned_backward(gradient):
            of_x = np.zeros_like(x)
            of_x[:, :height, :width] = backward(gradient[:, ::-1, ::-1])[0][:, ::-1, ::-1]
            return of_x, []

        return out[:, ::-1, ::-1], turned_backward

    if layer == "relu":
        monkeypatch.setitem(numpy_layers.ACTIVATIONS, "relu", relu)
    else:
        monkeypatch.setattr(numpy_layers, "max_pool", last_max_pool)
    _, other = numpy_layers.loss_and_gradients(*network)
    assert numpy_layers.relative_distance(other, exact) > 1e-3
