"""A cluster whose jobs are submitted by a command: tried with one that runs them on this machine."""

import json
import os

import pytest
from commands import call
from toy import NAME, toy_command, toy_experiment, toy_tree

from scripts.core import record

# Notes how it was called, starts the script and prints a number, as a queue does.
SUBMIT = """#!/bin/sh
printf "%s\\n" "$*" >> submitted
for script; do :; done
sh "$script" > /dev/null 2>&1 &
echo $!
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The toy's holdout and folds as jobs: what was submitted, what Snakemake printed, and the folder."""
    tree = toy_tree(tmp_path_factory.mktemp("toy"))
    folder = tmp_path_factory.mktemp("generic")
    (folder / "submit").write_text(SUBMIT)
    config = toy_experiment(folder / "toy.json", 2, memory_mb=700, cluster={"runtime": {"digits": 7}})
    options = ["--profile", tree / "profiles/generic", "--latency-wait", "5", "--jobs", "4"]
    options += [
        "--cluster-generic-submit-cmd",
        "sh submit -n {threads} -W {resources.runtime} -M {resources.mem_mb}",
    ]
    command = [word for word in toy_command(tree, folder, config, *options) if word not in ("--cores", "2")]
    # As typed on a terminal: under make, which runs the tests, Snakemake leaves the summary to it.
    env = {name: value for name, value in os.environ.items() if name != "MAKELEVEL"}
    done = call(*command, cwd=folder, env=env)
    assert done.returncode == 0, done.stdout
    return (folder / "submitted").read_text().splitlines(), done.stdout, folder


def test_runs_are_jobs_and_all_else_stays_here(made):
    submitted, printed, _ = made
    assert len(submitted) == 2  # holdout, and three folds that share a job
    assert {line.split()[:2] == ["-n", "1"] for line in submitted} == {True}
    assert any("-W 7 -M 700" in line for line in submitted)
    assert any("-W 21 -M 700" in line for line in submitted)
    assert "4 of 4 runs are there" in printed


def test_records_are_those_of_the_runs(made):
    *_, folder = made
    found = [record.read(path) for path in folder.rglob("runs/**/fold-*.json")]
    assert sorted((one.run.framework, one.run.split, one.run.fold) for one in found) == [
        (NAME, "holdout", 0),
        *((NAME, "kfold", fold) for fold in range(3)),
    ]
    config = json.loads((folder / "toy.json").read_text())
    assert {one.threads.threads for one in found} == {config["threads"]}
