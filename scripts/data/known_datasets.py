"""The facts of all datasets: resources/datasets.yaml, which explains its own keys, and data of one's own."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from scripts.core.paths import RESOURCES
from scripts.data import prepared
from scripts.data.own import source

FILE = RESOURCES / "datasets.yaml"


def known_datasets() -> dict[str, dict[str, Any]]:
    """Return the facts of all datasets, by name, as they are in the manifest."""
    return yaml.safe_load(FILE.read_text(encoding="utf-8"))


def with_own(entries: Mapping[str, Any], folder: str | Path) -> dict[str, dict[str, Any]]:
    """Return the facts of all datasets, and of those of one's own: entries of `data.own`, by name.

    Their rows, shape and classes are known once they are prepared, in a folder of `folder`; else null, as
    where a file is newer, or the entry another one. An entry need not be valid.
    """
    found: dict[str, dict[str, Any]] = {}
    for name, entry in entries.items():
        try:
            there = source.is_prepared(name, entry, Path(folder, name))
        except (AttributeError, TypeError, OSError):  # an entry that is refused later
            there = False
        facts = prepared.facts(Path(folder, name)) if there else None
        found[name] = {"files": []} | (facts or {"rows": None, "shape": None, "classes": None})
    return known_datasets() | found
