"""Shapes and parameter counts of framework-neutral networks, against the published counts."""

import pytest
import yaml
from paths import ROOT

from scripts.core.network import (
    NetworkError,
    check,
    check_batches,
    count_parameters,
    expected_parameters,
    multiply_adds,
    norm_sizes,
    shapes,
    weight_shapes,
    weights,
)

CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text())
INPUTS = {
    "mnist": ((28, 28, 1), 10),
    "cifar10": ((32, 32, 3), 10),
    "cifar100": ((32, 32, 3), 100),
    "letter": ((16,), 26),
    "digits": ((8, 8, 1), 10),
}
PUBLISHED = {"mnist": 1199882, "cifar10": 1250858, "cifar100": 1297028, "letter": 2570}


@pytest.mark.parametrize("dataset", PUBLISHED)
def test_published_totals(dataset):
    network = CONFIG["networks"][dataset]
    assert count_parameters(network["layers"], INPUTS[dataset][0]) == PUBLISHED[dataset]
    assert network["parameters"] == PUBLISHED[dataset]


@pytest.mark.parametrize("dataset", INPUTS)
def test_config_networks_fit_their_data(dataset):
    check(CONFIG["networks"][dataset], *INPUTS[dataset])


def test_shapes_of_cifar10_as_published():
    sides = [shape[0] for shape in shapes(CONFIG["networks"]["cifar10"]["layers"], (32, 32, 3))]
    assert sides == [32, 30, 15, 15, 15, 13, 6, 6, 2304, 512, 512, 10]


def layer(kind, **options):
    return {"type": kind, **options}


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([layer("dense", units=3, activation="softmax")], r"layer 1 \(dense\) needs a flat input"),
        ([layer("flatten"), layer("max_pool", size=2)], r"layer 2 \(max_pool\) needs an image"),
        ([layer("max_pool", size=9)], r"layer 1 \(max_pool\) leaves nothing"),
        ([layer("flatten"), layer("dense", units=4, activation="softmax")], "3 units"),
        ([layer("flatten"), layer("dense", units=3, activation="relu")], "softmax"),
    ],
)
def test_wrong_networks_are_named(layers, message):
    with pytest.raises(NetworkError, match=message):
        check({"layers": layers, "parameters": 1}, (8, 8, 1), 3)


def test_wrong_total_is_refused():
    layers = [layer("flatten"), layer("dense", units=3, activation="softmax")]
    with pytest.raises(NetworkError, match="have 195 parameters, not 196"):
        check({"layers": layers, "parameters": 196}, (8, 8, 1), 3)


def test_multiply_adds_of_each_layer_by_hand():
    """3 x 3 kernels at every place of the output, then the dense layers."""
    found = multiply_adds(CONFIG["networks"]["mnist"]["layers"], (28, 28, 1))
    assert found == [26 * 26 * 9 * 32, 24 * 24 * 9 * 32 * 64, 0, 0, 0, 9216 * 128, 0, 128 * 10]
    assert sum(multiply_adds(CONFIG["networks"]["letter"]["layers"], (16,))) == 2472


def test_shapes_weights_and_multiply_adds_of_larger_steps_by_hand():
    layers = [
        layer("conv", filters=4, kernel=3, padding="same", strides=2, bias=False, activation="relu"),
        layer("max_pool", size=3, strides=1),
        layer("avg_pool", size=2),
        layer("conv", filters=5, kernel=2, padding="valid", strides=2, activation="linear"),
        layer("global_avg_pool"),
        layer("activation", activation="tanh"),
        layer("batch_norm"),
        layer("dense", units=3, bias=False, activation="softmax"),
    ]
    shape = (17, 18, 2)
    found = [(9, 9, 4), (7, 7, 4), (3, 3, 4), (1, 1, 5), (5,), (5,), (5,), (3,)]
    assert shapes(layers, shape) == found
    assert weight_shapes(layers, shape) == [(3, 3, 2, 4), (2, 2, 4, 5), (5,), (5,), (5,), (5, 3)]
    assert [weight.kind for weight in weights(layers, shape)] == [
        *("kernel", "kernel", "bias", "scale", "shift", "kernel")
    ]
    assert norm_sizes(layers, shape) == [5]
    assert count_parameters(layers, shape) == 72 + 80 + 5 + 10 + 15
    assert multiply_adds(layers, shape) == [81 * 72, 0, 0, 80, 0, 0, 0, 15]


def test_a_last_batch_of_one_row_has_no_variance():
    flat = [layer("batch_norm"), layer("dense", units=3, activation="softmax")]
    for rows, size in ((17, 16), (1, 16), (5, 1)):
        with pytest.raises(
            NetworkError, match=f"batch_size: {size} of {rows} rows leaves a last batch of one"
        ):
            check_batches(flat, (4,), rows, size)
    check_batches(flat, (4,), 16, 16)
    check_batches(flat[1:], (4,), 17, 16)
    check_batches([layer("batch_norm")], (4, 4, 1), 17, 16)  # an image has many values


def test_without_a_published_number_our_own_count_is_expected():
    layers = [{"type": "dense", "units": 3, "activation": "softmax"}]
    assert expected_parameters({"layers": layers}, (4,)) == 15
    assert expected_parameters({"layers": layers, "parameters": 16}, (4,)) == 16
    check({"layers": layers}, (4,), 3)
    with pytest.raises(NetworkError, match="15 parameters, not 16"):
        check({"layers": layers, "parameters": 16}, (4,), 3)
