"""Every process collects the same tests: `make test` runs two of them, which compare their lists."""

import sys
import time

import pytest
from commands import call


def collected():
    done = call(sys.executable, "-m", "pytest", "--collect-only", "--quiet", "-p", "no:cacheprovider")
    assert done.returncode == 0, done.stdout
    return [line for line in done.stdout.splitlines() if "::" in line]


@pytest.mark.slow
def test_ids_of_tests_are_the_same_in_every_process():
    """In different seconds, too: a time stamp in an id, or a set that is not sorted, would differ."""
    first = collected()
    time.sleep(1.1)
    assert len(first) > 1000
    assert collected() == first
