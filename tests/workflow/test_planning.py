"""The config is validated with messages that name the key; the plan holds every run once, in turn."""

import copy

import pytest
import yaml
from paths import ROOT

from scripts.data.known_datasets import known_datasets
from scripts.workflow.config.types import typed
from scripts.workflow.config.validate import validate
from scripts.workflow.planning import plan

CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text())
DATASETS = known_datasets()


def changed(**changes):
    """The default config with some keys, `a__b` for a.b, set again."""
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


@pytest.mark.parametrize("preset", sorted((ROOT / "presets").rglob("*.yaml")), ids=lambda p: p.stem)
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


def test_default_plan():
    runs, left_out = plan(CONFIG)
    assert len(runs) == len(set(runs)) == 132
    assert left_out == []
    assert [run.framework for run in runs[:6]] == ["tensorflow", "pytorch", "theano"] * 2
    assert {run.fold for run in runs if run.split == "kfold"} == set(range(10))


def test_several_seeds_are_one_experiment_after_the_other():
    one, _ = plan(CONFIG)
    runs, _ = plan(changed(seeds=[2020, 7, 2022]))
    assert len(runs) == len(set(runs)) == 3 * 132
    assert runs[:132] == one  # the first is where a single seed would be
    assert [run.replicate for run in runs[::132]] == [0, 1, 2]
    assert plan(changed(seeds=[5]))[0] == one


def test_what_a_framework_cannot_do_is_said_not_planned():
    runs, left_out = plan(changed(devices=["cpu", "gpu"]))
    assert left_out == ["theano has no trainer for gpu"]
    assert len(runs) == 132 + 88


def test_values_typed_on_the_command_line_are_numbers_again():
    typed_in = {"a": {"epochs": "2", "rate": "1e-4", "on": "true", "rows": "null", "mirror": ""}}
    meant = {"a": {"epochs": 2, "rate": 1e-4, "on": True, "rows": None, "mirror": ""}}
    assert typed(typed_in) == meant
    assert typed(CONFIG) == CONFIG
