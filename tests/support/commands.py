"""Commands as a user types them, and what Snakemake plans."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

from paths import ROOT, SNAKEMAKE


def call(*command: Any, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a command; its output, both streams together, is in `stdout`."""
    return subprocess.run(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        **{"cwd": ROOT, **options},
    )


def snakemake(*options: Any, directory: Path, **more: Any) -> subprocess.CompletedProcess[str]:
    """Run this workflow in another folder; environments are shared."""
    command = [SNAKEMAKE, "--snakefile", ROOT / "Snakefile", "--directory", directory]
    return call(*command, "--cores", "2", *options, **more)


def planned(*options: Any, directory: Path = ROOT) -> str:
    """Make a dry run, and return what it prints."""
    finished = snakemake("--dry-run", *options, directory=directory)
    assert finished.returncode == 0, finished.stdout
    return finished.stdout


def planned_runs(output: str) -> int:
    """Count the training runs in the job statistics of a dry run; a job may make several folds."""
    jobs = re.findall(r"^train(?:_folds_(\d+)_to_(\d+))? +(\d+)$", output, flags=re.M)
    # Once each: a dry run prints them at its start and at its end.
    return sum((int(last or 0) - int(first or 0) + 1) * int(count) for first, last, count in set(jobs))


def printed_by(environments: Path, script: str, name: str, *more: str) -> Any:
    """Return the JSON on the last line that a script of tests/support prints in an environment."""
    command = [environments / name / "bin" / "python", ROOT / "tests" / "support" / f"{script}.py"]
    done = subprocess.run([*command, name, *more], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])
