"""The experiment: validate the resolved config, plan its runs, and write both down as JSON."""

import argparse
import json
import math
from contextlib import suppress
from itertools import product
from pathlib import Path
from urllib.parse import urlsplit

import mistakes
import yaml
from cli import UserError, atomic, run
from mistakes import near, unknown
from trainer.frameworks import registry
from trainer.network import NetworkError, check
from trainer.record import RunId
from trainer.software import describe
from training_spec import training_of

ROOT = Path(__file__).resolve().parent.parent


def known_datasets():
    """The facts of all datasets, by name: resources/datasets.yaml."""
    return yaml.safe_load((ROOT / "resources" / "datasets.yaml").read_text())


def typed(value):
    """The config with numbers, booleans and nulls for the texts that `--config 'a={b: 2}'` makes of them.

    A text that would come back otherwise, such as the account 007, stays one.
    """
    if isinstance(value, dict):
        return {key: typed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [typed(item) for item in value]
    if isinstance(value, str) and value:
        with suppress(ValueError):
            return int(value) if str(int(value)) == value else value
        with suppress(ValueError):
            return float(value) if math.isfinite(float(value)) else value
        return {"true": True, "false": False, "null": None}.get(value.lower(), value)
    return value


def validate(config, datasets, files=(), here=True):
    """Raise UserError with one line a mistake, each naming the key, its value and what is allowed.

    `config` is the resolved config, `datasets` the manifest, `files` the YAML files that the config was
    read from. `here` is false where folders of the user's machine need not exist: in a job on a node.
    """
    schema = yaml.safe_load((ROOT / "schemas" / "config.schema.yaml").read_text())
    found = [line for file in files for line in mistakes.repeated_keys(file)]
    strangers = list(unknown_entries(config, datasets))
    found += [f"{key}: {unknown(name, datasets, 'dataset')}" for key, name in strangers]
    found += mistakes.of_schema(config, schema, skip=strangers)
    if not found:
        found = [
            *unknown_names(config, datasets),
            *wrong_networks(config, datasets),
            *wrong_training(config),
            *wrong_split(config, datasets),
            *wrong_cluster(config, datasets),
            *(wrong_mirror(config["data"]["mirror"]) if here else ()),
        ]
    if not found:
        found = nothing_to_run(config)
    if found:
        raise UserError("the config is not valid:\n" + "\n".join(f"  - {line}" for line in found))


def unknown_entries(config, datasets):
    """(key, name) of networks and trainings of datasets that there are not: a typo would go unnoticed."""
    for key in ("networks", "training"):
        entries = config.get(key)
        if isinstance(entries, dict):
            yield from ((key, name) for name in entries if name not in datasets)


def unknown_names(config, datasets):
    """Mistakes in the names of frameworks and datasets."""
    for name in config["frameworks"]:
        if name not in registry.names():
            yield (
                f"frameworks: {name!r} has no module in scripts/trainer/frameworks; known:"
                f" {', '.join(registry.names())}{near(name, registry.names())}"
            )
    for name in config["datasets"]:
        if name not in datasets:
            yield (
                f"datasets: {name!r} is not in resources/datasets.yaml; known:"
                f" {', '.join(datasets)}{near(name, datasets)}"
            )
        for key in ("networks", "training"):
            if name in datasets and name not in config[key]:
                yield f"{key}: has no entry {name!r}, which datasets names"


def wrong_networks(config, datasets):
    """Networks that do not fit their data or do not count their parameters."""
    for name in config["datasets"]:
        if name in config["networks"] and name in datasets:
            layers = config["networks"][name]["layers"]
            for number, layer in enumerate(layers[:-1], start=1):
                if layer.get("activation") == "softmax":
                    yield f"networks.{name}: layer {number} (dense): softmax is for the last layer alone"
            try:
                facts = datasets[name]
                check(config["networks"][name], facts["shape"], facts["classes"])
            except NetworkError as error:
                yield f"networks.{name}: {error}"


def wrong_training(config):
    """Constants of an optimiser that contradict each other."""
    for settings, name in product(config["settings"], config["datasets"]):
        if name in config["training"]:
            optimizer = training_of(config, settings, name)["optimizer"]
            if optimizer.get("nesterov") and not optimizer.get("momentum"):
                momentum = optimizer.get("momentum", "the library's own 0")
                yield (
                    f"training.{name}.optimizer ({settings} settings): nesterov: true needs a momentum above"
                    f" 0, and it is {momentum}"
                )


def wrong_split(config, datasets):
    """More rows than there are, more folds than rows, a part without rows; told of the smallest dataset."""
    there = {name: datasets[name]["rows"] for name in config["datasets"] if name in datasets}
    if not there:
        return
    name = min(there, key=there.get)
    rows, folds, share = (config["split"][key] for key in ("rows", "folds", "test_size"))
    used = rows or there[name]
    if used > there[name]:
        yield f"split.rows: {rows} is more than the {there[name]} rows of {name}"
    if "kfold" in config["splits"] and folds > used:
        yield f"split.folds: {folds} is more than the {used} rows of {name}"
    if "holdout" in config["splits"] and math.ceil(share * used) >= used:
        yield f"split.test_size: {share} of the {used} rows of {name} leaves no row to train on"


def wrong_mirror(mirror):
    """A mirror that is not there: without a word its files would be fetched from elsewhere."""
    scheme = urlsplit(mirror).scheme if mirror and "://" in mirror else ""
    if scheme and scheme not in ("http", "https", "file"):
        yield f"data.mirror: {mirror!r} is neither a folder nor an address with http://, https:// or file://"
    elif mirror and not scheme and not Path(mirror).expanduser().is_dir():
        yield (
            f"data.mirror: {mirror!r} is no folder on this machine; name the one that holds the official"
            " files, or leave the key empty"
        )


def nothing_to_run(config):
    runs, left_out = plan(config)
    return [] if runs else [f"frameworks, devices, settings: nothing is left to run: {'; '.join(left_out)}"]


# Options of sbatch that have a key of their own: in `cluster.extra` they would be given twice.
KEY_OF_OPTION = {
    **{f"--{key}": f"cluster.{key}" for key in ("partition", "account", "constraint", "qos", "exclusive")},
    **{"-p": "cluster.partition", "-A": "cluster.account", "-C": "cluster.constraint"},
    **{"--time": "cluster.runtime", "-t": "cluster.runtime"},
    **{"--gres": "cluster.gpu", "--gpus": "cluster.gpu"},
    **{"--mem": "memory_mb", "--cpus-per-task": "threads", "-c": "threads"},
}


def wrong_cluster(config, datasets):
    """Mistakes in the names of datasets, and options that stand in the wrong place."""
    for key in ("runtime", "bundle"):
        known = [*datasets, "default"] if key == "runtime" else list(datasets)
        for name in config["cluster"][key]:
            if name not in known:
                yield f"cluster.{key}: {unknown(name, known)}"
    for word in config["cluster"]["extra"].split():
        option = word.partition("=")[0]
        if option in KEY_OF_OPTION:
            yield f"cluster.extra: {option} has a key of its own, {KEY_OF_OPTION[option]}"


def environment_name(framework, device):
    """Name of the env file of a framework: its own for a device where that differs."""
    special = f"{framework}-{device}"
    return special if (ROOT / "envs" / f"{special}.yaml").exists() else framework


def bundle_part(config, dataset, split, fold):
    """Number of the bundle of folds that a run shares its job with; None: it has a job of its own."""
    size = config["cluster"]["bundle"].get(dataset, 1)
    return None if split == "holdout" or size == 1 else fold // size


def plan(config):
    """The runs of the experiment in the order in which they should start, and those left out.

    Returns a list of RunId and a list of sentences. The split with one fold comes first, and
    frameworks alternate, so that a drift of the machine hits all of them alike.
    """
    runs, left_out = [], {}
    for split, dataset in product(config["splits"], config["datasets"]):
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
                    runs.append(RunId(settings, device, name, implementation, dataset, split, fold))
    return runs, list(left_out)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", required=True, help="the resolved config as JSON text")
    parser.add_argument("--out", type=Path, required=True, help="results/experiment.json")
    args = parser.parse_args()
    config = json.loads(args.config)
    validate(config, known_datasets(), here=False)
    runs, left_out = plan(config)
    analysis = vars(describe({}))  # the environment of data, tables and figures
    content = {"config": config, "runs": [vars(r) for r in runs], "left_out": left_out, "analysis": analysis}
    with atomic(args.out) as temporary:
        temporary.write_text(json.dumps(content, indent=1))


if __name__ == "__main__":
    run(main)
