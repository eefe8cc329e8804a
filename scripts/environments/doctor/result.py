"""What every check of the doctor takes and returns, and what several of them ask of this machine.

A check takes the Plan of what the user is about to run and returns a Result with the commands that fix it.
What it sees of the machine comes through PATH, the environment's variables, files and addresses. Standard
library alone, Python 3.8.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

from scripts.environments.doctor.plain_yaml import Dataset
from scripts.environments.env_file import Environment, is_current


class Result(NamedTuple):
    """What one check found."""

    name: str
    state: str  # ok; note: it will do, or matters only for what was not asked for; fix: it would stop
    message: str
    fixes: tuple[str, ...]  # commands or sentences that fix it, none where nothing need be done


class Plan(NamedTuple):
    """What the user is about to run."""

    root: Path  # of the checkout
    folder: Path  # of the environments
    frameworks: list[str]
    devices: list[str]
    datasets: list[Dataset]  # those with files to download
    threads: int
    memory_mb: int
    results: str
    mirror: str
    environments: list[Environment]  # of each framework on each device
    isolated: bool  # the environments are used, and not the interpreter that Snakemake runs in
    gpu: list[Environment]  # those that GPU runs would use
    asked: bool  # the user named an experiment; if not, the quickstart is judged, and the study's data too
    snakemake: str  # its command


PROBE_S = 10  # for a command that only prints something about itself


def ok(name: str, message: str) -> Result:
    """Make the result of a check that is satisfied."""
    return Result(name, "ok", message, ())


def note(name: str, message: str, *fixes: str) -> Result:
    """Make a result that stops nothing that was asked for."""
    return Result(name, "note", message, fixes)


def fix(name: str, message: str, *fixes: str) -> Result:
    """Make a result that would stop what was asked for."""
    return Result(name, "fix", message, fixes)


def install(debian: str, fedora: str) -> list[str]:
    """Write the command for this machine's package manager; both where neither is seen."""
    commands = {"apt": f"sudo apt install {debian}", "dnf": f"sudo dnf install {fedora}"}
    here = [command for tool, command in commands.items() if shutil.which(tool)]
    return here[:1] or [f"{commands['apt']}   # Debian, Ubuntu", f"{commands['dnf']}   # Fedora, RHEL"]


def output(*command: object) -> tuple[int | None, str, str]:
    """Return exit status, stdout and last line of stderr of a command; None if it hangs or cannot start."""
    try:
        finished = subprocess.run(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            timeout=PROBE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None, "", f"no answer within {PROBE_S} s"
    except OSError as error:
        return None, "", error.strerror or str(error)
    text, errors = (part.decode(errors="replace").strip() for part in (finished.stdout, finished.stderr))
    return finished.returncode, text, (errors or text).rpartition("\n")[2]


def version_in(text: str) -> tuple[int, ...]:
    """Return the first dotted number as a tuple; () if there is none."""
    version = re.search(r"\d+(\.\d+)+", text)
    return tuple(int(part) for part in version.group().split(".")) if version else ()


def dotted(version: tuple[int, ...]) -> str:
    """Write a version as `1.2.3`."""
    return ".".join(map(str, version))


def venv_is_ready(plan: Plan) -> bool:
    """Return whether `make setup` has nothing to do."""
    ready = plan.root / ".venv" / "ready"
    names = ("pyproject.toml", "envs/analysis.yaml", "envs/isolated.pth")
    made_from = [plan.root / name for name in names]
    there = ready.exists() and (plan.root / ".venv" / "bin" / "python").exists()
    return there and all(file.stat().st_mtime <= ready.stat().st_mtime for file in made_from)


def lacking(plan: Plan) -> list[Environment]:
    """List the environments that must be made: not there yet, or their file has changed."""
    if not plan.isolated:
        return []
    return [environment for environment in plan.environments if not is_current(environment, plan.folder)]


def workarounds(plan: Plan, names: list[str]) -> list[str]:
    """List how to go on where the machine lacks what some frameworks need."""
    hints = (
        [f"or let conda bring it: make setup; {plan.snakemake} --use-conda"] if shutil.which("conda") else []
    )
    rest = ", ".join(name for name in plan.frameworks if name not in names)
    if rest:
        command = f"{plan.snakemake} --config 'frameworks=[{rest}]'"
        hints.append(f"or without {', '.join(names)}: make setup; {command}")
    return hints
