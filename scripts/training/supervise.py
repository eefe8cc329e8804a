"""Run the command of one training run, or of its first steps, and see to it that its end is told.

The reason of a failure becomes the last line of the log, also where the run had no time to tell: killed,
crashed, out of memory. With `--on-failure record` a failure is written in the place of the outputs and the
exit status is 0, so that the rest of the experiment goes on. A run that was interrupted (Ctrl-C, scancel)
is never taken for a failed one. If Snakemake is killed, the run ends too: it would otherwise train on beside
its own repetition.

Runs inside the framework's environment: Python 3.8 or later, nothing else.
"""

import argparse
import ctypes
import datetime
import os
import platform
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

from scripts.core import record

LOOK_S = 1  # how often it is looked whether Snakemake is still there
MERCY_S = 10  # from asking a run to end to killing it
TAIL = 20_000  # bytes of the log in which the reason is looked for
INTERRUPTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
REASON = re.compile(r"error: (.+)|((?:\w+\.)*\w*(?:Error|Exception|Failure)\b.*)")
SIGNALS = {
    "SIGKILL": "as the system does when memory runs out",
    "SIGABRT": "it gave up by itself, as libraries do that get no memory",
    "SIGSEGV": "a mistake in a library, or one that does not fit this processor",
    "SIGILL": "a library that does not fit this processor",
    "SIGBUS": "a full disk or failing memory",
}
PR_SET_PDEATHSIG = 1


def options():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--on-failure", default="stop", choices=["stop", "record"])
    parser.add_argument("--log", required=True, type=Path, help="where the output of this command goes")
    parser.add_argument("--outputs", required=True, nargs="+", type=Path, help="what the command writes")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="after --")
    args = parser.parse_args()
    args.command = args.command[args.command[:1] == ["--"] :]
    if not args.command:
        parser.error("no command is given after --")
    return args


def now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")


# ---- Who is above us ----


def parent(process):
    """Id of a process's parent. Raises OSError if there is no such process, or no /proc."""
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def is_snakemake(process):
    words = Path(f"/proc/{process}/cmdline").read_bytes().decode(errors="replace").split("\0")
    return "snakemake" in [Path(word).name for word in words[:3]]


def line_to_snakemake():
    """Ids of the processes from this one up to Snakemake's; from this to its parent where there is none."""
    line = [os.getpid(), os.getppid()]
    try:
        while not is_snakemake(line[-1]):
            line.append(parent(line[-1]))
        return line
    except OSError:  # process 0, or a system without /proc
        return line[:2]


def intact(line):
    """Whether all of the line still live: an orphan is given another parent."""
    try:
        return os.getppid() == line[1] and all(
            parent(child) == above for child, above in zip(line[1:], line[2:])
        )
    except OSError:
        return False


def die_with_parent():
    """In the child, before its program starts: if we are killed, it is. Linux alone can do that."""
    if LIBC is not None:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


# ---- The attempt ----


def attempt(command, line):
    """Run the command to its end: (exit status, -N if signal N killed it; the signal that interrupted us,
    or None)."""
    asked = []
    for number in INTERRUPTS:
        signal.signal(number, lambda number, frame: asked.append(number))
    child = subprocess.Popen(command, preexec_fn=die_with_parent)  # noqa: PLW1509
    ended = threading.Event()  # a thread waits: one wake-up a second disturbs no clock
    threading.Thread(target=lambda: (child.wait(), ended.set()), daemon=True).start()
    while not ended.wait(LOOK_S) and not asked:
        if not intact(line):
            end(child, ended)
            sys.exit("error: Snakemake has ended; the same command makes this run again")
    end(child, ended)
    return child.returncode, next(iter(asked), None)


def end(child, ended):
    if not ended.is_set():
        child.terminate()
    if not ended.wait(MERCY_S):
        child.kill()
        ended.wait()


def reason_of(status, log):
    """Why it failed, in one line, from the exit status and the text of the log."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    told = next(filter(None, map(REASON.fullmatch, reversed(lines))), None)
    words = told and (told[1] or told[2])
    if status >= 0:
        return words or f"exit status {status} after: {lines[-1] if lines else 'nothing was printed'}"
    name = signal.Signals(-status).name
    death = f"killed by {name}" + (f", {SIGNALS[name]}" if name in SIGNALS else "")
    return f"{death} ({words})" if words else death


def tail(path):
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - TAIL))
            return file.read().decode(errors="replace")
    except OSError:
        return ""


def asked_to_end(status):
    """Whether the command itself was interrupted: its signal, or a shell's number for it."""
    return any(status in (-number, 128 + number) for number in INTERRUPTS)


def killed_by_cluster(status):
    """A cluster kills what needs more than it asked for, and Snakemake tries it again with more."""
    return status == -signal.SIGKILL and "SLURM_JOB_ID" in os.environ


def main():
    args = options()
    started, line = now(), line_to_snakemake()
    try:
        status, interrupt = attempt(args.command, line)
    except OSError as error:
        sys.exit(f"error: {args.command[0]} cannot be run: {error.strerror}")
    if status == 0:
        return
    if interrupt:
        print(f"error: interrupted by {signal.Signals(interrupt).name}", flush=True)
        sys.exit(128 + interrupt)
    if asked_to_end(status):
        print("error: interrupted", flush=True)
        sys.exit(1)
    log = tail(args.log)
    reason = reason_of(status, log)
    recorded = args.on_failure == "record" and not killed_by_cluster(status)
    if recorded:
        failure = record.Failure(reason, started, now(), platform.node())
        for path in args.outputs:
            record.write_failure(failure, path)
    if not log.endswith(f"error: {reason}\n"):
        print(f"error: {reason}", flush=True)
    sys.exit(0 if recorded else 1)
