"""What is wrong in `data.own`, before anything is read."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from scripts.data import prepared
from scripts.data.known_datasets import known_datasets
from scripts.data.own import source
from scripts.workflow.config import errors

NAME = "[a-z0-9_]+"  # as in paths


def entries(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entries of `data.own` of a config that need not be valid."""
    data = config.get("data")
    own = data.get("own") if isinstance(data, Mapping) else None
    return {str(name): entry for name, entry in own.items()} if isinstance(own, Mapping) else {}


def wrong_names(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield names that cannot be those of folders, or that an official dataset has."""
    official = known_datasets()
    for name in entries(config):
        if not re.fullmatch(NAME, name):
            yield f"data.own: {name!r} is not a name in small letters, digits and _"
        elif name in official:
            yield f"data.own: {name!r} is the name of an official dataset: take another one"


def not_there(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield files of the datasets to train on that are not there, or not what their name says."""
    for name, entry in entries(config).items():
        if name in config["datasets"]:
            yield from (f"data.own.{name}: {line}" for line in source.not_there(source.of_entry(name, entry)))


def made_from_another(config: Mapping[str, Any], folder: str) -> Iterator[str]:
    """Yield a warning of each dataset to train on that another entry of its name was prepared from."""
    for name, entry in entries(config).items():
        made_from = prepared.entry(f"{folder}/{name}")
        if name in config["datasets"] and made_from not in (None, entry):
            yield (
                f"trainclock: {folder}/{name} was made from another entry of data.own.{name}, {made_from},"
                " and is made again, with all runs on it. Experiments side by side need a name for each"
            )


def wrong_entries(config: Mapping[str, Any]) -> list[str]:
    """Return a line for each entry of `data.own` that does not fit the model, or whose network does not."""
    names = "|".join(map(re.escape, entries(config)))
    about_them = re.compile(rf"data\.own\.|(networks|training)\.({names})\b")
    return [line for line in errors.of_model(config) if about_them.match(line)]
