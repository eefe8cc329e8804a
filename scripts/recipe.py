"""What a dataset's runs are made from: results/networks/SETTINGS/DATASET.json, and its data's facts."""

import json
from dataclasses import dataclass
from pathlib import Path

from errors import UserError
from trainer.network import NetworkError, check


@dataclass
class Recipe:
    """`network` and `training` as in the config; `shape` of a row (NHWC without N, or features)."""

    dataset: str
    seed: int
    network: dict
    training: dict
    shape: tuple


def read(network_file, data_folder):
    """The recipe of one dataset. Raises UserError naming the file, or the key if network and data differ."""
    parts = read_json(network_file, {"dataset", "seed", "network", "training"})
    facts = read_json(Path(data_folder, "data.json"), {"dataset", "shape", "classes"})
    name = parts["dataset"]
    if facts["dataset"] != name:
        raise UserError(f"{network_file} is of {name}, but {data_folder} holds {facts['dataset']}")
    try:
        check(parts["network"], facts["shape"], facts["classes"])
    except NetworkError as error:
        raise UserError(f"networks.{name}: {error}") from None
    return Recipe(name, parts["seed"], parts["network"], parts["training"], tuple(facts["shape"]))


def read_json(path, keys):
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(f"{path}: not JSON ({error})") from None
    missing = sorted(keys - set(found)) if isinstance(found, dict) else sorted(keys)
    if missing:
        raise UserError(f"{path}: has no {', '.join(missing)}; is it the file that the workflow writes?")
    return found
