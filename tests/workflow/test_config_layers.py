"""An experiment's config: config.yaml, with the user's files and --config laid over it."""

import copy
import json

import pytest
import yaml
from commands import snakemake
from paths import ROOT
from snakemake.cli import parse_config
from snakemake.settings.types import ConfigSettings
from snakemake.utils import update_config

from scripts.core.errors import UserError
from scripts.core.training_spec import of_config
from scripts.data.known_datasets import known_datasets
from scripts.workflow.config.layers import KINDS, resolved
from scripts.workflow.config.validate import validate

DEFAULTS = yaml.safe_load((ROOT / "config.yaml").read_text())
PRESETS = sorted((ROOT / "presets").rglob("*.yaml"))


def config_of(*options, files=(), replace=False):
    """What the workflow makes of `--configfile FILES --config OPTIONS`."""
    settings = ConfigSettings(
        config=parse_config(options), configfiles=files, replace_workflow_config=replace
    )
    return resolved(ROOT / "config.yaml", settings)


def optimizer_of(dataset, *options, **more):
    return config_of(*options, **more)["training"][dataset]["optimizer"]


def test_another_optimizer_starts_from_nothing():
    given = optimizer_of("cifar10", "training={cifar10: {optimizer: {name: adadelta}}}")
    assert given == {"name": "adadelta"}
    given = optimizer_of("letter", "training={letter: {optimizer: {name: rmsprop, learning_rate: 0.001}}}")
    assert given == {"name": "rmsprop", "learning_rate": 0.001}


def test_the_same_optimizer_keeps_its_other_constants():
    for change in ("{momentum: 0.5}", "{name: sgd, momentum: 0.5}"):
        given = optimizer_of("cifar100", f"training={{cifar100: {{optimizer: {change}}}}}")
        assert given == {**DEFAULTS["training"]["cifar100"]["optimizer"], "momentum": 0.5}


def test_null_takes_away_what_may_be_left_out():
    given = optimizer_of("cifar10", "training={cifar10: {optimizer: {decay: null}}}")
    assert given == {"name": "rmsprop", "learning_rate": 1e-4}
    cluster = config_of("cluster={runtime: {letter: null}}")["cluster"]
    assert cluster["runtime"] == {"default": 240, "digits": 15}
    assert config_of("split={rows: null}")["split"]["rows"] is None


def test_layers_are_laid_in_their_order(tmp_path):
    first, second = tmp_path / "first.yaml", tmp_path / "second.json"
    first.write_text("training: {letter: {optimizer: {name: adadelta}}}\n")
    second.write_text('{"training": {"letter": {"optimizer": {"learning_rate": 0.5}, "epochs": 2}}}')
    given = config_of("training={letter: {epochs: 7}}", files=[first, second])["training"]["letter"]
    assert given["optimizer"] == {"name": "adadelta", "learning_rate": 0.5}
    assert given["epochs"] == 7
    back = config_of("training={letter: {optimizer: {name: sgd}}}", files=[first, second])
    assert back["training"]["letter"]["optimizer"] == {"name": "sgd"}
    alone = config_of(files=[first], replace=True)  # --replace-workflow-config
    assert alone == {"training": {"letter": {"optimizer": {"name": "adadelta"}}}}


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.stem)
def test_finished_experiments_keep_the_specs_of_their_runs(preset):
    merged = copy.deepcopy(DEFAULTS)  # as Snakemake lays one mapping over another
    update_config(merged, yaml.safe_load(preset.read_text()))
    config = config_of(files=[preset])
    assert config == merged
    for name in config["datasets"]:
        assert of_config(config, "published", name) == of_config(merged, "published", name)


def test_results_have_one_spelling(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    spellings = ("./results/x", "results//x", "results/x/", "a/../results/x", f"/{tmp_path}/results/x")
    for spelling in spellings:
        assert config_of(f"results={spelling}")["results"] == "results/x"
    assert config_of("results=../other//x/")["results"] == "../other/x"
    for whole in (".", "./", tmp_path):
        with pytest.raises(UserError, match=r"results: '\.' holds other things"):
            validate(config_of(f"results={whole}"), known_datasets())
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="results: 'file/x' cannot be made: file is a file"):
        validate(config_of("results=file/x"), known_datasets())
    (tmp_path / "link").symlink_to("/no/such/scratch")
    with pytest.raises(UserError, match="results: 'link/x' cannot be made: link leads nowhere"):
        validate(config_of("results=link/x"), known_datasets())


def test_every_key_that_names_a_kind_is_known():
    schema = json.loads((ROOT / "schemas" / "config.schema.json").read_text())
    parts, named = [schema], set()
    while parts:
        part = parts.pop()
        if isinstance(part, dict) and "propertyName" in part:
            named.add(part["propertyName"])
        parts += part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    assert named == set(KINDS)


def test_snakemake_plans_with_it(tmp_path):
    change = "training={letter: {optimizer: {name: rmsprop, learning_rate: 0.001}}}"
    file, results = "results/x/networks/published/letter.json", "results=.//results/x"
    done = snakemake("--dry-run", "-p", file, "--config", change, results, directory=tmp_path)
    assert done.returncode == 0, done.stdout
    assert '"optimizer": {"learning_rate": 0.001, "name": "rmsprop"}' in done.stdout
