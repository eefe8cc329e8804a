"""Batch sizes with which a batch_norm would have a batch without a variance."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from scripts.core.network import NetworkError, check_batches


def mistakes(config: Mapping[str, Any], datasets: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield a line for each dataset and split whose last batch has one row, where a batch_norm minds that.

    The networks fit their data. Data of one's own that are not prepared yet are checked by each run.
    """
    for name in config["datasets"]:
        facts = datasets.get(name, {})
        if not facts.get("shape") or name not in config["networks"] or name not in config["training"]:
            continue
        layers, batch_size = config["networks"][name]["layers"], config["training"][name]["batch_size"]
        for split in config["splits"]:
            try:
                for rows in trained_on(config, facts["rows"], split):
                    check_batches(layers, facts["shape"], rows, batch_size)
            except NetworkError as error:
                yield f"training.{name}.{error} ({split})"


def trained_on(config: Mapping[str, Any], there: int, split: str) -> set[int]:
    """Return how many rows the folds of a split train on, of so many rows."""
    rows = config["split"]["rows"] or there
    if split == "holdout":
        return {rows - math.ceil(config["split"]["test_size"] * rows)}
    fold, left = divmod(rows, config["split"]["folds"])
    return {rows - fold} | ({rows - fold - 1} if left else set())
