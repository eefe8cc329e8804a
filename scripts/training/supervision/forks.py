"""Several runs from one process that has imported their framework: each is a fork of it.

A framework takes seconds to import, as long as a small run trains. A fork begins with what is imported, and
is a process of its own otherwise: what a run leaves behind, a crash among it, reaches no other run. Importing
starts no thread and opens no device (a test holds each framework to it): those do not survive a fork.

`train --serve` is the process that imports; ForkServer talks to it. Each line of its input is a run as JSON,
for which it prints the id of the fork, then its exit status.
"""

import argparse
import atexit
import contextlib
import json
import os
import signal
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any, Dict, Optional, Sequence

from scripts.training import session, timing
from scripts.training.code_digest import trainer_digest
from scripts.training.frameworks import registry
from scripts.training.supervision.lifeline import die_with_parent

AHEAD = timing.Stopwatch()  # of what was imported before the fork


def imported_ahead_s() -> Optional[float]:
    """Give the seconds that the import before the fork took; None in a process that is no fork."""
    return AHEAD.seconds or None


# ---- The process that imports ----


def serve(args: argparse.Namespace) -> None:
    """Import the framework, then fork for each run that is asked for.

    Returns in the forks alone, with the run's words in sys.argv and its log as output; the process itself
    ends with its input.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the fork; who started us ends us
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    variables = dict(os.environ)
    session.set_threads(args.threads, args.device, args.thread_wait)
    with AHEAD, contextlib.suppress(Exception):  # which each run meets again, and reports
        registry.module(args.framework).import_ahead()
    trainer_digest(args.framework)  # each fork then has it
    for line in sys.stdin:
        asked = json.loads(line)
        with warnings.catch_warnings():  # of threads and forks: there is none but OpenBLAS's, which stop
            warnings.simplefilter("ignore")
            process = os.fork()
        if process == 0:
            become(asked, variables)
            return
        print(process, file=replies, flush=True)
        _, status = os.waitpid(process, 0)
        code = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
        print(code, file=replies, flush=True)
    os._exit(0)


def become(asked: Dict[str, Any], variables: Dict[str, str]) -> None:
    """Make of a fork what a process of its own would be: its words, output, signals and variables."""
    die_with_parent()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    log = os.open(asked["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for new, old in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(new, old)
    os.environ.clear()
    os.environ.update(variables)
    sys.argv[1:] = asked["arguments"]


def leave() -> None:
    """End a fork whose record is written, but for the freeing of each object that was imported.

    Python takes most of a second for that. Files in the temporary folder are removed by functions that run
    at exit: those are called.
    """
    if imported_ahead_s() is not None:
        with contextlib.suppress(Exception):  # which Python would print, and end all the same
            atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


# ---- The process that asks ----


class ForkServer:
    """The process that imports, started when the first run asks for it, and again if it was killed."""

    def __init__(self, command: Sequence[str]) -> None:
        self.command = command
        self.process: Optional["subprocess.Popen[str]"] = None

    def start(self, arguments: Sequence[str], log: Path) -> "ForkedRun":
        """Start a run with these words after `train`; its output goes to the end of the log."""
        if self.process is None or self.process.poll() is not None:
            pipes: Dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
            pipes["universal_newlines"] = True  # text, also of Python 3.6
            self.process = subprocess.Popen(self.command, preexec_fn=die_with_parent, **pipes)  # noqa: PLW1509
        return ForkedRun(self.process, {"arguments": [*arguments], "log": str(log)})

    def close(self) -> None:
        """End the process."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()


class ForkedRun:
    """A fork, as attempt() waits for it."""

    def __init__(self, server: "subprocess.Popen[str]", asked: Dict[str, Any]) -> None:
        self.server = server
        self.process: Optional[int] = None  # its id, once it is there
        self.returncode: Optional[int] = None
        with contextlib.suppress(BrokenPipeError):  # the server has ended, which wait() finds out
            print(json.dumps(asked), file=server.stdin, flush=True)

    def wait(self) -> int:
        """Wait for its end: its exit status, -N for signal N, or that of the server if that has ended."""
        self.process = self.reply()
        status = self.reply()
        self.returncode = self.server.wait() if status is None else status
        return self.returncode

    def reply(self) -> Optional[int]:
        """Read the server's next line; None if it has ended."""
        line = self.server.stdout.readline() if self.server.stdout else ""
        return int(line) if line else None

    def terminate(self) -> None:
        """Ask it to end."""
        self.send(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send(signal.SIGKILL)

    def send(self, number: int) -> None:
        """Send it a signal; to the server while that imports."""
        with contextlib.suppress(ProcessLookupError):  # it has ended
            os.kill(self.process or self.server.pid, number)
