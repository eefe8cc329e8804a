"""The libraries that CNTK asks for are found or made, or one message says what is missing."""

import ctypes
import subprocess
import sys

import pytest
from paths import ROOT

from scripts.core.errors import UserError
from scripts.training.frameworks.cntk import linked

NAMES = sorted(linked.MADE)
# In a process of its own: what is loaded stays.
SYMBOLS = """
import ctypes, sys
from scripts.training.frameworks.cntk import linked
libraries = [ctypes.CDLL(str(linked.made(name))) for name in sorted(linked.MADE)]
print(bool(libraries[1]._ZN3MPI3Win4FreeEv), bool(libraries[1]._ZN3MPI4CommC2Ev))
"""


@pytest.fixture
def cache(monkeypatch, tmp_path):
    """Folder in which nothing was made yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    return tmp_path / "trainclock" / "cntk"


def test_libraries_of_the_old_names_are_made_once(cache):
    made = [linked.made(name) for name in NAMES]
    assert [path.relative_to(cache).name for path in made] == NAMES == ["libmpi.so.12", "libmpi_cxx.so.1"]
    times = [path.stat().st_mtime_ns for path in made]
    assert [linked.made(name).stat().st_mtime_ns for name in NAMES] == times
    assert sorted(path.name for path in cache.iterdir()) == NAMES, "something half made was left"
    done = subprocess.run(
        [sys.executable, "-c", SYMBOLS], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout == "True True\n", done.stderr


def test_without_a_compiler_one_message_says_what_to_install(cache, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match=r"g\+\+ is not on PATH: install it .*leave cntk out"):
        linked.made("libmpi.so.12")
    assert not cache.exists()


def test_a_compiler_that_fails_leaves_nothing(cache, monkeypatch, tmp_path):
    compiler = tmp_path / "broken-g++"
    compiler.write_text("#!/bin/sh\necho no space left >&2\nexit 1\n")
    compiler.chmod(0o755)
    monkeypatch.setenv("CXX", str(compiler))
    with pytest.raises(UserError, match=r"broken-g\+\+ cannot make libmpi\.so\.12.*no space left"):
        linked.made("libmpi.so.12")
    assert [path for path in cache.rglob("*") if path.is_file()] == []


def test_a_python_without_its_library_is_named(monkeypatch):
    def nothing(name, mode=0):
        raise OSError(name)

    monkeypatch.setattr(ctypes, "CDLL", nothing)
    with pytest.raises(UserError, match=r"cntk needs libpython3\.\d+m\.so\.1\.0.*--enable-shared"):
        linked.load_python()


def test_a_python_that_has_its_library_beside_it_is_loaded(monkeypatch):
    """As conda's: its own program is linked without it."""
    asked = []

    def beside(name, mode=0):
        asked.append(name)
        if not name.startswith(sys.base_prefix):
            raise OSError(name)

    monkeypatch.setattr(ctypes, "CDLL", beside)
    linked.load_python()
    assert len(asked) == 2 and asked[1].startswith(f"{sys.base_prefix}/lib/libpython")
