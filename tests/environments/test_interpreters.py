"""Which Python a step runs in, with conda, uv and neither; and what is made before the first job."""

import inspect
import shlex
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from paths import ROOT

from scripts.core.errors import UserError
from scripts.environments import interpreters
from scripts.environments.interpreters import Interpreters

GPU_RUN = SimpleNamespace(framework="tensorflow", device="gpu")
WAYS = {
    "uv": ("/envs/tensorflow-gpu/bin/python", "/envs/tensorflow-gpu", sys.executable),
    "conda": ("python", "/conda", "python"),
    "current": (sys.executable, sys.prefix, sys.executable),
}


def by(way):
    return Interpreters(way, Path("/envs"), "/conda")


@pytest.mark.parametrize("way", WAYS)
def test_python_and_promised_folder_of_a_run(way):
    python, folder, analysis = WAYS[way]
    assert by(way).step_of_run(GPU_RUN, None) == by(way).step(python)
    assert by(way).promised_to_run(GPU_RUN, None) == folder
    assert by(way).of_analysis() == analysis


def test_outside_jobs_the_python_of_the_analysis_is_found(tmp_path):
    """In the environment that conda made from envs/analysis.yaml as it is, and otherwise Snakemake's own."""
    conda = Interpreters("conda", Path("/envs"), str(tmp_path))
    assert conda.outside_jobs() == by("uv").outside_jobs() == by("current").outside_jobs() == sys.executable
    python = tmp_path / "0123_" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()
    file = tmp_path / "0123_.yaml"
    file.write_text("an older one")
    assert conda.outside_jobs() == sys.executable
    file.write_bytes((ROOT / "envs" / "analysis.yaml").read_bytes())
    assert conda.outside_jobs() == str(python)


@pytest.mark.parametrize("name", ["step_of_run", "promised_to_run"])
def test_params_take_input_so_that_another_interpreter_repeats_no_run(name):
    assert [*inspect.signature(getattr(by("uv"), name)).parameters] == ["wildcards", "input"]


@pytest.mark.parametrize(("way", "option"), [("uv", ["-I"]), ("conda", ["-I"]), ("current", [])])
def test_what_is_made_is_isolated_from_pythonpath_and_its_path_is_quoted(way, option):
    words = shlex.split(by(way).step("/My Drive (1)/python"))
    assert words == ["/My Drive (1)/python", *option, str(ROOT / "scripts")]


def made(monkeypatch, way, code=0, files=("envs/pytorch.yaml",)):
    """The commands by which environments are made."""
    commands = []

    def run(command, check):
        commands.append([*map(str, command)])
        return SimpleNamespace(returncode=code)

    monkeypatch.setattr(interpreters.subprocess, "run", run)
    by(way).make(files)
    return commands


def test_only_uv_makes_environments_here(monkeypatch):
    ((python, isolated, scripts, *options),) = made(monkeypatch, "uv")
    assert (python, isolated, scripts) == (sys.executable, "-I", str(ROOT / "scripts"))
    assert options == ["environment", "--folder", "/envs", "envs/pytorch.yaml"]
    assert made(monkeypatch, "conda") == made(monkeypatch, "current") == []
    assert made(monkeypatch, "uv", files=[]) == []


def test_a_failure_and_missing_packages_stop_the_workflow(monkeypatch):
    with pytest.raises(UserError, match="could not be made; the reason is above"):
        made(monkeypatch, "uv", code=1)
    monkeypatch.setattr(interpreters, "ANALYSIS", ("json", "no_such_module"))
    for way in ("uv", "current"):
        with pytest.raises(UserError, match="which lacks no_such_module: run `make setup`"):
            made(monkeypatch, way)
    assert made(monkeypatch, "conda") == []  # conda brings them
