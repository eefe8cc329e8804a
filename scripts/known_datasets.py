"""The facts of all datasets: resources/datasets.yaml, which explains its own keys."""

from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).resolve().parent.parent / "resources" / "datasets.yaml"


def known_datasets() -> dict[str, dict[str, Any]]:
    """Return the facts of all datasets, by name, as they are in the manifest."""
    return yaml.safe_load(FILE.read_text(encoding="utf-8"))
