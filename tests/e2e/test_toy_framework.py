"""A framework is added by an env file, a folder and its name in the config: tried with one of plain NumPy."""

import copy
import json
import sys

import pytest
import yaml
from commands import call, planned_runs
from paths import ROOT, SNAKEMAKE
from promises import check_promises, check_read_back
from toy import DIGITS, NAME, TOY, toy_tree

from scripts.core import record, training_spec
from scripts.training.code_digest import trainer_digest
from scripts.training.frameworks import registry

CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text())


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    return toy_tree(tmp_path_factory.mktemp("toy"))


@pytest.fixture(scope="module")
def spec():
    config = copy.deepcopy(CONFIG)
    config["networks"]["digits"] = DIGITS
    return training_spec.of_config(config, "published", "digits")


@pytest.fixture(scope="module")
def digits(tree):
    """Folder of the prepared digits, with the index arrays of their holdout split."""
    folder = tree / "digits"
    for command in (
        ["prepare", "digits", "--manifest", tree / "resources/datasets.yaml", "--out", folder],
        ["split", "--y", folder / "y.npy", "--split", "holdout", "--out", folder / "holdout.npz"],
    ):
        done = call(sys.executable, tree / "scripts", *command)
        assert done.returncode == 0, done.stdout
    return folder


def test_it_takes_three_files_and_at_most_150_lines():
    files = [path for path in TOY.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert len(files) == 2  # and the config
    assert sum(len(path.read_text().splitlines()) for path in files) <= 150


def test_it_keeps_the_contract(tree, spec):
    config, found = tree / "contract.json", tree / "contract.txt"
    networks = {"digits": DIGITS, "letter": CONFIG["networks"]["letter"]}
    training = {"digits": spec.training, "letter": CONFIG["training"]["letter"]}
    config.write_text(json.dumps({"networks": networks, "training": {"published": training}}))
    done = call(sys.executable, tree / "tests/support/contract.py", NAME, config)
    assert done.returncode == 0, done.stdout
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["product_error"] < 1e-4
    for dataset, network in networks.items():
        check_promises(found[f"idiomatic published {dataset}"], network)
        check_read_back(found[f"idiomatic published {dataset}"])


def test_it_trains_and_writes_a_record(tree, spec, digits):
    network, out = tree / "digits.json", tree / "record.json"
    training_spec.write(spec, network)
    command = [sys.executable, tree / "scripts", "train", "--framework", NAME, "--dataset", "digits"]
    command += ["--split", "holdout", "--network", network, "--data", digits]
    command += ["--splits", digits / "holdout.npz", "--out", out]
    done = call(*command)
    assert done.returncode == 0, done.stdout
    found = record.read(out)
    assert found.run.framework == NAME
    assert found.learning.test_accuracy > 0.9
    assert found.learning.parameters == DIGITS["parameters"]
    assert len(found.times.epochs_s) == spec.training["epochs"]
    assert found.origin.network_digest == spec.digest
    assert found.origin.trainer_digest == trainer_digest(NAME, tree / "scripts")


def test_it_leaves_the_digests_of_the_others(tree):
    for name in registry.names():
        assert trainer_digest(name, tree / "scripts") == trainer_digest(name)
    assert NAME not in registry.names()


def test_the_workflow_plans_its_runs_with_its_name_in_the_config_alone(tree):
    config = tree / "toy.yaml"
    config.write_text(json.dumps({"frameworks": [NAME, "pytorch"], "networks": {"digits": DIGITS}}))
    files = ["--configfile", tree / "presets/quickstart.yaml", config]
    options = ["--snakefile", tree / "Snakefile", "--directory", tree, "--cores", "2", "--dry-run"]
    done = call(SNAKEMAKE, *options, *files, cwd=tree)
    assert done.returncode == 0, done.stdout
    assert f"Training digits in {NAME}" in done.stdout
    assert planned_runs(done.stdout) == 8
