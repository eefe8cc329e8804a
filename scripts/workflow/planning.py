"""The plan of an experiment: its runs in the order in which they start."""

from collections.abc import Iterable
from itertools import product
from typing import Any, NamedTuple

from scripts.core.run_id import RunId
from scripts.core.training_spec import seeds_of
from scripts.training.frameworks import registry

Config = dict[str, Any]  # the resolved config


class Pair(NamedTuple):
    """What the parity certificate compares with the reference."""

    device: str
    framework: str
    implementation: str
    dataset: str


def plan(config: Config) -> tuple[list[RunId], list[str]]:
    """Return the runs of the experiment, and sentences about those that are left out.

    Runs are in the order in which they should start: one replicate (seed) after the other.
    The split with one fold comes first, and frameworks alternate, so that a drift of the machine hits all
    of them alike.
    """
    runs, left_out = [], {}
    replicates = range(len(seeds_of(config)))
    blocks: Iterable[Any] = product(replicates, config["splits"], config["datasets"])
    for replicate, split, dataset in blocks:
        for fold in range(config["split"]["folds"] if split == "kfold" else 1):
            for settings, device, implementation, name in product(
                config["settings"],
                config["devices"],
                config["implementations"],
                config["frameworks"],
            ):
                lacking = registry.what_lacks(name, settings, device, implementation)
                if lacking:
                    left_out[f"{name} has no trainer for {lacking}"] = True
                else:
                    runs.append(
                        RunId(settings, device, name, implementation, dataset, split, fold, replicate)
                    )
    return runs, list(left_out)


def parity_pairs(config: Config) -> list[Pair]:
    """Return what the parity certificate compares: all that can be trained with matched settings."""
    return [
        Pair(device, framework, implementation, dataset)
        for dataset in config["datasets"]
        for device in config["devices"]
        for framework in config["frameworks"]
        for implementation in config["implementations"]
        if not registry.what_lacks(framework, "matched", device, implementation)
    ]
