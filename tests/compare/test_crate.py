"""Every export is an RO-Crate: valid by the validator of the specification, and true to the runs."""

import json
import sys

import factory
import pytest
from commands import call
from paths import ENVIRONMENTS, ROOT

from scripts.compare import archive, crate, export
from scripts.compare.about import read_about
from scripts.core import record
from scripts.core.errors import UserError

PROFILE = "provenance-run-crate"
ABOUT = """
license: https://creativecommons.org/licenses/by/4.0/
workflow: https://example.org/trainclock
author:
  name: Ada Example
  id: https://orcid.org/0000-0000-0000-0000
  affiliation: {name: Example University, url: https://example.org/}
"""
PLANNED = factory.plan(["mnist"], ["pytorch", "keras_jax"], folds=2)


@pytest.fixture
def results(tmp_path):
    """Results of two frameworks, of which a fold failed and one is missing."""
    folder = tmp_path / "study"
    (folder / "tables").mkdir(parents=True)
    (folder / "figures").mkdir()
    factory.write_experiment(PLANNED, folder / "experiment.json")
    factory.write_all([factory.make(run) for run in PLANNED[:-2]], folder / "runs")
    failure = record.Failure("it diverged", "2026-01-01T00:00:00+00:00", "2026-01-01T00:00:09+00:00", "node1")
    record.write_failure(failure, PLANNED[-2].path(folder / "runs"))
    for name in ("tables/runs.csv", "tables/runs.parquet", "tables/times.tex", "figures/mnist.svg"):
        (folder / name).write_text("a")
    return folder


@pytest.fixture
def about(tmp_path):
    path = tmp_path / "about.yaml"
    path.write_text(ABOUT)
    return path


def unpacked(results, about=None):
    """Export, and unpack it as a reader would; the folder."""
    path, _ = export.export(results, about=read_about(about))
    done = call("tar", "xzf", path, cwd=results.parent)
    assert done.returncode == 0, done.stdout
    return results.parent / "study"


def graph(folder):
    content = json.loads((folder / crate.NAME).read_text())
    return {entity["@id"]: entity for entity in content["@graph"]}


@pytest.fixture(scope="module")
def issues():
    """The function that gives all issues which the validator finds."""
    command = [sys.executable, ROOT / "scripts", "environment", "--folder", ENVIRONMENTS]
    done = call(*command, ROOT / "envs/crate.yaml")
    assert done.returncode == 0, done.stdout

    def find(folder, severity):
        python = ENVIRONMENTS / "crate/bin/python"
        found = call(python, ROOT / "tests/support/validate_crate.py", folder, PROFILE, severity)
        assert found.returncode == 0, found.stdout
        return json.loads(found.stdout.splitlines()[-1])

    return find


def test_an_export_is_valid_as_it_is(results, issues):
    assert issues(unpacked(results), "REQUIRED") == []


def test_with_author_licence_and_address_it_is_all_that_is_recommended(results, about, issues):
    """But for one thing: the id of the workflow is that of its file, as the same profiles require."""
    found = issues(unpacked(results, about), "RECOMMENDED")
    assert {issue.split(": ")[1] for issue in found} == {
        "The SoftwareApplication id SHOULD be an absolute URI"
    }


def test_the_validator_finds_what_is_missing(results, issues):
    folder = unpacked(results)
    content = json.loads((folder / crate.NAME).read_text())
    content["@graph"] = [entity for entity in content["@graph"] if entity["@type"] != "OrganizeAction"]
    for entity in content["@graph"]:
        if entity["@type"] == "CreateAction":
            entity.pop("instrument")
    (folder / crate.NAME).write_text(json.dumps(content))
    assert any("instrument" in issue for issue in issues(folder, "REQUIRED"))


def test_every_run_is_an_action_of_its_framework_on_its_record(results, about):
    of = graph(unpacked(results, about))
    for run in PLANNED[:-1]:
        place = run.path("runs").with_suffix("").as_posix()
        action = of[f"#{place}"]
        assert action["result"] == {"@id": f"{place}.json"}
        assert (
            of[action["instrument"]["@id"]]["name"]
            == {"pytorch": "PyTorch", "keras_jax": "Keras (JAX)"}[run.framework]
        )
        assert action["agent"] == {"@id": "https://orcid.org/0000-0000-0000-0000"}
        assert action["startTime"] <= action["endTime"]
    place = PLANNED[-2].path("runs").with_suffix("").as_posix()
    assert of[f"#{place}"]["error"] == "it diverged"
    assert of[f"#{place}"]["actionStatus"].endswith("/FailedActionStatus")
    assert not any(PLANNED[-1].path("runs").as_posix() in name for name in of)  # it is missing
    assert of["./"]["license"] == {"@id": "https://creativecommons.org/licenses/by/4.0/"}


def test_the_version_of_a_framework_is_that_which_ran(results):
    """Pins may have changed since; runs are not made again for that."""
    older = factory.make(PLANNED[0], software={"versions": {"torch": "2.11.0"}})
    factory.write_all([older], results / "runs")
    _, sentences = export.export(results)
    assert "runs of PyTorch were made with 2.11.0; envs/ in the file pin torch==2.15.0" in sentences
    of = graph(unpacked(results))
    runs = [run for run in PLANNED if run.framework == "pytorch"][:2]
    actions = [of[f"#{run.path('runs').with_suffix('').as_posix()}"] for run in runs]
    versions = [of[action["instrument"]["@id"]]["version"] for action in actions]
    assert versions == ["2.11.0", "2.15.0"]


def test_what_is_in_the_crate_is_in_the_file(results):
    files, _ = archive.unpack(export.export(results)[0])
    of = graph(unpacked(results))
    named = {name for name, entity in of.items() if "File" in entity["@type"]}
    assert named == {name for name in files if name != crate.NAME}
    needed = [
        entity["softwareRequirements"]["@id"] for entity in of.values() if "softwareRequirements" in entity
    ]
    assert sorted(needed) == ["envs/keras_jax.yaml", "envs/pytorch.yaml"] and set(needed) <= named


@pytest.mark.parametrize(
    "text",
    [
        *("licence: MIT", "author: Ada", "author: {email: a@example.org}", "- a", "a: [", "author: {id: x}"),
        "author: {name: A, affiliation: B}",
    ],
)
def test_a_wrong_description_is_one_message(tmp_path, text):
    path = tmp_path / "about.yaml"
    path.write_text(text)
    with pytest.raises(UserError, match=r"(?s)about\.yaml: not a description of an export .*its keys are"):
        read_about(path)
