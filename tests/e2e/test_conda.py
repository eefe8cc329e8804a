"""`snakemake --use-conda` as a user types it: by a real conda, or by the stand-in of the shared folder."""

import json
import os
import re
import shutil
import sys
from pathlib import Path

import pytest
from commands import call, planned, planned_runs, snakemake
from paths import ROOT
from pins import pins

from scripts.core import record
from scripts.environments.env_file import read_environment

STAND_IN = ROOT.parent / "shared" / "conda" / "setup.sh"
PRESET = ["--configfile", ROOT / "presets" / "quickstart.yaml"]
SHORT = [*PRESET, "--config", "splits=[holdout]", "training={digits: {epochs: 2}}"]
FRAMEWORKS = ["tensorflow", "pytorch", "theano"]
ENVIRONMENTS = ["analysis", *FRAMEWORKS]
# What conda's own Python brings beside the pins.
OF_CONDA = {"pip", "setuptools", "wheel"}


def env_file(name):
    return ROOT / "envs" / f"{name}.yaml"


@pytest.fixture(scope="module")
def with_conda(tmp_path_factory):
    """Environment variables with a conda on PATH, and a `python` that fails behind it: a step whose
    activation is lost must not find another one."""
    path, folder = os.environ["PATH"], tmp_path_factory.mktemp("conda")
    if not shutil.which("conda") or call("conda", "info", "--json").returncode:
        if not STAND_IN.exists():
            pytest.skip("there is no working conda on PATH, and no stand-in for it in ../shared/conda")
        wanted = [read_environment(env_file(name)) for name in ENVIRONMENTS]
        pythons = " ".join(sorted({one.python for one in wanted}))
        packages = sorted({package for one in wanted for package in one.conda})
        done = call(STAND_IN, folder, *packages, env={**os.environ, "PYTHONS": pythons})
        assert done.returncode == 0, done.stdout
        path = f"{folder / 'bin'}:{path}"
    trap = folder / "trap"
    trap.mkdir()
    for name in ("python", "python3"):
        (trap / name).write_text("#!/bin/sh\necho 'this step runs outside its environment' >&2\nexit 1\n")
        (trap / name).chmod(0o755)
    conda = Path(shutil.which("conda", path=path)).parent
    outside_make = {name: value for name, value in os.environ.items() if name != "MAKELEVEL"}
    return {**outside_make, "PATH": f"{trap}:{conda}:{path}"}


@pytest.fixture(scope="module")
def made(with_conda, tmp_path_factory):
    """A folder that has the environments and nothing else; {name of the env file: its environment}."""
    folder = tmp_path_factory.mktemp("through-conda")
    options = ["--use-conda", *SHORT]
    done = snakemake(*options, "--conda-create-envs-only", directory=folder, env=with_conda)
    assert done.returncode == 0, done.stdout
    assert not (folder / "results").exists()
    done = snakemake(*options, "--list-conda-envs", directory=folder, env=with_conda)
    found = re.findall(r"^(\S+)\.yaml\s+(\.snakemake/conda/\w+)$", done.stdout, re.M)
    return folder, {Path(name).name: (folder / place).resolve() for name, place in found}


@pytest.fixture(scope="module")
def finished(made, with_conda):
    """The same after the quickstart experiment (fewer epochs, no folds); what Snakemake said."""
    done = snakemake("--use-conda", "--printshellcmds", *SHORT, directory=made[0], env=with_conda)
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_environments_are_made_before_any_run(made):
    folder, places = made
    assert sorted(places) == sorted(ENVIRONMENTS)
    assert len([file for file in (folder / ".snakemake/conda").iterdir() if file.is_dir()]) == 4
    for name, place in places.items():
        assert (place / "bin/python").exists()
        assert place.with_name(place.name + ".yaml").read_text() == env_file(name).read_text()


def check_versions(software, name):
    """Software of a record or experiment, as a mapping, against the pins of an env file."""
    pinned = pins(env_file(name), software["python"])
    assert {key: software["versions"].get(key) for key in pinned} == pinned
    assert software["versions"].keys() - pinned.keys() <= OF_CONDA
    assert software["python"].startswith(read_environment(env_file(name)).python + ".")


def test_every_framework_trained_in_its_own_conda_environment(made, finished):
    folder, places = made
    assert planned_runs(finished) == 3
    found = [record.read(path) for path in (folder / "results/quickstart/runs").rglob("fold-*.json")]
    assert sorted(r.run.framework for r in found) == sorted(FRAMEWORKS)
    assert len({r.software.environment for r in found}) == 3
    for r in found:
        assert (folder / r.software.environment).resolve() == places[r.run.framework]
        check_versions(vars(r.software), r.run.framework)
        assert r.learning.parameters == 17258
        assert len(r.times.epochs_s) == 2


def test_it_ends_with_the_summary(finished):
    """No job, and so no environment on PATH."""
    assert "3 of 3 runs are there" in finished and "outside its environment" not in finished


def test_every_other_step_ran_in_the_analysis_environment(made, finished):
    folder, places = made
    software = json.loads((folder / "results/quickstart/experiment.json").read_text())["analysis"]
    assert (folder / software["environment"]).resolve() == places["analysis"]
    check_versions(software, "analysis")
    # All others were called alike: by the `python` of PATH, which outside an environment fails.
    called = re.findall(rf"(\S+) -I {ROOT}/scripts ([\w-]+) ", finished)
    assert {step for _, step in called} >= {
        *("prepare", "split", "experiment", "supervise", "train", "collect", "tables", "figures")
    }
    assert {interpreter for interpreter, _ in called} == {"python"}
    assert sys.executable not in finished
    assert (folder / "results/quickstart/figures/digits.svg").exists()


def test_a_second_call_does_nothing(made, finished, with_conda):
    done = snakemake("--use-conda", *SHORT, directory=made[0], env=with_conda)
    assert done.returncode == 0
    assert "Nothing to be done" in done.stdout


def test_leaving_conda_repeats_nothing(made, finished):
    assert "Nothing to be done" in planned(*SHORT, directory=made[0])


def test_going_over_to_conda_repeats_nothing(quickstart, with_conda):
    done = snakemake("--dry-run", "--use-conda", *PRESET, directory=ROOT, env=with_conda)
    assert done.returncode == 0, done.stdout
    assert "Nothing to be done" in done.stdout


def test_runs_on_the_gpu_have_environments_of_their_own(tmp_path, with_conda):
    options = ["--use-conda", "--dry-run", "--configfile", ROOT / "presets/gpu.yaml"]
    done = snakemake(*options, directory=tmp_path, env=with_conda)
    assert done.returncode == 0, done.stdout
    assert planned_runs(done.stdout) == 176
    assert set(re.findall(r"(\w[\w-]*)\.yaml will be created", done.stdout)) == {
        *("analysis", "pytorch", "tensorflow", "tensorflow-gpu")
    }
