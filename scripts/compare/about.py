"""What the results of an experiment do not know of themselves, for those who publish them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from scripts.core.errors import UserError


@dataclass(frozen=True)
class About:
    """What results do not know: under which licence they are given, who made them, where the workflow is."""

    license: str = "https://spdx.org/licenses/MIT"  # as trainclock itself
    workflow: str | None = None  # address of the workflow's repository
    author: Mapping[str, Any] | None = None  # name, id (ORCID), affiliation: {name, url}


def read_about(path: Path | None) -> About:
    """Read a YAML file of the keys of About. Raises UserError naming an unknown or wrong one."""
    if path is None:
        return About()
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        about = About(**found)
        author = about.author or {"name": ""}
        if set(author) - {"name", "id", "affiliation"} or "name" not in author:
            raise TypeError("author: has name, id and affiliation")
        place = author.get("affiliation") or {"name": ""}
        if not isinstance(place, Mapping) or "name" not in place:
            raise TypeError(f"affiliation: {place!r} is not a mapping with a name")
    except (TypeError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UserError(
            f"{path}: not a description of an export ({error}); its keys are license, workflow and author:"
            " {name, id, affiliation: {name, url}}"
        ) from None
    return about
