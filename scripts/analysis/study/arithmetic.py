"""How much arithmetic the study's trainings take."""

from functools import cache

import yaml

from scripts.analysis.study.printed_figures import FOLDS, PROTOCOLS, TEST_SHARE
from scripts.core.network import multiply_adds
from scripts.core.paths import ROOT
from scripts.data.known_datasets import known_datasets


def rows_trained(dataset: str, split: str) -> float:
    """Return rows times epochs of the whole variant."""
    share = FOLDS - 1 if split == "kfold" else 1 - TEST_SHARE
    return PROTOCOLS[dataset].rows * share * PROTOCOLS[dataset].epochs


@cache
def convolutions() -> dict[str, int]:
    """Return {dataset: multiply-adds of one row forward} of the study's convolutional networks.

    They are as config.yaml has them; one that was changed there is left out.
    """
    networks = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))["networks"]
    found, datasets = {}, known_datasets()
    for dataset, protocol in PROTOCOLS.items():
        network = networks.get(dataset, {"layers": [], "parameters": 0})
        convolves = any(layer["type"] == "conv" for layer in network["layers"])
        if convolves and network.get("parameters") == protocol.parameters:
            found[dataset] = sum(multiply_adds(network["layers"], datasets[dataset]["shape"]))
    return found
