"""What must hold of a framework: of what tests/support/contract.py found in its environment."""


def check_promises(found, network, device="cpu"):
    """Fail unless one trainer keeps the contract on one network of the config."""
    assert found["parameters"] == network["parameters"]
    assert found["shape"] == [50, network["layers"][-1]["units"]]
    assert found["dtype"] == "float32"
    assert found["sums"] < 1e-4
    assert found["restored"], "the warm-up steps left their traces in the weights"
    assert found["changed"], "training changed nothing"
    assert len(found["losses"]) == 2
    if device == "cpu":
        assert found["losses"] == found["losses_again"], "the same seed trains differently"
        assert found["same_predictions"], "the same seed predicts differently, to the last bit"
    assert found["facts"]["threads_reported"] in (2, None)
    assert found["facts"]["framework_version"]


def check_read_back(found):
    """Fail unless what was asked of the framework is what it reports."""
    facts, asked = found["facts"], found["asked"]
    assert asked.keys() <= facts.keys()
    assert {key: facts[key] for key in asked} == {key: asked[key] or facts[key] for key in asked}
    assert (facts["precision"], facts.get("device", "cpu")) == ("float32", "cpu")
    assert all(facts[key] for key in ("compile", "layout", "input_path"))
