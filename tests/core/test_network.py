"""Shapes and parameter counts of framework-neutral networks, against the published counts."""

import pytest
import yaml
from paths import ROOT

from scripts.core.network import (
    NetworkError,
    check,
    count_parameters,
    expected_parameters,
    multiply_adds,
    shapes,
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


def test_without_a_published_number_our_own_count_is_expected():
    layers = [{"type": "dense", "units": 3, "activation": "softmax"}]
    assert expected_parameters({"layers": layers}, (4,)) == 15
    assert expected_parameters({"layers": layers, "parameters": 16}, (4,)) == 16
    check({"layers": layers}, (4,), 3)
    with pytest.raises(NetworkError, match="15 parameters, not 16"):
        check({"layers": layers, "parameters": 16}, (4,), 3)
