"""How the project is cited: CITATION.cff is valid, and Zenodo's metadata say the same."""

import json
import subprocess
import sys
import tomllib

import pytest
from commands import call
from paths import ENVIRONMENTS, ROOT

CITATION = ROOT / "CITATION.cff"
# Zenodo wants these of an upload, and a citation has them not.
OF_ZENODO = {"description", "upload_type", "access_right"}


@pytest.fixture(scope="module")
def cffconvert():
    """The function that runs cffconvert with options, in an environment of its own."""
    command = [sys.executable, ROOT / "scripts", "environment", "--folder", ENVIRONMENTS]
    done = call(*command, ROOT / "envs/citation.yaml")
    assert done.returncode == 0, done.stdout

    def run(*options):
        command = [ENVIRONMENTS / "citation/bin/cffconvert", *options]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    return run


def test_the_citation_is_valid(cffconvert, tmp_path):
    done = cffconvert("--validate", "--infile", CITATION)
    assert done.returncode == 0 and "are valid" in done.stdout, done.stderr
    wrong = tmp_path / "CITATION.cff"
    wrong.write_text(CITATION.read_text().replace("title:", "heading:"))
    assert cffconvert("--validate", "--infile", wrong).returncode != 0


def test_zenodo_has_what_the_citation_says(cffconvert):
    """Else: `cffconvert --format zenodo` prints what .zenodo.json must have."""
    wanted = json.loads(cffconvert("--format", "zenodo", "--infile", CITATION).stdout)
    metadata = json.loads((ROOT / ".zenodo.json").read_text())
    assert {name: metadata[name] for name in metadata if name not in OF_ZENODO} == wanted
    assert metadata["upload_type"] == "software" and metadata["access_right"] == "open"


def test_it_is_of_this_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert json.loads((ROOT / ".zenodo.json").read_text())["version"] == project["version"]
