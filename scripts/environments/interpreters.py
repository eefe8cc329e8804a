"""Which Python each step runs in: conda's, that of an environment which uv has made, or Snakemake's own."""

import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from scripts.core import commands
from scripts.core.errors import UserError
from scripts.core.paths import ENVS, ROOT, SCRIPTS
from scripts.environments.env_file import environment_name

ANALYSIS = ("matplotlib", "pandas", "pooch", "pyarrow", "sklearn")  # modules of data, tables and figures


@dataclass(frozen=True)
class Interpreters:
    """Who makes the environments of frameworks (`current`: nobody), and the folder where uv makes them."""

    made_by: Literal["conda", "uv", "current"]
    folder: Path
    conda_folder: str = ".snakemake/conda"

    def of_analysis(self) -> str:
        """Return the Python of data, tables and figures: conda's or that of Snakemake."""
        return "python" if self.made_by == "conda" else sys.executable

    def outside_jobs(self) -> str:
        """Return the Python of the analysis where no job has put one on PATH, as at the end of a run."""
        if self.made_by == "conda":
            wanted = (ENVS / "analysis.yaml").read_bytes()
            for file in sorted(Path(self.conda_folder).glob("*.yaml")):
                python = file.with_suffix("") / "bin" / "python"
                if python.exists() and file.read_bytes() == wanted:
                    return str(python)
        return sys.executable

    def of(self, name: str) -> str:
        """Return the Python of an environment; conda has its own on PATH in each job."""
        return str(self.folder / name / "bin" / "python") if self.made_by == "uv" else self.of_analysis()

    def step(self, python: str) -> str:
        """Return the words that run a step in a Python, quoted for a shell; the step's name comes next.

        They leave out PYTHONPATH and the packages of the user's home (-I). Not where nobody made an
        environment: those may well be where the frameworks are.
        """
        isolation = [] if self.made_by == "current" else ["-I"]
        return shlex.join([python, *isolation, str(SCRIPTS)])

    def promised(self, name: str) -> str:
        """Return the folder in which the interpreter of a run must be."""
        places = {"uv": str(self.folder / name), "conda": self.conda_folder, "current": sys.prefix}
        return places[self.made_by]

    # The same as params of rules. They take `input`, so that another interpreter repeats no run.

    def step_of_run(self, wildcards: Any, input: Any) -> str:
        """Return the words that run a step in the Python of a run, probe or first steps."""
        return self.step(self.of(environment_name(wildcards.framework, wildcards.device)))

    def promised_to_run(self, wildcards: Any, input: Any) -> str:
        """Return the folder in which the interpreter of a run, probe or first steps must be."""
        return self.promised(environment_name(wildcards.framework, wildcards.device))

    def make(self, files: Sequence[str]) -> None:
        """Make the environments of these env files that are missing or whose file has changed.

        Raises UserError with the way out.
        """
        if self.made_by == "conda":
            return
        lacking = [name for name in ANALYSIS if not find_spec(name)]
        if lacking:
            raise UserError(
                f"Snakemake runs in {sys.prefix}, which lacks {', '.join(lacking)}: run"
                f" `{commands.make('setup')}` and call {commands.typed(ROOT / '.venv/bin/snakemake')}, or let"
                " conda bring everything (--use-conda)"
            )
        if self.made_by == "uv" and files:
            command = [sys.executable, "-I", SCRIPTS, "environment", "--folder", self.folder, *files]
            if subprocess.run(command, check=False).returncode:
                raise UserError("An environment could not be made; the reason is above.")
