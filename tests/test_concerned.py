"""The long tests of a framework are run where a change concerns it, and only there."""

import re
import shutil

import pytest
from commands import call
from concerned import FILES, concerned
from extending import copy_project
from paths import ROOT

from scripts.training.frameworks import registry

ALL = registry.names()
THEANO = "scripts/training/frameworks/theano/tuned.py"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A checkout with one commit."""
    tree = copy_project(tmp_path_factory.mktemp("checkout"))
    for name in FILES:
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tree / name)
    for words in (["init"], ["add", "--all"], ["commit", "--message", "as it is"]):
        who = ["-c", "user.name=nobody", "-c", "user.email=nobody@example.org", "-c", "commit.gpgsign=false"]
        done = call("git", *who, *words, cwd=tree)
        assert done.returncode == 0, done.stdout
    return tree


@pytest.fixture
def changed(checkout):
    """Function that changes a file of the checkout and names the frameworks that this concerns."""
    texts = {}

    def change(path, before, after):
        texts[path] = (checkout / path).read_text()
        assert before in texts[path]
        (checkout / path).write_text(texts[path].replace(before, after))
        return concerned(checkout, "HEAD")

    yield change
    for path, text in texts.items():
        (checkout / path).write_text(text)


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [(THEANO, "allow_gc=False", "allow_gc=True"), ("envs/theano.yaml", "scipy==1", "scipy==2")],
)
def test_its_own_code_and_packages_concern_a_framework_alone(changed, path, before, after):
    assert changed(path, before, after) == ["theano"]


def test_packages_for_a_gpu_count(changed):
    assert changed("envs/tensorflow-gpu.yaml", "keras==", "keras==1") == ["tensorflow"]


def test_code_concerns_those_that_share_it(changed):
    found = changed("scripts/training/frameworks/_shared/keras.py", "glorot_uniform", "glorot_normal")
    assert {"tensorflow", "theano"} <= {*found}
    assert "pytorch" not in found


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("scripts/parity/numpy_layers.py", "return", "return 1,"),
        ("scripts/training/timing.py", "default_timer()", "default_timer() + 1"),
        ("config.yaml", "units: 512", "units: 256"),
        ("presets/smoke.yaml", "rows: 1000", "rows: 2000"),
        ("tests/support/promises.py", "1e-4", "1e-3"),
    ],
)
def test_what_all_rest_on_concerns_all(changed, path, before, after):
    assert changed(path, before, after) == ALL


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        (THEANO, '"""Theano as', '"""Still Theano as'),
        ("envs/pytorch.yaml", "# PyTorch", "# It"),
        ("config.yaml", "seed: 2020", "seed: 2021"),
        ("scripts/tables/terminal/summary.py", "import", "# import"),
    ],
)
def test_words_and_what_is_made_of_the_records_concern_none(changed, path, before, after):
    assert changed(path, before, after) == []


def test_all_are_concerned_where_the_commit_is_not_known(checkout):
    assert concerned(checkout, "0123456789" * 4) == ALL


def test_one_commit_is_named():
    assert re.fullmatch("[0-9a-f]{40}\n", (ROOT / ".ci/passed").read_text())
