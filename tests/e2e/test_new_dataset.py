"""The framework and the dataset of docs/extending.md, added to a copy of the project, train for real."""

import json
import sys

import extending
import yaml
from commands import call

from scripts.core import record, training_spec
from scripts.training.code_digest import trainer_digest
from scripts.training.frameworks import registry


def test_the_framework_learns_the_dataset(tmp_path):
    tree = extending.copy_project(tmp_path / "tree")
    for section in extending.sections().values():
        extending.apply(section, tree)
    data, network, out = tree / "iris", tree / "network.json", tree / "fold-0.json"
    spec = training_spec.of_config(yaml.safe_load((tree / "config.yaml").read_text()), "published", "iris")
    training_spec.write(spec, network)
    manifest, splits = tree / "resources/datasets.yaml", data / "holdout.npz"
    trained = ["--framework", "numpy_mlp", "--dataset", "iris", "--split", "holdout", "--network", network]
    for words in (
        ["prepare", "iris", "--manifest", manifest, "--out", data],
        ["split", "--y", data / "y.npy", "--split", "holdout", "--out", splits],
        ["train", *trained, "--data", data, "--splits", splits, "--out", out],
    ):
        done = call(sys.executable, tree / "scripts", *words, cwd=tree)
        assert done.returncode == 0, done.stdout
    made = record.read(out)
    assert (made.run.framework, made.run.dataset) == ("numpy_mlp", "iris")
    assert made.learning.parameters == spec.network["parameters"] == 131
    assert len(made.times.epochs_s) == spec.training["epochs"]
    assert made.learning.test_accuracy > 0.85
    assert made.learning.train_losses[-1] < made.learning.train_losses[0] / 3
    data_digest = json.loads((data / "data.json").read_text())["digest"]
    assert made.origin.data_digest == data_digest
    for name in registry.names():  # what it adds leaves the code of the others as it was
        assert trainer_digest(name, tree / "scripts") == trainer_digest(name)
