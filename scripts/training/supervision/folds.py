"""Train several folds of one kind of run, one after the other, and make sure that each one's end is reported.

On a CPU all are forks of one process that has imported the framework, where that allows it: see forks.py.
Each fold has its record, its log and its repetitions, as if it had a job of its own. A fold that fails does
not stop the others; those that are finished are kept when the job is killed or one of them has failed, and
the same command makes the rest.

Runs inside the framework's environment: Python 3.6 or later, nothing else.
"""

import argparse
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, List, Optional

from scripts.training.frameworks import registry
from scripts.training.supervision import kept, repeat
from scripts.training.supervision.ancestry import line_to_snakemake
from scripts.training.supervision.attempt import attempt, start_process
from scripts.training.supervision.endings import Rules, announce, exit_status, now
from scripts.training.supervision.forks import ForkServer
from scripts.training.supervision.options import parsed, parser

if TYPE_CHECKING:
    from scripts.training.supervision.attempt import Child

FILES = ("--network", "--splits", "--weights")  # options of `train` that name a file
DATA = ("x.npy", "y.npy", "data.json")
PLACES = ("OMP_PROC_BIND", "OMP_PLACES", "GOMP_CPU_AFFINITY", "KMP_AFFINITY")  # variables of OpenMP


def arguments() -> argparse.Namespace:
    """Read the command line."""
    options = parser(__doc__ or "")
    options.add_argument("--folds", required=True, nargs="+", type=int, help="their numbers")
    options.add_argument("--outputs", required=True, nargs="+", type=Path, help="the record of each fold")
    options.add_argument("--logs", required=True, nargs="+", type=Path, help="the log of each fold")
    options.add_argument("--weights", nargs="*", type=Path, default=[], help="the initial weights of each")
    return parsed(options)


@dataclass
class Job:
    """What the folds share. `command` runs `train` with all options but those of a fold."""

    args: argparse.Namespace
    command: List[str]
    server: Optional[ForkServer]  # None: each fold is a process that imports the framework itself
    line: List[int]


@dataclass(frozen=True)
class Fold:
    """One fold: the options of its run but --out, its record and its log."""

    number: int
    options: List[str]
    out: Path
    log: Path

    def write_line(self, text: str) -> None:
        """Write a line into the fold's log."""
        with self.log.open("a") as file:
            print(text, file=file)


def folds_of(args: argparse.Namespace) -> List[Fold]:
    """List the folds of the command line."""
    weights = args.weights or [None] * len(args.folds)
    return [
        Fold(number, ["--fold", str(number), *(["--weights", str(file)] if file else [])], out, log)
        for number, file, out, log in zip(args.folds, weights, args.outputs, args.logs)
    ]


def main() -> None:
    """Train the folds that are not kept from an earlier try; hand all over once none is missing."""
    args = arguments()
    job = Job(args, args.command, server_of(args.command), line_to_snakemake())
    try:
        statuses = [train(job, fold) for fold in folds_of(args)]
    finally:
        if job.server:
            job.server.close()
    failed = [number for number, status in zip(args.folds, statuses) if status]
    if failed:
        sys.exit(f"error: folds that failed: {', '.join(map(str, failed))}; their logs name the reasons")
    kept.hand_over(args.outputs)


def server_of(command: List[str]) -> Optional[ForkServer]:
    """Give the process whose forks the folds will be; None if there can be none.

    Where a variable says on which cores OpenMP runs, it reads that once, when it is imported, before a
    fold has its own cores.
    """
    allowed = registry.shares_import(option(command, "--framework"), option(command, "--device"))
    allowed = allowed and not any(os.environ.get(name) for name in PLACES)
    return ForkServer([*command, "--serve"]) if allowed else None


def option(command: List[str], name: str) -> str:
    """Give the value of an option of the command."""
    return command[command.index(name) + 1]


def train(job: Job, fold: Fold) -> int:
    """Train one fold to its record, repetitions included, unless it is kept; give its exit status."""
    source = source_of(job, fold)
    if kept.is_there(fold.out, source):
        print(f"fold {fold.number}: kept from an earlier try")
        return 0
    kept.forget(fold.out)
    fold.log.parent.mkdir(parents=True, exist_ok=True)
    fold.log.write_text("")
    rules = Rules(now(), job.args.on_failure == "record", job.args.tried_again)
    record = kept.place(fold.out)
    status, interrupt = attempt(lambda: start(job, fold, record), job.line)
    if status == 0:
        if job.args.repeat:
            repeat_if_doubtful(job, fold, record)
    else:
        status = exit_status(
            status, interrupt, log=fold.log, outputs=[record], rules=rules, write_line=fold.write_line
        )
        if interrupt:
            sys.exit(status)
    if status == 0:
        kept.confirm(fold.out, source)
    print(f"fold {fold.number}: {'finished' if status == 0 else 'failed'}", flush=True)
    return status


def source_of(job: Job, fold: Fold) -> List[object]:
    """List what a fold's record is made from."""
    words = [*job.command, *fold.options]
    files = [Path(words[at + 1]) for at, word in enumerate(words) if word in FILES]
    files += [Path(option(words, "--data"), name) for name in DATA]
    return kept.made_from(option(words, "--framework"), words, files)


def start(job: Job, fold: Fold, out: Path) -> "Child":
    """Start the run of a fold."""
    words = [*fold.options, "--out", str(out)]
    if job.server is None:
        with fold.log.open("a") as log:
            return start_process([*job.command, *words], log)
    return job.server.start([*job.command[job.command.index("train") + 1 :], *words], fold.log)


def repeat_if_doubtful(job: Job, fold: Fold, record: Path) -> None:
    """Repeat a fold whose record is doubtful. An interruption ends that, and a whole record is kept."""

    def again(path: Path) -> bool:
        status, interrupt = attempt(lambda: start(job, fold, path), job.line)
        if interrupt:
            kept.confirm(fold.out, source_of(job, fold))
            sys.exit(128 + interrupt)
        return status == 0

    def report(text: str) -> None:
        fold.write_line(text)
        announce(f"{fold.out}: {text}", job.args.terminal)

    repeat.keep_cleanest(record, job.args.repeat, again, report)
