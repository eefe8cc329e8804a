"""What several tests share: the environments, built once, and a real quickstart."""

import os
import subprocess

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


@pytest.fixture(scope="session")
def quickstart():
    """The outcome of `make quickstart` in this checkout, typed as a user would."""
    done = call("make", "quickstart")
    assert done.returncode == 0, done.stdout
    return done.stdout


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
