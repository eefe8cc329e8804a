"""What must hold of a framework: of the results that contract.py prints in its environment."""

import re
from typing import Any, Dict, List, Mapping, Sequence

from scripts.core import network


def check_promises(results: Dict[str, Any], network: Dict[str, Any], device: str = "cpu") -> None:
    """Fail unless one trainer keeps the contract on one network of the config."""
    assert results["parameters"] == network["parameters"]
    assert results["shape"] == [50, network["layers"][-1]["units"]]
    assert results["dtype"] == "float32"
    assert results["sums"] < 1e-4
    assert results["restored"], "the warm-up steps left their traces in the weights"
    assert results["changed"], "training changed nothing"
    assert len(results["losses"]) == 2
    if device == "cpu":
        assert results["losses"] == results["losses_again"], "the same seed trains differently"
        assert results["same_predictions"], "the same seed predicts differently, to the last bit"
    assert results["facts"]["threads_reported"] in (2, None)
    assert results["facts"]["framework_version"]


def check_layers(
    found: List[List[Any]], layers: Sequence[Mapping[str, Any]], input_shape: Sequence[int]
) -> None:
    """Fail unless a framework lists parts of each layer, with the shapes and parameters of the config.

    Its images may have their channels first.
    """
    outputs = network.shapes(layers, input_shape)
    assert len(found) == len(layers)
    before = tuple(input_shape)
    for place, layer in enumerate(layers):
        parts, after = found[place], outputs[place]
        own = network.count_parameters([layer], before)
        assert sum(count for _, _, count in parts) == own, (layer, parts)
        assert all(re.fullmatch(r"\w+", name) for name, _, _ in parts), parts
        if parts:
            assert sorted(parts[-1][1]) == sorted(after), (layer, parts)
        before = after
    assert any(parts for parts in found)


def check_read_back(results: Dict[str, Any]) -> None:
    """Fail unless what was asked of the framework is what it reports."""
    facts, asked = results["facts"], results["asked"]
    assert asked.keys() <= facts.keys()
    assert {key: facts[key] for key in asked} == {key: asked[key] or facts[key] for key in asked}
    assert (facts["precision"], facts.get("device", "cpu")) == ("float32", "cpu")
    assert all(facts[key] for key in ("compile", "layout", "input_path"))
