"""What several tests share: the environments, built once, and a real quickstart."""

import fcntl
import os
import subprocess
from pathlib import Path

import pytest
from paths import ENVIRONMENTS, ROOT, SNAKEMAKE


def call(*command, **options):
    """Run a command; its output, both streams together, is in `stdout`."""
    return subprocess.run(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        **{"cwd": ROOT, **options},
    )


def snakemake(*options, directory, **more):
    """Run this workflow in another folder; environments are shared."""
    command = [SNAKEMAKE, "--snakefile", ROOT / "Snakefile", "--directory", directory]
    return call(*command, "--cores", "2", *options, **more)


# Tests share the cores, and OpenMP's threads spin while they wait: beside other load that makes
# a run of PyTorch or Theano ten times as long. Here nothing is measured, so they sleep instead.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

# `make test` runs two processes, and a file goes to the one that is free: the longest come first, so that
# both end at about the same time.
LONGEST = ("test_smoke", "test_crashes", "test_slurm", "test_conda", "test_prepare_offline")


def pytest_collection_modifyitems(items):
    place = {name: at for at, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.stem, len(LONGEST)))


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
    """The folder of the environments of all frameworks."""
    return ENVIRONMENTS


@pytest.fixture(scope="session")
def mirror():
    folder = os.environ.get("TRAINCLOCK_MIRROR")
    if not folder:
        pytest.skip("TRAINCLOCK_MIRROR names no folder with the official files")
    return folder
