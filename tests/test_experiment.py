"""The config is validated with messages that name the key; the plan holds every run once, in turn."""

import copy

import pytest
import yaml
from cli import UserError
from experiment import known_datasets, plan, typed, validate
from paths import ROOT

CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text())
DATASETS = known_datasets()


def changed(**changes):
    """The default config with some keys, `a__b` for a.b, set anew."""
    config = copy.deepcopy(CONFIG)
    for key, value in changes.items():
        *parents, last = key.split("__")
        place = config
        for parent in parents:
            place = place[parent]
        place[last] = value
    return config


def test_default_config_is_valid():
    validate(CONFIG, DATASETS)


@pytest.mark.parametrize("preset", sorted((ROOT / "presets").glob("*.yaml")), ids=lambda p: p.stem)
def test_presets_are_valid(preset):
    config = copy.deepcopy(CONFIG)

    def lay_over(below, above):
        for key, value in above.items():
            if isinstance(value, dict):
                lay_over(below.setdefault(key, {}), value)
            else:
                below[key] = value

    lay_over(config, yaml.safe_load(preset.read_text()))
    validate(config, DATASETS)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"framworks": ["pytorch"]}, "unknown key 'framworks'; did you mean frameworks?"),
        ({"frameworks": ["torch"]}, "frameworks: 'torch' has no module"),
        ({"frameworks": []}, "frameworks: "),
        (
            {"datasets": ["minst"]},
            "datasets: 'minst' is not in resources/datasets.yaml; known: mnist",
        ),
        ({"splits": ["holdout", "loo"]}, "splits.1: 'loo' is not one of holdout, kfold"),
        ({"settings": ["tuned"]}, "settings.0: 'tuned' is not one of published"),
        ({"split__folds": 1}, "split.folds: 1 is less than the minimum of 2"),
        ({"split__test_size": 30}, "split.test_size: 30"),
        ({"training__mnist__epochs": -1}, "training.mnist.epochs: -1"),
        (
            {"training__mnist__epocs": 3},
            "training.mnist: unknown key 'epocs'; did you mean epochs?",
        ),
        (
            {"training__mnist__optimizer": {"name": "adam"}},
            "training.mnist.optimizer.name: 'adam' is not one of adadelta, rmsprop, sgd",
        ),
        (
            {"training__mnist__optimizer": {"name": "adadelta", "momentum": 0.9}},
            "training.mnist.optimizer: unknown key 'momentum'",
        ),
        (
            {"networks__letter__parameters": 2571},
            "networks.letter: the layers have 2570 parameters",
        ),
        ({"threads": 0}, "threads: 0 is less than the minimum of 1"),
        ({"cluster__runtime": {"digits": 5}}, "cluster.runtime: 'default' is a required property"),
        ({"cluster__bundle": {"leter": 5}}, "cluster.bundle: unknown key 'leter'; did you mean letter?"),
        ({"cluster__bundle": {"letter": 0}}, "cluster.bundle.letter: 0 is less than the minimum of 1"),
        ({"cluster__gpu": "two gpus"}, "cluster.gpu: 'two gpus' does not match"),
        ({"cluster__partition": "a b"}, "cluster.partition: 'a b' does not match"),
        ({"cluster__patition": "cpu"}, "cluster: unknown key 'patition'; did you mean partition?"),
        ({"cluster__extra": "--qos=long"}, "cluster.extra: --qos has a key of its own, cluster.qos"),
        ({"cluster__extra": "--hint=x -t 5"}, "cluster.extra: -t has a key of its own, cluster.runtime"),
        ({"environments": "conda"}, "environments: 'conda' is not one of isolated, current"),
    ],
)
def test_mistakes_are_named(changes, message):
    with pytest.raises(UserError) as caught:
        validate(changed(**changes), DATASETS)
    assert message in str(caught.value)


def test_dataset_without_network_is_named():
    config = changed()
    del config["networks"]["letter"]
    with pytest.raises(UserError, match="networks: has no entry 'letter'"):
        validate(config, DATASETS)


def test_default_plan():
    runs, left_out = plan(CONFIG)
    assert len(runs) == len(set(runs)) == 132
    assert left_out == []
    assert [run.framework for run in runs[:6]] == ["tensorflow", "pytorch", "theano"] * 2
    assert {run.fold for run in runs if run.split == "kfold"} == set(range(10))


def test_what_a_framework_cannot_do_is_said_not_planned():
    runs, left_out = plan(changed(devices=["cpu", "gpu"]))
    assert left_out == ["theano has no trainer for gpu"]
    assert len(runs) == 132 + 88


def test_values_typed_on_the_command_line_are_numbers_again():
    typed_in = {"a": {"epochs": "2", "rate": "1e-4", "on": "true", "rows": "null", "mirror": ""}}
    meant = {"a": {"epochs": 2, "rate": 1e-4, "on": True, "rows": None, "mirror": ""}}
    assert typed(typed_in) == meant
    assert typed(CONFIG) == CONFIG
