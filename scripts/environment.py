"""Make environments from their files in envs/ with uv: the way without conda.

FOLDER/NAME is made from envs/NAME.yaml, and again only if that file changed. uv takes an interpreter
from this machine (pyenv's too), or downloads one.
"""

import argparse
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from timeit import default_timer

from cli import UserError, atomic, run

ENVS = Path(__file__).resolve().parent.parent / "envs"
RECEIPT = "trainclock.json"  # in an environment's folder: the digest of the file it was made from


@dataclass
class Environment:
    """What an env file asks for: a Python, conda packages beside it, and pip requirements."""

    name: str
    digest: str  # SHA-256 of the file
    python: str  # "3.12"
    conda: list
    pip: list
    # Of the packages: envs/hashes/NAME.txt, which need not be there. The doctor does not ask for it.
    hashes: Path = field(default=None, compare=False)


def environment_name(framework: str, device: str) -> str:
    """Return the name of the env file of a framework: its own for a device where that differs."""
    special = f"{framework}-{device}"
    return special if (ENVS / f"{special}.yaml").exists() else framework


def read_environment(file):
    """Read an env file. Raises UserError naming the file if it has no python or an unknown part."""
    import yaml  # here, since the doctor uses this module before PyYAML is there

    text = file.read_bytes()
    python, conda, pip = None, [], []
    for item in yaml.safe_load(text)["dependencies"]:
        if isinstance(item, dict):
            pip += item["pip"]
        elif item.startswith("python="):
            python = item.removeprefix("python=")
        elif item != "pip":
            conda.append(item)
    if not python or not pip:
        raise UserError(f"{file}: needs `python=X.Y` and a `pip:` list")
    hashes = file.parent / "hashes" / f"{file.stem}.txt"
    return Environment(file.stem, hashlib.sha256(text).hexdigest(), python, conda, pip, hashes)


def find_uv():
    """uv beside this interpreter or on PATH. Raises UserError if there is none."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    uv = shutil.which("uv", path=path)
    if not uv:
        raise UserError(
            "uv is missing: install it (`pip install uv`), or let conda make the environments"
            " (snakemake --use-conda)"
        )
    return uv


def search_path(python):
    """PATH with pyenv's interpreters of this version in front: uv does not look there by itself."""
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found = sorted(
        (root / "versions").glob(f"{python}.*/bin"),
        key=lambda path: [int(part) for part in re.findall(r"\d+", path.parent.name)],
        reverse=True,
    )
    return os.pathsep.join([*map(str, found), os.environ.get("PATH", "")])


def check_conda_packages(environment):
    """What conda would bring and pip cannot must be on this machine already."""
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


def uv(*arguments, path, log, failure):
    """Run uv, its output into the log. Raises UserError(failure), followed by uv's last words.

    It runs outside this project, whose own version constraints it would otherwise apply.
    """
    with log.open("w") as output:
        done = subprocess.run(
            [find_uv(), *map(str, arguments)],
            env={**os.environ, "PATH": path},
            cwd=tempfile.gettempdir(),
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        last = "\n".join(log.read_text().splitlines()[-15:])
        raise UserError(f"{failure}\nuv says:\n{last}")


def hash_options(environment):
    """Options by which uv refuses every file that is not the locked one. Raises UserError.

    An env file that a user has just written has no hashes yet, and its packages are not verified.
    """
    name, file = environment.name, environment.hashes
    write = f".venv/bin/python scripts/lock.py --hashes envs/{name}.yaml"
    if not file.exists():
        print(
            f"The packages of envs/{name}.yaml are not verified; to write their hashes: {write}", flush=True
        )
        return ()
    lacking = without_hash(environment.pip, file)
    if lacking:
        raise UserError(
            f"envs/{name}.yaml pins {', '.join(lacking)}, of which envs/hashes/{file.name} has no hash; to"
            f" write it: {write}"
        )
    return "--require-hashes", "--constraints", file.resolve()


def without_hash(pins, file):
    """Those of the pins, `name==version[; marker]`, that a file of hashes does not know."""

    def plain(pin):
        name, _, version = re.sub(r"\[.*\]", "", pin.split(";")[0]).strip().partition("==")
        return re.sub(r"[-_.]+", "-", name).lower(), version

    known = {plain(pin) for pin in re.findall(r"(?m)^\S+==\S+", file.read_text())}
    return [pin for pin in pins if plain(pin) not in known]


def build(environment, folder, log):
    """Make the environment in `folder`, with all bytecode compiled so that imports cost the same."""
    name, python = environment.name, environment.python
    path, hashes = search_path(python), hash_options(environment)
    without = f"leave {name} out of `frameworks`"
    uv(
        *("venv", "--clear", "--python", python, folder),
        path=path,
        log=log,
        failure=f"Python {python} is needed for {name} (envs/{name}.yaml), and uv neither found it nor"
        f" could download it: install it (`uv python install {python}`, `pyenv install {python}`, or"
        f" your package manager), use conda (snakemake --use-conda), or {without}",
    )
    interpreter = folder / "bin" / "python"
    if environment.conda and not has_headers(interpreter):
        raise UserError(
            f"{name} compiles code, but the headers of Python {python} are missing: install them"
            f" (Debian, Ubuntu: apt install python{python}-dev), or use another Python {python}"
        )
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as requirements:
        requirements.write("\n".join(environment.pip))
        requirements.flush()
        uv(
            *("pip", "install", "--compile-bytecode", "--python", interpreter),
            *("--requirements", requirements.name),
            *hashes,
            path=path,
            log=log,
            failure=f"the packages of envs/{name}.yaml could not be installed; mend that, or {without}",
        )


def has_headers(interpreter):
    code = "import sysconfig, os; print(os.path.exists(sysconfig.get_path('include') + '/Python.h'))"
    done = subprocess.run([interpreter, "-c", code], capture_output=True, text=True, check=False)
    return done.stdout.strip() == "True"


@contextmanager
def locked(file):
    """Only one process at a time: two experiments may share their environments."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def is_current(environment, folder):
    receipt = folder / environment.name / RECEIPT
    return receipt.exists() and json.loads(receipt.read_text())["digest"] == environment.digest


def ensure(environment, folder):
    """Make the environment unless it was made from this very file; uv's output goes to a log."""
    name = environment.name
    with locked(folder / f".{name}.lock"):
        if is_current(environment, folder):
            return
        log = folder / f"{name}.log"
        print(f"Making the environment {name} (a minute or more; log: {log})", flush=True)
        start = default_timer()
        build(environment, folder / name, log)
        with atomic(folder / name / RECEIPT) as temporary:
            temporary.write_text(json.dumps({"digest": environment.digest}))
        print(f"Environment {name} is ready after {default_timer() - start:.0f} s", flush=True)


def main():
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
    for environment in environments:
        ensure(environment, folder)


if __name__ == "__main__":
    run(main)
