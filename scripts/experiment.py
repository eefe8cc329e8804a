"""The experiment: validate the resolved config, plan its runs, and write both down as JSON."""

import argparse
import difflib
import json
from contextlib import suppress
from itertools import product
from pathlib import Path

import jsonschema
import yaml
from cli import UserError, atomic, run
from trainer import frameworks
from trainer.network import NetworkError, check
from trainer.record import RunId
from trainer.software import describe

ROOT = Path(__file__).resolve().parent.parent


def known_datasets():
    """The facts of all datasets, by name: resources/datasets.yaml."""
    return yaml.safe_load((ROOT / "resources" / "datasets.yaml").read_text())


def typed(value):
    """The config with numbers, booleans and nulls for the texts that `--config 'a={b: 2}'` makes of them."""
    if isinstance(value, dict):
        return {key: typed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [typed(item) for item in value]
    if isinstance(value, str) and value:
        with suppress(ValueError):
            return int(value)
        with suppress(ValueError):
            return float(value)
        return {"true": True, "false": False, "null": None}.get(value.lower(), value)
    return value


def validate(config, datasets):
    """Raise UserError with one line a mistake, each naming the key, its value and what is allowed.

    `config` is the resolved config, `datasets` the manifest.
    """
    schema = yaml.safe_load((ROOT / "schemas" / "config.schema.yaml").read_text())
    errors = jsonschema.Draft202012Validator(schema).iter_errors(config)
    mistakes = [explain(error) for error in sorted(errors, key=lambda error: list(error.path))]
    if not mistakes:
        mistakes = [
            *unknown_names(config, datasets),
            *wrong_networks(config, datasets),
            *wrong_cluster(config, datasets),
        ]
    if mistakes:
        raise UserError("the config is not valid:\n" + "\n".join(f"  - {m}" for m in mistakes))


def explain(error):
    """One schema error in the words of the config."""
    where = ".".join(str(part) for part in error.absolute_path) or "config"
    if error.validator == "additionalProperties":
        known = error.schema.get("properties", {})
        unknown = sorted(set(error.instance) - set(known))
        return "; ".join(f"{where}: {unknown_key(key, known)}" for key in unknown)
    if error.validator == "enum":
        return f"{where}: {error.instance!r} is not one of {', '.join(map(str, error.validator_value))}"
    return f"{where}: {error.message}"


def unknown_key(key, known):
    near = difflib.get_close_matches(key, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"allowed: {', '.join(known)}"
    return f"unknown key {key!r}; {hint}"


def unknown_names(config, datasets):
    """Mistakes in the names of frameworks and datasets."""
    for name in config["frameworks"]:
        if name not in frameworks.names():
            yield (
                f"frameworks: {name!r} has no module in scripts/trainer/frameworks; known:"
                f" {', '.join(frameworks.names())}"
            )
    for name in config["datasets"]:
        if name not in datasets:
            yield f"datasets: {name!r} is not in resources/datasets.yaml; known: {', '.join(datasets)}"
        for key in ("networks", "training"):
            if name not in config[key]:
                yield f"{key}: has no entry {name!r}, which datasets names"


def wrong_networks(config, datasets):
    """Networks that do not fit their data or do not count their parameters."""
    for name in config["datasets"]:
        if name in config["networks"] and name in datasets:
            try:
                facts = datasets[name]
                check(config["networks"][name], facts["shape"], facts["classes"])
            except NetworkError as error:
                yield f"networks.{name}: {error}"


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
        for name in config["cluster"][key]:
            if name not in datasets and not (key == "runtime" and name == "default"):
                yield f"cluster.{key}: {unknown_key(name, datasets)}"
    for word in config["cluster"]["extra"].split():
        option = word.partition("=")[0]
        if option in KEY_OF_OPTION:
            yield f"cluster.extra: {option} has a key of its own, {KEY_OF_OPTION[option]}"


def training_of(config, settings, dataset):
    """The training of a dataset; with matched settings every constant of its optimiser is given."""
    training = config["training"][dataset]
    if settings == "published":
        return training
    given = training["optimizer"]
    return {**training, "optimizer": {**config["matched"][given["name"]], **given}}


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
                module = frameworks.module(name)
                lacking = what_lacks(module, settings, device, implementation)
                if lacking:
                    left_out[f"{name} has no trainer for {lacking}"] = True
                else:
                    runs.append(RunId(settings, device, name, implementation, dataset, split, fold))
    return runs, list(left_out)


def what_lacks(module, settings, device, implementation):
    """What a framework's module cannot do of these, in words; None if it can do them all."""
    if device not in module.DEVICES:
        return device
    if settings not in module.SETTINGS:
        return f"{settings} settings"
    return None if implementation in module.TRAINERS else f"{implementation} implementations"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", required=True, help="the resolved config as JSON text")
    parser.add_argument("--out", type=Path, required=True, help="results/experiment.json")
    args = parser.parse_args()
    config = json.loads(args.config)
    validate(config, known_datasets())
    runs, left_out = plan(config)
    analysis = vars(describe({}))  # the environment of data, tables and figures
    content = {"config": config, "runs": [vars(r) for r in runs], "left_out": left_out, "analysis": analysis}
    with atomic(args.out) as temporary:
        temporary.write_text(json.dumps(content, indent=1))


if __name__ == "__main__":
    run(main)
