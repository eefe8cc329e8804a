"""What a dataset's runs are made from, taken from the config."""

import json
from collections.abc import Mapping
from typing import Any


def recipe(config: Mapping[str, Any], settings: str, dataset: str) -> str:
    """Return what a dataset's runs are made from, as JSON text: its network, training and the seed."""
    training = training_of(config, settings, dataset)
    parts = {"network": config["networks"][dataset], "training": training}
    return json.dumps({"dataset": dataset, "seed": config["seed"], **parts}, sort_keys=True)


def training_of(config: Mapping[str, Any], settings: str, dataset: str) -> dict[str, Any]:
    """Return the training of a dataset; with matched settings every constant of its optimiser is given."""
    training = config["training"][dataset]
    if settings == "published":
        return training
    given = training["optimizer"]
    return {**training, "optimizer": {**config["matched"][given["name"]], **given}}
