"""Which folds of one kind of run share a job: `folds_per_job` of the config."""

import functools
import math
from collections.abc import Mapping, Sequence
from typing import Any

from scripts.core.network import multiply_adds
from scripts.core.run_id import RunId
from scripts.data.known_datasets import known_datasets
from scripts.workflow.planning import Config

SHORT_S = 60  # folds of runs that are expected to take less share one job
# Of two cores of 2024, within a factor of three: what a step costs beside its arithmetic, and the speed of
# that in multiply-adds a second.
STEP_S, SPEED = 1e-3, 2e10
PASSES = 3  # forward, and backward twice: to the inputs and to the weights


def folds_of_job(config: Config, run: RunId) -> tuple[int, ...]:
    """Return the folds that are made by the job of a run, its own among them."""
    if run.split == "holdout":
        return (run.fold,)
    size = folds_per_job(config, run.dataset)
    first = run.fold - run.fold % size
    return tuple(range(first, min(first + size, config["split"]["folds"])))


def shared(config: Config) -> dict[tuple[int, ...], list[str]]:
    """Return the datasets of each group of folds that share a job; a fold alone is no group."""
    groups: dict[tuple[int, ...], list[str]] = {}
    for dataset in config["datasets"] if "kfold" in config["splits"] else ():
        size, folds = folds_per_job(config, dataset), config["split"]["folds"]
        for first in range(0, folds, size):
            group = tuple(range(first, min(first + size, folds)))
            if size > 1:
                groups.setdefault(group, []).append(dataset)
    return groups


def folds_per_job(config: Config, dataset: str) -> int:
    """Return how many folds of a dataset share one job."""
    asked, folds = config["folds_per_job"], config["split"]["folds"]
    size = asked.get(dataset, asked["default"])
    if size == "auto":
        facts = manifest().get(dataset)  # not of one's own data: a plan must not depend on what is prepared
        size = folds if facts and expected_seconds(config, dataset, facts) < SHORT_S else 1
    return min(size, folds)


@functools.cache
def manifest() -> dict[str, dict[str, Any]]:
    """Return the facts of all datasets, read once: a plan asks for them with each run."""
    return known_datasets()


def expected_seconds(config: Config, dataset: str, facts: Mapping[str, Any]) -> float:
    """Estimate the seconds of a run, from arithmetic alone: the plan must not depend on the machine.

    `facts` are `shape` and `rows` of the dataset.
    """
    training, split = config["training"][dataset], config["split"]
    rows = min(facts["rows"], split["rows"] or math.inf) * (1 - 1 / split["folds"])
    steps = math.ceil(rows / training["batch_size"])
    a_row = PASSES * sum(multiply_adds(config["networks"][dataset]["layers"], facts["shape"])) / SPEED
    return training["epochs"] * (steps * STEP_S + rows * a_row)


def alone(config: Config) -> str:
    """Return the pattern of datasets, in the path of a record, each of whose runs is a job."""
    datasets = sorted({name for names in shared(config).values() for name in names})
    others = f"(?!(?:{'|'.join(datasets)})/kfold)" if datasets else ""
    return f"{others}[a-z0-9_]+"


def name_of(folds: Sequence[int]) -> str:
    """Return folds in a name: folds_0_to_9."""
    return f"folds_{folds[0]}_to_{folds[-1]}"
