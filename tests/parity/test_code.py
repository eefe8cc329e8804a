"""First steps follow the code and the packages that they are made by."""

import shutil

import pytest
from paths import ROOT

from scripts.parity import code


@pytest.fixture
def tree(tmp_path):
    """A copy of the scripts and of the env files."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts", ignore=ignored)
    shutil.copytree(ROOT / "envs", tmp_path / "envs")
    return tmp_path


def digests(tree):
    code.of_modules.cache_clear()
    code.trainer_digest.cache_clear()
    folders = tree / "scripts", tree / "envs"
    steps = [code.of_first_steps(*pair, *folders) for pair in (("pytorch", "cpu"), ("theano", "cpu"))]
    return {"pytorch": steps[0], "theano": steps[1], "reference": code.of_reference(tree / "scripts")}


@pytest.mark.parametrize(
    ("file", "concerned"),
    [
        ("scripts/training/frameworks/pytorch/tuned.py", {"pytorch"}),
        ("envs/theano.yaml", {"theano"}),
        ("scripts/parity/first_steps.py", {"pytorch", "theano"}),
        ("scripts/parity/numpy_layers.py", {"reference"}),
        ("scripts/training/frameworks/_shared/learning_rate.py", {"pytorch", "theano", "reference"}),
        ("scripts/tables/write.py", set()),
    ],
)
def test_a_change_is_seen_where_it_matters(tree, file, concerned):
    before = digests(tree)
    with (tree / file).open("a") as text:
        text.write("\nADDED = 1\n" if file.endswith(".py") else "# added\n")
    after = digests(tree)
    assert {name for name in before if before[name] != after[name]} == concerned
