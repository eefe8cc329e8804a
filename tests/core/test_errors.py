"""How a step ends: an expected failure is one message, a mistake in the program keeps its traceback."""

import errno
import os
import re
import signal

import pytest

from scripts.core.errors import UserError, run
from scripts.training.machine.software import WrongEnvironment
from scripts.training.session import RunFailed

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def named(error, *names):
    """The same error of these files."""
    return OSError(error.errno, error.strerror, names[0], None, *names[1:])


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (UserError("seed: 'x' is no number"), "seed: 'x' is no number"),
        (RunFailed("the loss is nan"), "the loss is nan"),
        (WrongEnvironment("not this Python"), "not this Python"),
        (named(FULL, "a.json"), "a.json: No space left on device"),
        (named(FULL, "a.part", "a"), "a.part -> a: No space left on device"),
        (MemoryError("7 GiB"), "memory ran out (7 GiB)"),
        (MemoryError(), "memory ran out (nothing more is known)"),
    ],
)
def test_an_expected_failure_is_one_message(error, message):
    with pytest.raises(SystemExit) as ended:
        run(raiser(error), unwind_on_sigterm=False)
    assert ended.value.code == f"error: {message}"


def test_an_error_that_names_no_file_names_the_place_in_the_code():
    with pytest.raises(SystemExit) as ended:
        run(raiser(OSError(errno.EROFS, os.strerror(errno.EROFS))), unwind_on_sigterm=False)
    assert re.fullmatch(r"error: Read-only file system \(in .*test_errors\.py, line \d+\)", ended.value.code)


def raiser(error):
    def main():
        raise error

    return main


def test_ctrl_c_is_the_number_that_shells_give_it():
    with pytest.raises(SystemExit) as ended:
        run(raiser(KeyboardInterrupt()), unwind_on_sigterm=False)
    assert ended.value.code == 128 + signal.SIGINT


def test_a_mistake_in_the_program_keeps_its_traceback():
    with pytest.raises(ZeroDivisionError):
        run(lambda: 1 / 0, unwind_on_sigterm=False)


def test_sigterm_unwinds_where_that_is_wanted():
    before, seen = signal.getsignal(signal.SIGTERM), []

    def main():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            signal.pause()
        finally:
            seen.append("tidied up")

    try:
        with pytest.raises(SystemExit) as ended:
            run(main)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert ended.value.code == 128 + signal.SIGTERM and seen == ["tidied up"]


def test_sigterm_keeps_its_action_where_a_process_must_end_at_once():
    before = signal.getsignal(signal.SIGTERM)
    run(lambda: None, unwind_on_sigterm=False)
    assert signal.getsignal(signal.SIGTERM) == before
