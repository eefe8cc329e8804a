"""How a run ended, in words: from its exit status and the end of its log."""

import contextlib
import datetime
import os
import platform
import re
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Optional, Sequence

from scripts.core import record

INTERRUPTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
TAIL = 20_000  # bytes at the end of the log in which the reason is searched for
REASON = re.compile(r"error: (.+)|((?:\w+\.)*\w*(?:Error|Exception|Failure)\b.*)")
SIGNALS = {
    "SIGKILL": "as the system does when memory runs out",
    "SIGABRT": "it gave up by itself, as libraries do that get no memory",
    "SIGSEGV": "a mistake in a library, or one that does not fit this processor",
    "SIGILL": "a library that does not fit this processor",
    "SIGBUS": "a full disk or failing memory",
}


def reason_of(status: int, log: str) -> str:
    """Give the reason of a failure in one line, from the exit status and the text of the log."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    match = next(filter(None, map(REASON.fullmatch, reversed(lines))), None)
    message = match and (match[1] or match[2])
    if status >= 0:
        return message or f"exit status {status} after: {lines[-1] if lines else 'nothing was printed'}"
    name = signal.Signals(-status).name
    death = f"killed by {name}" + (f", {SIGNALS[name]}" if name in SIGNALS else "")
    return f"{death} ({message})" if message else death


def tail(path: Path) -> str:
    """Read the end of a log; nothing if it cannot be read."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - TAIL))
            return file.read().decode(errors="replace")
    except OSError:
        return ""


def asked_to_end(status: int) -> bool:
    """Check whether the command itself was interrupted: its signal, or a shell's number for it."""
    return any(status in (-number, 128 + number) for number in INTERRUPTS)


@dataclass(frozen=True)
class Rules:
    """What a failure means to the workflow."""

    started: str  # ISO 8601, UTC
    recorded: bool  # it is written in the place of the outputs, and the experiment goes on
    tried_again: bool  # who is killed is tried again with more memory


def exit_status(
    status: int,
    interrupt: Optional[int],
    *,
    log: Path,
    outputs: Sequence[Path],
    rules: Rules,
    write_line: Callable[[str], None],
) -> int:
    """Report the end of a run that did not end well, or record it; give the exit status that says so.

    `write_line` writes the reason as the last line of the run's `log`.
    """
    if interrupt:
        write_line(f"error: interrupted by {signal.Signals(interrupt).name}")
        return 128 + interrupt
    if asked_to_end(status):
        write_line("error: interrupted")
        return 1
    text = tail(log)
    reason = reason_of(status, text)
    # A cluster kills what needs more memory than it asked for. Who tries that again says so: that this is a
    # job of a cluster does not show it, since a whole experiment can be one.
    recorded = rules.recorded and not (rules.tried_again and status == -signal.SIGKILL)
    if recorded:
        failure = record.Failure(reason, rules.started, now(), platform.node())
        for path in outputs:
            record.write_failure(failure, path)
    if not text.endswith(f"error: {reason}\n"):
        write_line(f"error: {reason}")
    return 0 if recorded else 1


def now() -> str:
    """Give the time in UTC, ISO 8601, to the second."""
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")


def announce(text: str, terminal: Optional[int]) -> None:
    """Print a line into the log, and on the terminal where there is one."""
    print(text, flush=True)
    if terminal is not None:
        with contextlib.suppress(OSError):  # closed
            os.write(terminal, f"trainclock: {text}\n".encode())
