"""What several tests share: the environments, built once, and a real quickstart."""

import fcntl
import os
import shutil
import sys
from pathlib import Path

import pytest
from commands import call
from concerned import to_try
from paths import ENVIRONMENTS, ROOT

# What Theano compiles is compiled once for all tests.
if shutil.which("g++"):
    os.environ.setdefault("CXX", str(ROOT / "tests" / "support" / "bin" / "cached-g++"))

# `make test` runs three processes, and a file goes to the one that is free: the longest come first, so that
# all end at about the same time. Those of conda and crashes have work while the quickstart is made.
LONGEST = ("test_smoke", "test_small_networks", "test_conda", "test_crashes", "test_slurm", "test_offline")
SLOW_FIXTURES = {
    "quickstart",
    "environments",
    "mirror",
    "python_of",
    "pip_audit",
}  # environments are made for them


def pytest_collection_modifyitems(config, items):
    """Mark as slow what is in e2e/, starts Snakemake or needs a real experiment; the longest come first.

    Long tests of a framework that no change concerns are left out.
    """
    of_others = [item for item in items if any(mark.args[0] not in to_try() for mark in marks(item))]
    if of_others:
        config.hook.pytest_deselected(items=of_others)
        items[:] = [item for item in items if item not in of_others]
    for item in items:
        starts_snakemake = "snakemake" in item.name
        if "e2e" in item.path.parts or starts_snakemake or SLOW_FIXTURES & set(item.fixturenames):
            item.add_marker(pytest.mark.slow)
    place = {name: at for at, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.stem, len(LONGEST)))


def marks(item):
    """The marks of a test that name its framework."""
    return list(item.iter_markers("framework"))


@pytest.fixture(scope="session")
def quickstart(tmp_path_factory, worker_id):
    """What `make quickstart` prints in this checkout, typed as a user would; made by one process for all."""
    folder = tmp_path_factory.getbasetemp()
    output = (folder if worker_id == "master" else folder.parent) / "quickstart"
    with Path(f"{output}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not output.exists():
            done = call("make", "quickstart")
            assert done.returncode == 0, done.stdout
            output.write_text(done.stdout)
    return output.read_text()


@pytest.fixture(scope="session")
def environments(quickstart):
    """The folder of environments: of the quickstart's frameworks and of those that are tried at length."""
    files = [f"envs/{name}.yaml" for name in to_try()]
    done = call(sys.executable, "scripts", "environment", "--folder", ENVIRONMENTS, *files)
    assert done.returncode == 0, done.stdout
    return ENVIRONMENTS


@pytest.fixture(scope="session")
def mirror():
    folder = os.environ.get("TRAINCLOCK_MIRROR")
    if not folder:
        pytest.skip("TRAINCLOCK_MIRROR names no folder with the official files")
    return folder
