"""What all runs of a dataset are made from: results/networks/SETTINGS/DATASET.json.

Python 3.6: it is read in the frameworks' environments too.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterable, List, Tuple

from scripts.core.errors import UserError
from scripts.core.network import NetworkError, check, given

INITIALIZER = "glorot_uniform"  # where a network names none


@dataclass(frozen=True)
class TrainingSpec:
    """`network` and `training` as in the config; with matched settings every constant is given."""

    dataset: str
    seed: int
    network: Dict[str, Any]
    training: Dict[str, Any]

    @property
    def text(self) -> str:
        """The file's one line, without the newline that ends it."""
        return json.dumps(vars(self), sort_keys=True)

    @property
    def digest(self) -> str:
        """First 16 hex digits of the SHA-256 of the file."""
        return hashlib.sha256(f"{self.text}\n".encode()).hexdigest()[:16]


def of_config(config: Dict[str, Any], settings: str, dataset: str, replicate: int = 0) -> TrainingSpec:
    """Take the spec of one dataset and replicate from the resolved config."""
    training = training_of(config, settings, dataset)
    network = network_of(config, settings, dataset)
    return TrainingSpec(dataset, seeds_of(config)[replicate], network, training)


def seeds_of(config: Dict[str, Any]) -> List[int]:
    """List the seeds of the config: the experiment is made once with each, in replicates 0, 1, ..."""
    return config.get("seeds") or [config["seed"]]


def network_of(config: Dict[str, Any], settings: str, dataset: str) -> Dict[str, Any]:
    """Give the network of a dataset; with matched settings every constant of a batch_norm is given.

    And its initialiser, if that is not the usual one.
    """
    network = config["networks"][dataset]
    if settings == "published":
        return network
    constants = config["matched"].get("batch_norm", {})  # which an older experiment does not have
    layers = [
        {**layer, **constants, **given(layer, *constants)} if layer["type"] == "batch_norm" else layer
        for layer in network["layers"]
    ]
    name = config["matched"].get("initializer", INITIALIZER)
    initializer = {} if name == INITIALIZER else {"initializer": name}
    return {**network, "layers": layers, **initializer}


def training_of(config: Dict[str, Any], settings: str, dataset: str) -> Dict[str, Any]:
    """Give the training of a dataset; with matched settings every constant of its optimiser is given."""
    training = config["training"][dataset]
    if settings == "published":
        return training
    given = training["optimizer"]
    return {**training, "optimizer": {**config["matched"][given["name"]], **given}}


def write(spec: TrainingSpec, path: Path) -> None:
    """Write the file of the rule `network`."""
    Path(path).write_text(f"{spec.text}\n", encoding="utf-8")


def read(path: Path) -> TrainingSpec:
    """Read the file back. Raises UserError naming the file if it is not one."""
    names = ("dataset", "seed", "network", "training")
    parts = read_json(path, names)
    return TrainingSpec(**{name: parts[name] for name in names})


def read_for_data(path: Path, data_folder: Path) -> Tuple[TrainingSpec, Tuple[int, ...]]:
    """Read the spec and the shape of a row of its data: NHWC without N, or (features,).

    Raises UserError naming the file, or the key if network and data differ.
    """
    spec = read(path)
    facts = read_json(Path(data_folder, "data.json"), ("dataset", "shape", "classes"))
    if facts["dataset"] != spec.dataset:
        raise UserError(f"{path} is of {spec.dataset}, but {data_folder} holds {facts['dataset']}")
    try:
        check(spec.network, facts["shape"], facts["classes"])
    except NetworkError as error:
        raise UserError(f"networks.{spec.dataset}: {error}") from None
    return spec, tuple(facts["shape"])


def read_json(path: Path, keys: Iterable[str]) -> Dict[str, Any]:
    """Read a JSON object. Raises UserError if it is none, or lacks one of the keys."""
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(f"{path}: not JSON ({error})") from None
    missing = sorted(set(keys) - set(content)) if isinstance(content, dict) else sorted(keys)
    if missing:
        raise UserError(f"{path}: has no {', '.join(missing)}; is it the file that the workflow writes?")
    return content
