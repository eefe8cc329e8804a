"""Make environments from their files in envs/ with uv, without conda.

FOLDER/NAME is made from envs/NAME.yaml, and again only if that file changed. uv takes an interpreter
from this machine (pyenv's too), or downloads one. Several are made at a time: while one is downloaded,
another is unpacked and its bytecode compiled.
"""

import argparse
import fcntl
import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from timeit import default_timer

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts.core import commands
from scripts.core.errors import UserError
from scripts.core.files import atomic
from scripts.core.paths import ENVS
from scripts.environments.env_file import (
    RECEIPT,
    Environment,
    find_uv,
    has_headers,
    is_current,
    pyenv_command,
    read_environment,
    search_path,
    uv_downloads,
)

HASHES = ENVS / "hashes"
# Variables that would change what uv installs, although all is pinned.
MEDDLING = ("UV_BUILD_CONSTRAINT", "UV_CONSTRAINT", "UV_EXCLUDE_NEWER", "UV_OVERRIDE", "UV_PROJECT")
MEDDLING += ("UV_REQUIRE_HASHES", "UV_WORKING_DIRECTORY")
UV_CANNOT_COMPILE_FOR = ("3.6",)  # a Python whose py_compile lacks what uv's own script wants
AT_ONCE = 3  # environments: one that downloads, one that unpacks, one that compiles bytecode
STDOUT = threading.Lock()


def report(line: str) -> None:
    """Print a line at once, and whole: several threads do so."""
    with STDOUT:
        print(line, flush=True)


def check_conda_packages(environment: Environment) -> None:
    """Raise UserError unless what conda would bring and pip cannot is on this machine already."""
    for package in environment.conda:
        if package != "cxx-compiler":
            raise UserError(
                f"envs/{environment.name}.yaml asks for the conda package {package}, which uv cannot"
                " install: use conda (snakemake --use-conda)"
            )
        compiler = os.environ.get("CXX") or "g++"
        if not shutil.which(compiler):
            raise UserError(
                f"{environment.name} needs a C++ compiler and {compiler} is not on PATH: install it"
                " (Debian, Ubuntu: apt install g++; Fedora: dnf install gcc-c++), let conda bring"
                f" one (snakemake --use-conda), or leave {environment.name} out of `frameworks`"
            )


def uv(*arguments: object, path: str, log: Path, failure: str) -> None:
    """Run uv, its output into the log. Raises UserError(failure), followed by the end of its output.

    It runs outside this project, whose own version constraints it would otherwise apply.
    """
    with log.open("w") as output:
        finished = subprocess.run(
            [find_uv(), *map(str, arguments)],
            env={name: value for name, value in os.environ.items() if name not in MEDDLING} | {"PATH": path},
            cwd=tempfile.gettempdir(),
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if finished.returncode:
        last = "\n".join(log.read_text().splitlines()[-15:])
        raise UserError(f"{failure}\nuv reports:\n{last}")


def hash_options(environment: Environment) -> tuple[object, ...]:
    """Return options by which uv refuses every file that is not the locked one. Raises UserError.

    An env file that a user has just written has no hashes yet, and its packages are not verified.
    """
    name = environment.name
    file = environment.hashes or HASHES / f"{name}.txt"
    write = commands.step("lock", "--hashes", commands.typed(ENVS / f"{name}.yaml"))
    if not file.exists():
        report(f"The packages of envs/{name}.yaml are not verified; to write their hashes: {write}")
        return ()
    lacking = without_hash(environment.pip, file)
    if lacking:
        raise UserError(
            f"envs/{name}.yaml pins {', '.join(lacking)}, of which envs/hashes/{file.name} has no hash; to"
            f" write it: {write}"
        )
    return "--require-hashes", "--constraints", file.resolve()


def without_hash(pins: list[str], file: Path) -> list[str]:
    """List those of the pins, `name==version[; marker]`, that a file of hashes does not know."""
    known = {name_and_version(pin) for pin in re.findall(r"(?m)^\S+==\S+", file.read_text())}
    return [pin for pin in pins if name_and_version(pin) not in known]


def name_and_version(pin: str) -> tuple[str, str]:
    """Split a pin, `name==version[; marker]`; the name as PyPI compares names."""
    requirement = Requirement(pin)
    (exact,) = requirement.specifier
    return canonicalize_name(requirement.name), exact.version


def ways_to_install(python: str) -> str:
    """Name the commands that install a Python of this version."""
    uv_too = f"`uv python install {python}`, " if uv_downloads(python) else ""
    return f"{uv_too}`{pyenv_command(python)}`, or your package manager"


def build(environment: Environment, folder: Path, log: Path) -> None:
    """Make the environment in `folder`, with all bytecode compiled so that imports cost the same."""
    name, python = environment.name, environment.python
    path, hashes = search_path(python), hash_options(environment)
    without = f"leave {name} out of `frameworks`"
    uv(
        *("venv", "--clear", "--relocatable", "--python", python, folder),
        path=path,
        log=log,
        failure=f"Python {python} is needed for {name} (envs/{name}.yaml), and uv neither found it nor"
        f" could download it: install it ({ways_to_install(python)}), use conda (snakemake --use-conda), or"
        f" {without}",
    )
    interpreter = folder / "bin" / "python"
    if environment.conda and not has_headers(interpreter):
        raise UserError(
            f"{name} compiles code, but the headers of Python {python} are missing: install them"
            f" (Debian, Ubuntu: apt install python{python}-dev), or use another Python {python}"
        )
    compiling = ["--compile-bytecode"] if python not in UV_CANNOT_COMPILE_FOR else []
    with tempfile.TemporaryDirectory() as temporary:
        requirements, builders = Path(temporary, "requirements.txt"), Path(temporary, "builders.txt")
        requirements.write_text("\n".join(environment.pip))
        builders.write_text("\n".join(environment.builders))
        uv(
            *("pip", "install", *compiling, "--python", interpreter),
            *("--requirements", requirements, "--build-constraints", builders),
            *hashes,
            path=path,
            log=log,
            failure=f"the packages of envs/{name}.yaml could not be installed; fix that, or {without}",
        )
    if not compiling:  # its status is that of the worst file, and some packages hold one of Python 2
        command = [interpreter, "-m", "compileall", "-q", folder / "lib"]
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Let one process at a time through: two experiments may share their environments.

    Raises UserError if the folder cannot be written.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle = file.open("w")
    except OSError as error:
        raise UserError(
            f"an environment has to be made in {file.parent}, which cannot be written ({error.strerror}):"
            " let its owner make it, or make your own: export TRAINCLOCK_ENVS=/FOLDER/OF/YOURS"
        ) from None
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
        except OSError as error:  # a file system without locks, as some of a network are
            report(f"{file}: {error.strerror}; let no other experiment make environments now")
        yield


def ensure(environment: Environment, folder: Path) -> None:
    """Make the environment unless it was made from this very file; uv's output goes to a log."""
    name = environment.name
    if is_current(environment, folder):  # others' installations need not be written, so not locked either
        return
    with locked(folder / f".{name}.lock"):
        if is_current(environment, folder):
            return
        log = folder / f"{name}.log"
        report(f"Making the environment {name} (a minute or more; log: {log})")
        start = default_timer()
        build(environment, folder / name, log)
        with atomic(folder / name / RECEIPT) as temporary:
            temporary.write_text(json.dumps({"digest": environment.digest}))
        report(f"Environment {name} is ready after {default_timer() - start:.0f} s")


def ensure_all(environments: Sequence[Environment], folder: Path) -> None:
    """Make those that are not there, up to AT_ONCE at a time.

    Raises UserError naming what failed. What is being made then is finished first, and stays; nothing else is
    begun.
    """
    failures: list[Exception] = []
    going_on: set[str] = set()

    def ensure_one(environment: Environment) -> None:
        if failures:
            return
        going_on.add(environment.name)
        try:
            ensure(environment, folder)
        except Exception as error:
            failures.append(error)
            if not isinstance(error, UserError):
                raise
        going_on.discard(environment.name)
        if failures and going_on:
            report(
                f"An environment failed; finishing {', '.join(sorted(going_on))} before the reason follows"
            )

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(ensure_one, environments))
    if failures:
        raise UserError("\n".join(map(str, failures)))


def main() -> None:
    """Make the environments of the files that the command line names."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="envs/NAME.yaml")
    parser.add_argument(
        "--folder", type=Path, default=Path(".envs"), help="where environments lie (default .envs)"
    )
    args = parser.parse_args()
    folder = args.folder.resolve()
    environments = [read_environment(file) for file in args.files]
    for environment in environments:  # before minutes are spent on the first one
        if not is_current(environment, folder):
            check_conda_packages(environment)
    ensure_all(environments, folder)
