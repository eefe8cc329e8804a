"""What compiling cost the first time is kept in the cache, for each network and implementation."""

from types import SimpleNamespace

import pytest

from scripts.core.record import write_json
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
    assert [name for name in registry.names() if registry.framework(name).compile_cache] == ["theano"]
