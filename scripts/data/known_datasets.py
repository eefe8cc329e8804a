"""The facts of all datasets: resources/datasets.yaml, which explains its own keys."""

from typing import Any

import yaml

from scripts.core.paths import RESOURCES

FILE = RESOURCES / "datasets.yaml"


def known_datasets() -> dict[str, dict[str, Any]]:
    """Return the facts of all datasets, by name, as they are in the manifest."""
    return yaml.safe_load(FILE.read_text(encoding="utf-8"))
