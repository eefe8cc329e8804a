"""What the workflow prints at its start and end."""

import logging
import os
import shlex
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from scripts.core import commands
from scripts.core.errors import UserError
from scripts.workflow.planning import Config

ALL_TRIGGERS = 5  # code, input, mtime, params, software-env: Snakemake's default
SHOWN = 5  # failures; the others are counted


def in_workflow(check: Callable[..., Any], *arguments: Any) -> Any:
    """Return what `check` returns.

    Raises its UserError as WorkflowError, of which Snakemake prints no traceback.
    """
    from snakemake.exceptions import WorkflowError

    try:
        return check(*arguments)
    except UserError as error:
        raise WorkflowError(str(error)) from None


def without_commands(entry: logging.LogRecord) -> bool:
    """Take shell commands out of what Snakemake prints of failed jobs; a filter of its log.

    They hold the whole config, among which nobody finds the reason. --printshellcmds shows them.
    """
    if hasattr(entry, "shellcmd") and hasattr(entry, "rule_msg"):
        entry.shellcmd = None
    return not str(entry.msg).startswith("RuleException:\nCalledProcessError in")


def planned(config: Config, runs: Sequence[Any]) -> str:
    """Return what is planned, in one line."""
    return (
        f"trainclock: {len(runs)} training runs planned ({', '.join(config['frameworks'])};"
        f" {', '.join(config['datasets'])}; {', '.join(config['splits'])}); results in"
        f" {config['results']}/"
    )


def warnings_at_start(
    config: Config,
    left_out: Iterable[str],
    failures: Mapping[str, str],
    older: Sequence[str],
    cores: int | None,
) -> list[str]:
    """Return what is not planned, what failed before, what older code made, and threads that are lowered.

    `cores` are those that jobs share on this machine; None: each job has its own, on a cluster.
    """
    results = config["results"]
    lines = [f"trainclock: not planned: {sentence}" for sentence in left_out]
    if failures:
        lines.append(
            f"trainclock: {len(failures)} jobs are recorded as failed and are not tried again;"
            f" {try_again(results)}"
        )
    if older:
        lines.append(
            f"trainclock: {len(older)} finished runs were made by older training code; they stay, and the"
            " table of flags names them. To make them again, add to your command:"
            f" --forcerun $({commands.status('older', results)})"
        )
    if cores is not None and config["threads"] > cores:
        lines.append(
            f"trainclock: threads: {config['threads']} in the config is lowered to --cores {cores}; records"
            " and report say so. Times with other thread counts are other measurements."
        )
    return lines


def check_profile(triggers: Iterable[str], anything_finished: bool) -> list[str]:
    """Return what to warn of where the workflow's own profile was not read; nothing where it was.

    `triggers` are the names of Snakemake's rerun triggers, of which the profile leaves out three. Raises
    UserError if there is something finished that they would make again.
    """
    if len(set(triggers)) < ALL_TRIGGERS:
        return []
    lost = "the workflow's own profile, profiles/default, is not read (--workflow-profile)"
    if anything_finished:
        raise UserError(
            f"{lost}: finished runs would be made again after an edit of code, environments or config lists."
            " Add --rerun-triggers mtime params --keep-going, or leave --workflow-profile out"
        )
    return [f"trainclock: {lost}: a failed run stops the others (--keep-going)"]


def at_end(failures: Mapping[str, str], results: str) -> list[str]:
    """Return what is recorded as failed after a workflow that went through; nothing if nothing failed."""
    return [failed(failures, try_again(results))] if failures else []


def at_error(failures: Mapping[Any, str]) -> list[str]:
    """Return what failed in a workflow that failed, and how to go on; nothing if no run did."""
    end = (
        "What is finished stays, and the same command tries the rest again. For tables without them, add"
        " --config on_failure=record"
    )
    return [failed(failures, end)] if failures else []


def failed(failures: Mapping[Any, str], end: str) -> str:
    """Return what failed and why, by path, the first five of it; then `end`."""
    lines = [f"  {path}: {reason}" for path, reason in [*failures.items()][:SHOWN]]
    more = [f"  and {len(failures) - SHOWN} more"] if len(failures) > SHOWN else []
    head = f"trainclock: {len(failures)} jobs of training or of the parity certificate failed:"
    return "\n".join([head, *lines, *more, end])


def try_again(results: str) -> str:
    """Return how to try failed jobs again."""
    return (
        "tables and report name them. To try them again, add to your command:"
        f" --forcerun $({commands.status('failed', results)})"
    )


def summaries(targets: Iterable[str], results: str) -> list[str]:
    """Return what the targets `plan` and `compare` end with: their summary and where their table is."""
    return [
        f"\n{Path(results, name, 'summary.txt').read_text()}\nTable: {results}/{name}/{name}.html"
        for name in ("plan", "compare")
        if name in targets
    ]


def ends_with_summary(targets: Iterable[str], quiet: Iterable[Any] | None) -> bool:
    """Return whether the summary of the experiment is printed: after `all`, unless --quiet.

    `make` prints it by itself, also where nothing was to be done.
    """
    silent = any(one.name == "ALL" for one in quiet or ())
    return not silent and {*targets} <= {"all"} and "MAKELEVEL" not in os.environ


def print_summary(step: str, results: str) -> None:
    """Print the summary of an experiment; `step` are the words that run a step in the analysis' Python."""
    tables = Path(results, "tables")
    again = f"your command with --forcerun $({commands.status('doubtful', results)})"
    command = [*shlex.split(step), "summary", "--runs", tables / "runs.parquet"]
    command += ["--verdicts", tables / "verdicts.csv", "--again", again]
    print(flush=True)
    subprocess.run([str(word) for word in command], check=False)
    print(f"\nTables:  {tables}/\nFigures: {results}/figures/", flush=True)
