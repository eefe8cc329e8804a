"""What every check of the doctor takes and returns, and what several of them ask of this machine.

A check takes the Plan of what the user is about to run and returns a Result with the commands that fix it.
What it sees of the machine comes through PATH, the environment's variables, files and addresses. Standard
library alone, Python 3.8.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import namedtuple

from scripts.environments.env_file import Environment, is_current

# state: "ok"; "note": it will do, or matters only for what was not asked for; "fix": what was asked for
# would stop. fixes: commands or sentences that fix it, none where nothing need be done.
Result = namedtuple("Result", "name state found fixes")

# root, folder: of the checkout and of the environments. environments: Environment of each framework on
# each device; isolated: whether they are used, and not the interpreter that Snakemake runs in; gpu: those
# that GPU runs would use. datasets: those with files to download. asked: the user named an experiment;
# without one the quickstart is judged, and the study's data is looked at as well. snakemake: its command.
Plan = namedtuple(
    "Plan",
    "root folder frameworks devices datasets threads memory_mb results mirror"
    " environments isolated gpu asked snakemake",
)

PROBE_S = 10  # for a command that only says something about itself


def ok(name: str, found: str) -> Result:
    return Result(name, "ok", found, ())


def note(name: str, found: str, *fixes: str) -> Result:
    return Result(name, "note", found, fixes)


def fix(name: str, found: str, *fixes: str) -> Result:
    return Result(name, "fix", found, fixes)


def install(debian: str, fedora: str) -> list[str]:
    """Write the command for this machine's package manager; both where neither is seen."""
    commands = {"apt": f"sudo apt install {debian}", "dnf": f"sudo dnf install {fedora}"}
    here = [command for tool, command in commands.items() if shutil.which(tool)]
    return here[:1] or [f"{commands['apt']}   # Debian, Ubuntu", f"{commands['dnf']}   # Fedora, RHEL"]


def output(*command: object) -> tuple[int | None, str, str]:
    """Return exit status, stdout and last line of stderr of a command; None if it hangs or cannot start."""
    try:
        done = subprocess.run(
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
        return None, "", error.strerror
    text, errors = (part.decode(errors="replace").strip() for part in (done.stdout, done.stderr))
    return done.returncode, text, (errors or text).rpartition("\n")[2]


def version_in(text: str) -> tuple[int, ...]:
    """Return the first dotted number as a tuple; () if there is none."""
    found = re.search(r"\d+(\.\d+)+", text)
    return tuple(int(part) for part in found.group().split(".")) if found else ()


def dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def venv_is_ready(plan: Plan) -> bool:
    """Return whether `make setup` has nothing to do."""
    ready = plan.root / ".venv" / "ready"
    made_from = [plan.root / "pyproject.toml", plan.root / "envs" / "analysis.yaml"]
    return ready.exists() and all(file.stat().st_mtime <= ready.stat().st_mtime for file in made_from)


def lacking(plan: Plan) -> list[Environment]:
    """List the environments that must be made: not there yet, or their file has changed."""
    if not plan.isolated:
        return []
    return [one for one in plan.environments if not is_current(one, plan.folder)]


def workarounds(plan: Plan, names: list[str]) -> list[str]:
    """List how to go on where the machine lacks what some frameworks need."""
    ways = (
        [f"or let conda bring it: make setup; {plan.snakemake} --use-conda"] if shutil.which("conda") else []
    )
    rest = ", ".join(name for name in plan.frameworks if name not in names)
    if rest:
        command = f"{plan.snakemake} --config 'frameworks=[{rest}]'"
        ways.append(f"or without {', '.join(names)}: make setup; {command}")
    return ways
