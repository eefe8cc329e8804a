"""`snakemake prepare` brings all that needs a network; then an experiment runs without one."""

import shutil
import subprocess

import pytest
from commands import call, snakemake
from paths import ROOT

from scripts.core import record

CONFIG = ["--config", "datasets=[letter]", "frameworks=[pytorch]", "splits=[holdout]"]
CONFIG += ["split={rows: 1000}", "training={letter: {epochs: 2}}", "threads=1"]


def without_network():
    """Words before a command that take the network from it."""
    command = shutil.which("unshare")
    words = [command, "--net", "--map-root-user"]
    if not command or subprocess.run([*words, "true"], capture_output=True, check=False).returncode:
        pytest.skip("unshare cannot take the network away from a command here")
    return words


def test_after_prepare_an_experiment_needs_no_network(environments, mirror, tmp_path, monkeypatch):
    offline = without_network()
    monkeypatch.setenv("TRAINCLOCK_MIRROR", mirror)
    done = snakemake("prepare", *CONFIG, directory=tmp_path)
    assert done.returncode == 0, done.stdout
    assert "Trying the environment pytorch" in done.stdout
    monkeypatch.delenv("TRAINCLOCK_MIRROR")

    command = [ROOT / ".venv/bin/snakemake", "--snakefile", ROOT / "Snakefile", "--directory", tmp_path]
    done = call(*offline, *command, "--cores", "2", *CONFIG)
    assert done.returncode == 0, done.stdout
    made = record.read(next((tmp_path / "results/runs").rglob("fold-0.json")))
    assert made.learning.train_rows == 700
    assert (tmp_path / "results/tables/times.html").exists()


def test_prepare_looks_again_each_time(quickstart):
    done = snakemake("prepare", "--configfile", ROOT / "presets/quickstart.yaml", directory=ROOT)
    assert done.returncode == 0, done.stdout
    for name in ("tensorflow", "pytorch", "theano"):
        assert f"Trying the environment {name}" in done.stdout
    assert "Preparing the arrays" not in done.stdout
