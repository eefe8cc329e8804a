"""What compiling cost the first time is kept in the cache, for each network and implementation."""

import os
from dataclasses import replace
from types import SimpleNamespace

import pytest

from scripts.core import training_spec
from scripts.core.record import write_json
from scripts.training import compile_ahead
from scripts.training.frameworks import registry
from scripts.training.machine import compile_cache

PARTS = ["theano", "idiomatic", "published", "cpu", "digest"]


@pytest.fixture
def framework(tmp_path):
    """A framework that keeps what it compiles, as its module."""
    return SimpleNamespace(
        FRAMEWORK=SimpleNamespace(compile_cache=True), compile_cache=lambda: tmp_path / "cache"
    )


def test_it_is_known_after_the_first_time_alone(framework):
    file = compile_cache.file_of(framework, PARTS)
    assert compile_cache.first_s(file) is None
    write_json({"first_s": 61.5}, file)
    assert compile_cache.first_s(compile_cache.file_of(framework, PARTS)) == 61.5


@pytest.mark.parametrize("place", range(len(PARTS)))
def test_another_network_or_implementation_has_its_own(framework, place):
    other = [*PARTS[:place], "another", *PARTS[place + 1 :]]
    assert compile_cache.file_of(framework, PARTS) != compile_cache.file_of(framework, other)


@pytest.mark.parametrize("content", ["", "[]", '{"first_s": null}', '{"seconds": 1}'])
def test_a_damaged_file_is_as_good_as_none(tmp_path, content):
    (tmp_path / "first.json").write_text(content)
    assert compile_cache.first_s(tmp_path / "first.json") is None


def test_only_a_framework_that_says_so_has_a_cache(framework):
    framework.FRAMEWORK.compile_cache = False
    assert compile_cache.file_of(framework, PARTS) is None
    assert compile_cache.first_s(None) is None
    caching = [name for name in registry.names() if registry.framework(name).compile_cache]
    assert caching == ["pytensor", "theano"]


@pytest.mark.parametrize("name", ["Anna's", "a, b", "a#b", "100%"])
def test_a_home_that_theanos_flags_cannot_take_has_its_cache_elsewhere(monkeypatch, tmp_path, capsys, name):
    monkeypatch.setenv("HOME", str(tmp_path / name))
    settled(monkeypatch, tmp_path)
    assert os.environ["XDG_CACHE_HOME"] == str(tmp_path / "own" / "cache")
    assert f"{tmp_path / name}/.cache has one of" in capsys.readouterr().out


@pytest.mark.parametrize("home", ["/proc/nobody", ""])
def test_a_home_that_cannot_be_written_has_its_cache_elsewhere(monkeypatch, tmp_path, capsys, home):
    monkeypatch.setenv("HOME", home)
    settled(monkeypatch, tmp_path)
    assert (tmp_path / "own" / "cache").is_dir()
    assert "XDG_CACHE_HOME names another" in capsys.readouterr().out


def test_a_usual_home_keeps_its_cache(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("HOME", str(tmp_path / "anna of course 1"))
    settled(monkeypatch, tmp_path)
    assert "XDG_CACHE_HOME" not in os.environ
    assert capsys.readouterr().out == ""


def settled(monkeypatch, folder):
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(compile_cache, "shared_folder", lambda: folder / "own")
    # What it sets is taken back after the test.
    monkeypatch.setattr(os, "environ", dict(os.environ))
    compile_cache.settle()


@pytest.mark.parametrize("what", ["processor", "compiler", "packages"])
def test_what_compiles_and_what_it_is_compiled_for_have_their_own(framework, monkeypatch, what):
    """Nodes of a cluster may share a home, and a compiler may be newer than the cache."""
    before = compile_cache.file_of(framework, PARTS)
    found = getattr(compile_cache, what)()
    assert found and compile_cache.file_of(framework, PARTS) == before
    another = [*found, "another"] if isinstance(found, list) else "another"
    monkeypatch.setattr(compile_cache, what, lambda: another)
    assert compile_cache.file_of(framework, PARTS) != before


def test_neither_seed_nor_epochs_are_compiled(framework, monkeypatch):
    monkeypatch.setattr(registry, "module", lambda name: framework)
    args = SimpleNamespace(framework="theano", implementation="tuned", settings="matched", device="cpu")
    spec = training_spec.TrainingSpec("digits", 1, {"layers": []}, {"epochs": 3, "batch_size": 32})
    file = compile_ahead.compiled_file(args, spec)
    more = replace(spec, seed=2, training={**spec.training, "epochs": 9})
    assert compile_ahead.compiled_file(args, more) == file
    larger = replace(spec, training={**spec.training, "batch_size": 64})
    assert compile_ahead.compiled_file(args, larger) != file
