"""The facts of all datasets: resources/datasets.yaml, which explains its own keys, and data of one's own."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from scripts.core.paths import RESOURCES
from scripts.data import prepared

FILE = RESOURCES / "datasets.yaml"


def known_datasets() -> dict[str, dict[str, Any]]:
    """Return the facts of all datasets, by name, as they are in the manifest."""
    return yaml.safe_load(FILE.read_text(encoding="utf-8"))


def with_own(names: Iterable[str], folder: str | Path) -> dict[str, dict[str, Any]]:
    """Return the facts of all datasets, and of those of one's own with these names.

    Their rows, shape and classes are known once they are prepared, in a folder of `folder`; else null.
    """
    found: dict[str, dict[str, Any]] = {}
    for name in names:
        facts = prepared.facts(Path(folder, name))
        found[name] = {"files": []} | (facts or {"rows": None, "shape": None, "classes": None})
    return known_datasets() | found
