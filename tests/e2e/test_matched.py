"""Matched settings through the workflow: each run begins with the weights that were drawn for its fold."""

import numpy as np
import pytest
from commands import snakemake
from paths import ROOT

from scripts.core import record


@pytest.fixture(scope="module")
def made(environments, tmp_path_factory):
    """Holdout and two folds of PyTorch with matched settings: what Snakemake printed, and the folder."""
    folder = tmp_path_factory.mktemp("matched")
    changes = [
        "settings=[matched]",
        "frameworks=[pytorch]",
        "split={folds: 2}",
        "training={digits: {epochs: 2}}",
    ]
    options = [
        "collect",
        "--printshellcmds",
        "--configfile",
        ROOT / "presets/quickstart.yaml",
        "--config",
        *changes,
    ]
    done = snakemake(*options, directory=folder)
    assert done.returncode == 0, done.stdout
    return done.stdout, folder


def test_every_run_is_trained_from_the_weights_of_its_fold(made):
    printed, folder = made
    records = [record.read(path) for path in folder.rglob("runs/**/fold-*.json")]
    assert sorted((r.run.settings, r.run.split, r.run.fold) for r in records) == [
        ("matched", "holdout", 0),
        ("matched", "kfold", 0),
        ("matched", "kfold", 1),
    ]
    one, two = (
        "results/quickstart/weights/digits/fold-0.npz",
        "results/quickstart/weights/digits/fold-1.npz",
    )
    assert f"--weights {one}  --environment" in printed  # holdout
    assert f"--weights {one} {two} --terminal" in printed  # the folds, in one job
    first, second = (np.load(folder / path) for path in (one, two))
    assert any((first[name] != second[name]).any() for name in first.files)
