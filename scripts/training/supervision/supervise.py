"""Run the command of one training run, or of its first steps, and make sure that its end is reported.

The reason of a failure becomes the last line of the log, also where the run had no time to report it: killed,
crashed, out of memory. With `--on-failure record` a failure is written in the place of the outputs and the
exit status is 0, so that the rest of the experiment goes on. A run that was interrupted (Ctrl-C, scancel)
is never taken for a failed one. If Snakemake is killed, the run ends too: it would otherwise train on at the
same time as its own repetition.

Runs inside the framework's environment: Python 3.8 or later, nothing else.
"""

import argparse
import contextlib
import datetime
import os
import platform
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import List, Optional, Sequence, Tuple

from scripts.core import record
from scripts.training.supervision import repeat
from scripts.training.supervision.lifeline import die_with_parent

POLL_INTERVAL_S = 1  # between two checks that Snakemake is still there
GRACE_PERIOD_S = 10  # from asking a run to end to killing it
TAIL = 20_000  # bytes at the end of the log in which the reason is searched for
INTERRUPTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
REASON = re.compile(r"error: (.+)|((?:\w+\.)*\w*(?:Error|Exception|Failure)\b.*)")
SIGNALS = {
    "SIGKILL": "as the system does when memory runs out",
    "SIGABRT": "it gave up by itself, as libraries do that get no memory",
    "SIGSEGV": "a mistake in a library, or one that does not fit this processor",
    "SIGILL": "a library that does not fit this processor",
    "SIGBUS": "a full disk or failing memory",
}


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--on-failure", default="stop", choices=["stop", "record"])
    parser.add_argument(
        "--tried-again", action="store_true", help="if it is killed, it is tried again with more memory"
    )
    parser.add_argument("--log", required=True, type=Path, help="where the output of this command goes")
    parser.add_argument("--outputs", required=True, nargs="+", type=Path, help="what the command writes")
    parser.add_argument("--repeat", type=repeat.policy, metavar="JSON", help="what to do if it is doubtful")
    parser.add_argument(
        "--terminal", type=int, metavar="FD", help="file descriptor of the terminal, if the log is another"
    )
    parser.add_argument("command", nargs=argparse.REMAINDER, help="after --")
    args = parser.parse_args()
    args.command = args.command[args.command[:1] == ["--"] :]
    if not args.command:
        parser.error("no command is given after --")
    return args


def now() -> str:
    """Give the time in UTC, ISO 8601, to the second."""
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")


# ---- Who is above us ----


def parent(process: int) -> int:
    """Read the id of a process's parent. Raises OSError if there is no such process, or no /proc."""
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def is_snakemake(process: int) -> bool:
    """Check whether a process is Snakemake's. Raises OSError as parent() does."""
    command = Path(f"/proc/{process}/cmdline").read_bytes().decode(errors="replace").split("\0")
    return "snakemake" in [Path(word).name for word in command[:3]]


def line_to_snakemake() -> List[int]:
    """List the processes from this one up to Snakemake's; this one and its parent where there is none."""
    line = [os.getpid(), os.getppid()]
    try:
        while not is_snakemake(line[-1]):
            line.append(parent(line[-1]))
        return line
    except OSError:  # process 0, or a system without /proc
        return line[:2]


def intact(line: Sequence[int]) -> bool:
    """Check whether all of the line still live: an orphan is given another parent."""
    try:
        return os.getppid() == line[1] and all(
            parent(child) == above for child, above in zip(line[1:], line[2:])
        )
    except OSError:
        return False


# ---- The attempt ----


def attempt(command: Sequence[str], line: Sequence[int]) -> Tuple[int, Optional[int]]:
    """Run the command to its end: (exit status, the signal that interrupted us or None).

    The exit status is -N if signal N killed it. `line` is that of line_to_snakemake().
    """
    asked: List[int] = []
    for number in INTERRUPTS:
        signal.signal(number, lambda number, frame: asked.append(number))
    child = subprocess.Popen(command, preexec_fn=die_with_parent)  # noqa: PLW1509
    ended = threading.Event()  # a thread waits: one wake-up a second disturbs no clock
    threading.Thread(target=lambda: (child.wait(), ended.set()), daemon=True).start()
    while not ended.wait(POLL_INTERVAL_S) and not asked:
        if not intact(line):
            end(child, ended)
            sys.exit("error: Snakemake has ended; the same command makes this run again")
    end(child, ended)
    return child.returncode, next(iter(asked), None)


def end(child: "subprocess.Popen[bytes]", ended: threading.Event) -> None:
    """Ask a child to end, and kill it when the grace period is over."""
    if not ended.is_set():
        child.terminate()
    if not ended.wait(GRACE_PERIOD_S):
        child.kill()
        ended.wait()


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


def repeat_if_doubtful(args: argparse.Namespace, line: Sequence[int]) -> None:
    """Repeat a run whose record is doubtful. An interruption ends that, and a whole record is there."""
    (out,) = args.outputs

    def again(path: Path) -> bool:
        command = [str(path) if Path(word) == out else word for word in args.command]
        status, interrupt = attempt(command, line)
        if interrupt:
            sys.exit(0)
        return status == 0

    repeat.keep_cleanest(out, args.repeat, again, lambda text: announce(f"{out}: {text}", args.terminal))


def announce(text: str, terminal: Optional[int]) -> None:
    """Print a line into the log, and on the terminal where there is one."""
    print(text, flush=True)
    if terminal is not None:
        with contextlib.suppress(OSError):  # closed
            os.write(terminal, f"trainclock: {text}\n".encode())


def main() -> None:
    """Run the command, and report or record how it ended."""
    args = options()
    started, line = now(), line_to_snakemake()
    try:
        status, interrupt = attempt(args.command, line)
    except OSError as error:
        sys.exit(f"error: {args.command[0]} cannot be run: {error.strerror}")
    if status == 0:
        if args.repeat:
            repeat_if_doubtful(args, line)
        return
    if interrupt:
        print(f"error: interrupted by {signal.Signals(interrupt).name}", flush=True)
        sys.exit(128 + interrupt)
    if asked_to_end(status):
        print("error: interrupted", flush=True)
        sys.exit(1)
    log = tail(args.log)
    reason = reason_of(status, log)
    # A cluster kills what needs more memory than it asked for. Who tries that again says so: that this is a
    # job of a cluster does not show it, since a whole experiment can be one.
    left_to_next_try = args.tried_again and status == -signal.SIGKILL
    recorded = args.on_failure == "record" and not left_to_next_try
    if recorded:
        failure = record.Failure(reason, started, now(), platform.node())
        for path in args.outputs:
            record.write_failure(failure, path)
    if not log.endswith(f"error: {reason}\n"):
        print(f"error: {reason}", flush=True)
    sys.exit(0 if recorded else 1)
