"""Several seeds, for real: other rows, other weights; what one seed has made is kept, and can be copied."""

import os

import numpy as np
import pandas as pd
import pytest
from commands import call, planned_runs
from toy import toy_command, toy_experiment, toy_tree

SEEDS = [2020, 2021, 2022]
WEIGHTS = [f"results/quickstart/weights{folder}/digits/fold-0.npz" for folder in ("", "/replicate-2")]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Run Snakemake in a folder of its own, with these seeds; returns what it prints."""
    tree, folder = (tmp_path_factory.mktemp(name) for name in ("tree", "seeds"))
    toy_tree(tree)

    def run(seeds, *options, status=0, epochs=3, targets=None):
        config = toy_experiment(folder / "config.json", epochs, split={"folds": 2}, seeds=seeds)
        targets = targets or ["collect", *WEIGHTS[: len(seeds or [1])]]
        done = call(*toy_command(tree, folder, config, *options, *targets))
        assert done.returncode == status, done.stdout
        return done.stdout

    run.folder = folder
    return run


@pytest.fixture(scope="module")
def made(run):
    """The files of one seed, and what was planned when two more were added; then all are made."""
    run(None)
    before = {path: path.stat().st_mtime_ns for path in run.folder.glob("results/quickstart/runs/**/*.json")}
    planned = planned_runs(run(SEEDS, "--dry-run"))
    run(SEEDS)
    return before, planned


def test_what_the_first_seed_made_is_kept(made):
    before, planned = made
    assert len(before) == 3 and planned == 6
    assert all(path.stat().st_mtime_ns == then for path, then in before.items())


def test_each_seed_has_rows_weights_and_records_of_its_own(run, made):
    (table,) = run.folder.rglob("runs.parquet")
    runs = pd.read_parquet(table)
    assert (runs["status"] == "ok").all()
    assert runs.groupby("replicate")["seed"].unique().map(list).to_dict() == {0: [2020], 1: [2021], 2: [2022]}
    assert runs.groupby(["split", "fold"])["split_digest"].nunique().eq(3).all()
    assert runs.groupby(["split", "fold"])["test_loss"].nunique().eq(3).all()
    first, third = (np.load(run.folder / path) for path in WEIGHTS)
    assert first.files == third.files
    assert any((first[name] != third[name]).any() for name in first.files)


def test_only_replicates_whose_seed_is_another_are_made_again(run, made):
    assert planned_runs(run([2020, 2021, 5], "--dry-run")) == 3
    assert planned_runs(run(SEEDS, "--dry-run")) == 0


def test_a_forecast_of_another_config_costs_no_run(run, made):
    assert "to make" in run(SEEDS, epochs=50, targets=["plan"])
    assert planned_runs(run(SEEDS, "--dry-run")) == 0


def test_a_config_that_was_tried_and_given_up_costs_no_run(run, made):
    """Its networks were written, and no run of it is finished."""
    run(SEEDS, epochs=50, targets=["inputs"])
    said = run(SEEDS, status=1)
    assert "finished runs would be made again only because" in said and "Training" not in said
    assert (
        "make the target `inputs` with the same options first, without --forcerun, then add --touch" in said
    )
    run(SEEDS, targets=["inputs"])
    run(SEEDS, "--touch")
    assert planned_runs(run(SEEDS, "--dry-run")) == 0


def test_touch_keeps_what_was_copied_without_its_times(run, made):
    files = sorted((path for path in run.folder.rglob("results/**/*") if path.is_file()), reverse=True)
    for second, path in enumerate(files):  # records before what they were made from
        os.utime(path, (1.5e9 + second, 1.5e9 + second))
    for folder in run.folder.glob(".snakemake/metadata"):
        folder.rename(folder.with_name("not copied"))
    planned = planned_runs(run(SEEDS, "--dry-run"))
    said = run(SEEDS, status=1)
    assert planned > 0 and f"{planned} finished runs would be made again only because" in said
    assert "add --touch to your command" in said and "Training" not in said
    run(SEEDS, "--touch")
    assert planned_runs(run(SEEDS, "--dry-run")) == 0


def test_what_is_written_of_another_config_is_named_where_snakemake_does_not_know(run, made):
    """As where .snakemake was deleted. New runs would train the old network, and be in no table."""
    notes = run.folder / ".snakemake/metadata"
    notes.rename(notes.with_name("not there"))
    said = run([*SEEDS, 5], status=1, targets=["all"])
    assert "experiment.json: written of another config" in said and "Training" not in said, said
    assert "--forcerun experiment\n" in said
    notes.rename(notes.with_name("neither"))
    said = run([*SEEDS, 5], "--forcerun", "experiment", status=1, epochs=4)
    assert "networks/published/digits.json" in said and "--forcerun network\n" in said
