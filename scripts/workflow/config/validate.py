"""Check a resolved config, and report all that is wrong in it at once."""

import math
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import urlsplit

from scripts.core.errors import UserError
from scripts.core.network import NetworkError, check, unequal_layers
from scripts.core.training_spec import training_of
from scripts.training.batch_order import PARITY_ROWS
from scripts.training.frameworks import registry
from scripts.workflow import targets
from scripts.workflow.config import batches, errors, of_cluster, of_own
from scripts.workflow.config.errors import near, unknown
from scripts.workflow.planning import Config, parity_pairs, plan

Datasets = Mapping[str, Mapping[str, Any]]


def validate(config: Config, datasets: Datasets, files: Iterable[str | Path] = (), here: bool = True) -> None:
    """Raise UserError with one line a mistake, each naming the key, its value and what is allowed.

    `config` is the resolved config, `datasets` the manifest, `files` the YAML files that the config was
    read from. `here` is false where folders of the user's machine need not exist: in a job on a node.
    """
    messages = [line for file in files for line in errors.repeated_keys(file)]
    messages += of_own.wrong_names(config)
    unknown_keys = list(unknown_entries(config, datasets))
    messages += [f"{key}: {unknown(name, datasets, 'dataset')}" for key, name in unknown_keys]
    messages += errors.of_model(config, skip=unknown_keys)
    if not messages:
        messages = [
            *unknown_names(config, datasets),
            *wrong_networks(config, datasets),
            *wrong_training(config),
            *wrong_split(config, datasets),
            *of_cluster.mistakes(config["cluster"], datasets),
            *of_cluster.unknown_names("folds_per_job", config["folds_per_job"], datasets),
            *wrong_results(config["results"]),
            *(wrong_mirror(config["data"]["mirror"]) if here else ()),
            *(of_own.not_there(config) if here else ()),
        ]
    if not messages:
        messages = [*batches.mistakes(config, datasets), *nothing_to_run(config)]
    if messages:
        raise UserError("the config is not valid:\n" + "\n".join(f"  - {line}" for line in messages))


def unknown_entries(config: Config, datasets: Datasets) -> Iterator[tuple[str, str]]:
    """Yield (key, name) of networks and trainings of unknown datasets: a typo would go unnoticed."""
    for key in ("networks", "training"):
        entries = config.get(key)
        if isinstance(entries, dict):
            yield from ((key, name) for name in entries if name not in datasets)


def unknown_names(config: Config, datasets: Datasets) -> Iterator[str]:
    """Yield mistakes in the names of frameworks and datasets."""
    for name in config["frameworks"]:
        if name not in registry.names():
            yield (
                f"frameworks: {name!r} has no folder in scripts/training/frameworks; known:"
                f" {', '.join(registry.names())}{near(name, registry.names())}"
            )
    for name in config["datasets"]:
        if name not in datasets:
            yield (
                f"datasets: {name!r} is neither in resources/datasets.yaml nor in data.own; known:"
                f" {', '.join(datasets)}{near(name, datasets)}"
            )
        for key in ("networks", "training"):
            if name in datasets and name not in config[key]:
                yield f"{key}: has no entry {name!r}, which datasets names"


def wrong_networks(config: Config, datasets: Datasets) -> Iterator[str]:
    """Yield networks that do not fit their data or do not count their parameters.

    One's own data that are not prepared yet have no shape: there data/own/prepare.py checks it.
    """
    for name in config["datasets"]:
        if name in config["networks"] and datasets.get(name, {}).get("shape"):
            facts = datasets[name]
            layers = config["networks"][name]["layers"]
            yield from (f"networks.{name}: {line}" for line in unequal_layers(layers, len(facts["shape"])))
            try:
                check(config["networks"][name], facts["shape"], facts["classes"])
            except NetworkError as error:
                yield f"networks.{name}: {error}"


def wrong_training(config: Config) -> Iterator[str]:
    """Yield constants of an optimiser that contradict each other."""
    for settings, name in product(config["settings"], config["datasets"]):
        if name in config["training"]:
            optimizer = training_of(config, settings, name)["optimizer"]
            if optimizer.get("nesterov") and not optimizer.get("momentum"):
                momentum = optimizer.get("momentum", "the library's own 0")
                yield (
                    f"training.{name}.optimizer ({settings} settings): nesterov: true needs a momentum above"
                    f" 0, and it is {momentum}"
                )


def wrong_split(config: Config, datasets: Datasets) -> Iterator[str]:
    """Yield more rows than there are, more folds than rows, a part with too few; for the smallest dataset."""
    known = {name: datasets[name] for name in config["datasets"] if name in datasets}
    there = {name: facts["rows"] for name, facts in known.items() if facts["rows"]}
    if not there:
        return
    name = min(there, key=there.__getitem__)
    rows, folds, share = (config["split"][key] for key in ("rows", "folds", "test_size"))
    used = rows or there[name]
    if used > there[name]:
        yield f"split.rows: {rows} is more than the {there[name]} rows of {name}"
        return
    if "kfold" in config["splits"] and folds > used:
        yield f"split.folds: {folds} is more than the {used} rows of {name}"
    trained_on = used - math.ceil(share * used)
    if trained_on < 1:
        yield f"split.test_size: {share} of the {used} rows of {name} leaves no row to train on"
    elif name in config["training"] and parity_pairs({**config, "frameworks": known_frameworks(config)}):
        batch, left = min(PARITY_ROWS, config["training"][name]["batch_size"]), f"{trained_on} rows of {name}"
        if trained_on < batch:
            key = f"split.rows: {rows}" if rows else f"split.test_size: {share}"
            yield f"{key} leaves {left} to train on; the parity certificate takes {batch}"


def known_frameworks(config: Config) -> list[str]:
    """Return the frameworks of the config without unknown ones, which are reported elsewhere."""
    return [name for name in config["frameworks"] if name in registry.names()]


def wrong_results(results: str) -> Iterator[str]:
    """Yield folders of results in which there are, or may be, other things."""
    path = PurePath(results)
    shared = [folder for folder in targets.SHARED if path.is_relative_to(folder)]
    places = [Path(part) for part in (path, *path.parents)]
    in_the_way = [place for place in places if place.is_file() or (place.is_symlink() and not place.exists())]
    if path.name in ("", ".."):
        yield f"results: {results!r} holds other things: name a folder of its own, such as results/mine"
    elif shared:
        yield f"results: {results!r} is in {shared[0]}, which all experiments share: name another folder"
    elif in_the_way:
        what = "leads nowhere" if in_the_way[-1].is_symlink() else "is a file"
        yield f"results: {results!r} cannot be made: {in_the_way[-1]} {what}"


def wrong_mirror(mirror: str | None) -> Iterator[str]:
    """Yield a mirror that is not there: silently, its files would be fetched from elsewhere."""
    scheme = urlsplit(mirror).scheme if mirror and "://" in mirror else ""
    if scheme and scheme not in ("http", "https", "file"):
        yield f"data.mirror: {mirror!r} is neither a folder nor an address with http://, https:// or file://"
    elif mirror and not scheme and not Path(mirror).expanduser().is_dir():
        yield (
            f"data.mirror: {mirror!r} is no folder on this machine; name the one that holds the official"
            " files, or leave the key empty"
        )


def nothing_to_run(config: Config) -> list[str]:
    """Return why nothing is left to run; nothing if there are runs."""
    runs, left_out = plan(config)
    return [] if runs else [f"frameworks, devices, settings: nothing is left to run: {'; '.join(left_out)}"]
