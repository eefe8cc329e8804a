"""An env file, and what this machine has for it: interpreters, uv, the finished environment.

The doctor imports this before anything is installed: standard library alone, Python 3.8.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripts.core.errors import UserError
from scripts.core.paths import ENVS

# What conda builds packages from source with; uv brings its own, in the version that is named here.
BUILDERS = ("pip", "setuptools", "wheel")
RECEIPT = "trainclock.json"  # in an environment's folder: the digest of the file it was made from


@dataclass
class Environment:
    """What an env file asks for: a Python, conda packages, and pip requirements."""

    name: str
    digest: str  # SHA-256 of the file
    python: str  # "3.12"
    conda: list[str]
    pip: list[str]
    # Of the packages: envs/hashes/NAME.txt, which need not be there. The doctor does not ask for it.
    hashes: Path | None = field(default=None, compare=False)
    # Requirements of what builds a package from its source, where its newest version would not.
    builders: list[str] = field(default_factory=list, compare=False)


def environment_name(framework: str, device: str) -> str:
    """Return the name of the env file of a framework: its own for a device where that differs."""
    special = f"{framework}-{device}"
    return special if (ENVS / f"{special}.yaml").exists() else framework


def read_environment(file: Path) -> Environment:
    """Read an env file. Raises UserError naming the file if it has no python or an unknown part."""
    import yaml  # here, since the doctor uses this module before PyYAML is there

    text = file.read_bytes()
    python, conda, pip = None, [], []
    dependencies = yaml.safe_load(text)["dependencies"]
    for item in dependencies:
        if isinstance(item, dict):
            pip += item["pip"]
        elif item.startswith("python="):
            python = item.removeprefix("python=")
        elif item.partition("=")[0] not in BUILDERS:
            conda.append(item)
    if not python or not pip:
        raise UserError(f"{file}: needs `python=X.Y` and a `pip:` list")
    hashes = file.parent / "hashes" / f"{file.stem}.txt"
    return Environment(
        file.stem, hashlib.sha256(text).hexdigest(), python, conda, pip, hashes, builders_of(dependencies)
    )


def builders_of(dependencies: list[Any]) -> list[str]:
    """Take what builds packages from their source from the `dependencies` of an env file."""
    named = [part for part in dependencies if isinstance(part, str) and part.startswith("setuptools=")]
    return [part.replace("=", "==") for part in named]


def is_current(environment: Environment, folder: Path) -> bool:
    """Return whether the environment in `folder` was made from this very env file, and has its Python."""
    receipt, python = (folder / environment.name / part for part in (RECEIPT, "bin/python"))
    return (
        python.exists()
        and receipt.exists()
        and json.loads(receipt.read_text())["digest"] == environment.digest
    )


def find_uv() -> str:
    """Find uv next to this interpreter or on PATH. Raises UserError if there is none."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    uv = shutil.which("uv", path=path)
    if not uv:
        raise UserError(
            "uv is missing: install it (`pip install uv`), or let conda make the environments"
            " (snakemake --use-conda)"
        )
    return uv


def uv_downloads(python: str) -> bool:
    """Return whether uv can download a Python of this version, X.Y: from 3.8 on."""
    major, minor = map(int, python.split("."))
    return (major, minor) >= (3, 8)


def pyenv_command(python: str) -> str:
    """Return the command by which pyenv builds a Python.

    With its library where the Python is CNTK's alone, which is linked with that.
    """
    option = "" if uv_downloads(python) else "PYTHON_CONFIGURE_OPTS=--enable-shared "
    return f"{option}pyenv install {python}"


def search_path(python: str) -> str:
    """Return PATH with pyenv's interpreters of this version in front: uv does not look there by itself."""
    folders = sorted(
        (folder for root in pyenv_roots() for folder in (root / "versions").glob(f"{python}.*/bin")),
        key=lambda path: [int(part) for part in re.findall(r"\d+", path.parent.name)],
        reverse=True,
    )
    return os.pathsep.join([*map(str, folders), os.environ.get("PATH", "")])


def pyenv_roots() -> set[Path]:
    """Return where pyenv may keep interpreters: as it says, in the home, or beside its shims on PATH."""
    home = os.path.expanduser("~")  # noqa: PTH111  which leaves it as it is where there is no home
    on_path = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep)]
    shims = {folder.parent for folder in on_path if folder.name == "shims"}
    return shims | {Path(os.environ.get("PYENV_ROOT") or f"{home}/.pyenv")}


def has_library(interpreter: str | Path) -> bool:
    """Return whether an interpreter has its own library, as conda's has and a plain build has not."""
    code = (
        "import glob, os, sys, sysconfig; c = sysconfig.get_config_var;"
        " places = [c('LIBDIR'), os.path.join(c('LIBDIR'), c('MULTIARCH') or ''), sys.base_prefix + '/lib'];"
        " print(any(glob.glob(os.path.join(place, 'libpython3.*.so.*')) for place in places))"
    )
    finished = subprocess.run([interpreter, "-I", "-c", code], capture_output=True, text=True, check=False)
    return finished.stdout.strip() == "True"


def has_headers(interpreter: str | Path) -> bool:
    """Return whether C code can be compiled for an interpreter: whether its Python.h is there."""
    code = "import sysconfig, os; print(os.path.exists(sysconfig.get_path('include') + '/Python.h'))"
    finished = subprocess.run([interpreter, "-I", "-c", code], capture_output=True, text=True, check=False)
    return finished.stdout.strip() == "True"
