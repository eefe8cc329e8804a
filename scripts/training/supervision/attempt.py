"""One attempt at a run: wait for its end, unless somebody interrupts it or Snakemake is gone."""

import signal
import subprocess
import sys
import threading
from typing import IO, TYPE_CHECKING, Callable, List, Optional, Sequence, Tuple

from scripts.training.supervision.ancestry import intact
from scripts.training.supervision.endings import INTERRUPTS
from scripts.training.supervision.lifeline import die_with_parent

POLL_INTERVAL_S = 1  # between two checks that Snakemake is still there
GRACE_PERIOD_S = 10  # from asking a run to end to killing it
ASKED_TO_END: List[int] = []  # signals that have reached this process


if TYPE_CHECKING:  # Python 3.6 has no Protocol
    from typing import Protocol

    class Child(Protocol):
        """A run that was started: a process of its own (Popen), or a fork (forks.ForkedRun)."""

        returncode: Optional[int]  # -N: killed by signal N; None: it runs

        def wait(self) -> int:
            """Wait for its end and give its exit status."""
            ...

        def terminate(self) -> None:
            """Ask it to end."""
            ...

        def kill(self) -> None:
            """End it."""
            ...


def start_process(command: Sequence[str], output: Optional[IO[str]] = None) -> "subprocess.Popen[bytes]":
    """Start a command that ends with this process; its output goes where ours goes, or to `output`."""
    return subprocess.Popen(command, preexec_fn=die_with_parent, stdout=output, stderr=output)  # noqa: PLW1509


def attempt(start: Callable[[], "Child"], line: Sequence[int]) -> Tuple[int, Optional[int]]:
    """Start a run and wait for its end: (exit status, the signal that interrupted us or None).

    The exit status is -N if signal N killed it. `line` is that of ancestry.line_to_snakemake().
    """
    for number in INTERRUPTS:
        # What nohup has set stays: that the terminal goes ends nothing.
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda number, frame: ASKED_TO_END.append(number))
    if ASKED_TO_END:  # since the attempt before
        return -ASKED_TO_END[0], ASKED_TO_END[0]
    child = start()
    ended = threading.Event()  # a thread waits: one wake-up a second disturbs no clock
    threading.Thread(target=lambda: (child.wait(), ended.set()), daemon=True).start()
    while not ended.wait(POLL_INTERVAL_S) and not ASKED_TO_END:
        if not intact(line):
            end(child, ended)
            sys.exit("error: Snakemake has ended; the same command makes this run again")
    end(child, ended)
    return child.returncode or 0, next(iter(ASKED_TO_END), None)


def end(child: "Child", ended: threading.Event) -> None:
    """Ask a child to end, and kill it when the grace period is over."""
    if not ended.is_set():
        child.terminate()
    if not ended.wait(GRACE_PERIOD_S):
        child.kill()
        ended.wait()
