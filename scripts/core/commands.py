"""Our commands as the user can type them, from the folder that they are in.

Snakemake changes into the folder of its --directory, and may have been started from anywhere (--snakefile).
"""

import os
import shlex
import sys
from contextlib import suppress
from pathlib import Path

from scripts.core.paths import ROOT, SCRIPTS, AnyPath


def users_folder() -> Path:
    """Give the folder of the user's shell, which no change of our own folder touches."""
    return Path(os.environ.get("PWD") or Path.cwd()).resolve()


def typed(path: AnyPath) -> str:
    """Give a path as a word for the user's shell: short where it lies below their folder."""
    there = Path.cwd() / path  # not resolved: the python of an environment is a link
    with suppress(ValueError):  # it lies elsewhere
        there = there.relative_to(users_folder())
    return shlex.quote(str(there))


def step(name: str, *words: str) -> str:
    """Give the command that runs a step; `words` are as for a shell."""
    return " ".join([typed(sys.executable), typed(SCRIPTS), name, *words])


def make(target: str) -> str:
    """Give the command that makes a target of the Makefile."""
    elsewhere = [] if users_folder() == ROOT else ["-C", typed(ROOT)]
    return " ".join(["make", *elsewhere, target])


def status(kind: str, results: str) -> str:
    """Give the command that lists runs to make again; `results` is as Snakemake names it, from our folder."""
    here = Path.cwd()
    elsewhere = [] if users_folder() == here else ["--directory", typed(here)]
    return step("status", *elsewhere, f"--{kind}", shlex.quote(results))
