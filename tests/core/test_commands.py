"""Commands in messages, typed by a shell in the folder in which the user gave theirs."""

import os
import subprocess
import sys
from pathlib import Path

import factory
import pytest
from paths import ROOT

from scripts.core import commands, record

RECORD = "results/runs/published/cpu/pytorch/idiomatic/digits/holdout/fold-0.json"
FAILURE = record.Failure("why", "2026-01-01T00:00:00+00:00", "2026-01-01T00:00:01+00:00", "host")


@pytest.fixture
def experiment(tmp_path):
    """The folder that an experiment with one failed run was made in."""
    folder = tmp_path / "an experiment"
    record.write_failure(FAILURE, folder / RECORD)
    planned = factory.plan(["digits"], ["pytorch"], splits=["holdout"])
    factory.write_experiment(planned, folder / "results/experiment.json")
    return folder


def typed(command, user):
    """What a command prints that a user types in a folder."""
    done = subprocess.run(["bash", "-c", command], cwd=user, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("user", ["here", "above", "checkout", "unknown"])
def test_the_advised_command_lists_what_snakemake_can_make(experiment, monkeypatch, user):
    """Snakemake has changed into the folder of its --directory; the shell of its user has not."""
    monkeypatch.chdir(experiment)
    places = {"here": experiment, "above": experiment.parent, "checkout": ROOT}
    if user in places:
        monkeypatch.setenv("PWD", str(places[user]))
    else:
        monkeypatch.delenv("PWD")
    command = commands.status("failed", "results")
    assert typed(command, places.get(user, experiment)).split() == [RECORD]


def test_in_the_checkout_commands_are_short(monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("PWD", str(ROOT))
    python = Path(os.path.relpath(sys.executable, ROOT)).as_posix()
    if not python.startswith(".."):
        assert commands.status("older", "results/x") == f"{python} scripts status --older results/x"
    assert commands.make("setup") == "make setup"
    assert commands.typed(ROOT / "envs" / "a b.yaml") == "'envs/a b.yaml'"


def test_make_works_from_everywhere(tmp_path, monkeypatch):
    monkeypatch.setenv("PWD", str(tmp_path))
    assert "make quickstart" in typed(commands.make("help"), tmp_path)
