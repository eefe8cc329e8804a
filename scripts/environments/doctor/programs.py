"""Programs: Pythons, compiler, make and git, conda, SLURM."""

from __future__ import annotations

import json
import os
import platform
import shlex
import shutil
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from scripts.environments.doctor import addresses
from scripts.environments.doctor.result import (
    Plan,
    Result,
    dotted,
    fix,
    install,
    lacking,
    note,
    ok,
    output,
    venv_is_ready,
    version_in,
    workarounds,
)
from scripts.environments.env_file import (
    Environment,
    has_headers,
    has_library,
    pyenv_command,
    search_path,
    uv_downloads,
)

SNAKEMAKE_PYTHON = (3, 11)
SNAKEMAKE_CONDA = (24, 7, 1)  # MIN_CONDA_VER in snakemake/deployment/conda.py
COMPILER = "cxx-compiler"  # conda's name of it, in an env file
LINKED = {"cntk"}  # environments whose packages are linked with Python's own library
PYTHON_DOWNLOADS = "https://github.com/astral-sh/python-build-standalone/releases"
COMPILES = b'%s#include <cmath>\nextern "C" double f(double x) { return std::sqrt(x); }\n'


def check_python(plan: Plan) -> Result:
    """Check the Python of .venv: its version, venv, and the variable that moves its own modules."""
    name = "Python"
    here = f"{platform.python_version()} ({sys.executable})"
    ready = venv_is_ready(plan)
    if not ready and sys.version_info[:2] < SNAKEMAKE_PYTHON:
        better = [find_interpreter(f"3.{minor}") for minor in (12, 13, 11, 14)]
        use = [f"make setup PYTHON={shlex.quote(path)}" for path in better if path][:1]
        new = [*install("python3.11 python3.11-venv", "python3.11"), "make setup PYTHON=python3.11"]
        return fix(
            name,
            f"{here} is too old: Snakemake needs Python {dotted(SNAKEMAKE_PYTHON)} or later",
            *(use or new),
        )
    if not ready and not (find_spec("venv") and find_spec("ensurepip")):
        version = "{}.{}".format(*sys.version_info)
        return fix(name, f"{here} lacks venv", *install(f"python{version}-venv", f"python{version}"))
    if os.environ.get("PYTHONHOME"):
        return note(
            name, f"{here}; PYTHONHOME is set, and .venv/bin/snakemake cannot start", "unset PYTHONHOME"
        )
    return ok(name, f"{here}; .venv is made" if ready else f"{here}, with venv")


def check_interpreters(plan: Plan) -> list[Result]:
    """Check each Python version that the environments ask for."""
    if not plan.isolated:
        return [note("Pythons", "`environments: current`: Snakemake's own must have the frameworks")]
    versions = {}
    for environment in plan.environments:
        versions.setdefault(environment.python, []).append(environment)
    return [check_interpreter(plan, version, users) for version, users in sorted(versions.items())]


def check_interpreter(plan: Plan, version: str, users: list[Environment]) -> Result:
    """Check the Python of one version, which the environments `users` need."""
    name, names = f"Python {version}", [user.name for user in users]
    for_whom = f"for {', '.join(names)}"
    missing = lacking(plan)
    if not any(user in missing for user in users):
        return ok(name, f"{for_whom}: in their environments, which are made")
    interpreter = find_interpreter(version)
    if interpreter:
        return check_its_parts(plan, version, users, interpreter)
    place = os.environ.get("UV_PYTHON_INSTALL_MIRROR") or PYTHON_DOWNLOADS
    if not uv_downloads(version):
        problem = "uv has no such one to download"
    elif os.environ.get("UV_PYTHON_DOWNLOADS") in ("never", "false") or os.environ.get("UV_OFFLINE"):
        problem = "uv is set not to download one (UV_PYTHON_DOWNLOADS, UV_OFFLINE)"
    elif place.startswith("file://"):
        problem = ""
    else:
        reason = addresses.ask([place])[place]
        problem = reason and f"uv cannot download one ({addresses.without_login(place)}: {reason})"
    if not problem:
        return ok(name, f"{for_whom}: not on this machine; uv will download it")
    return fix(
        name,
        f"{for_whom}: not on this machine, and {problem}",
        f"{pyenv_command(version)}, or your package manager's Python {version}",
        *workarounds(plan, names),
    )


def check_its_parts(plan: Plan, version: str, users: list[Environment], interpreter: str) -> Result:
    """Check that an interpreter has the headers and the library that environments take of it."""
    name, names = f"Python {version}", [user.name for user in users]
    who = f"for {', '.join(names)}: {interpreter}"
    if any(user.conda for user in users) and not has_headers(interpreter):
        return fix(
            name,
            f"{who} lacks its headers (Python.h), and code is compiled with them",
            *install(f"python{version}-dev", f"python{version}-devel"),
        )
    if LINKED & {*names} and not has_library(interpreter):
        return fix(
            name,
            f"{who} lacks its library (libpython{version}m.so.1.0), which is linked with",
            pyenv_command(version),
            *workarounds(plan, names),
        )
    return ok(name, who)


def find_interpreter(version: str) -> str | None:
    """Find an interpreter of this version where uv looks: its own, pyenv's, on PATH."""
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    own = Path(os.environ.get("UV_PYTHON_INSTALL_DIR") or data / "uv" / "python")
    folders = [str(folder) for folder in sorted(own.glob(f"cpython-{version}.*/bin"), reverse=True)]
    for folder in folders + search_path(version).split(os.pathsep):
        for name in (f"python{version}", "python3", "python"):
            file = shutil.which(name, path=folder) if folder else None
            if file:
                own_version = output(file, "-c", "import sys; print('%d.%d' % sys.version_info[:2])")[1]
                if own_version == version:
                    return file
    return None


def check_compiler(plan: Plan) -> Result:
    """Check that the C++ compiler, where environments ask for one, compiles a small file for each Python."""
    name, users = "C++ compiler", [one for one in plan.environments if COMPILER in one.conda]
    if not users:
        return ok(name, "not needed by " + ", ".join(plan.frameworks))
    names = [user.name for user in users]
    compiler = os.environ.get("CXX") or "g++"
    ways_out = install("g++", "gcc-c++") + workarounds(plan, names)
    if not shutil.which(compiler):
        who = "compiles its networks" if len(names) == 1 else "compile their networks"
        return fix(name, f"{compiler} is not on PATH; {', '.join(names)} {who}", *ways_out)
    with_headers = []
    for python, user in {user.python: user for user in users}.items():
        headers, problem = compile_for(compiler, user, plan.folder)
        if problem:
            return fix(name, f"{compiler} cannot compile a small file: {problem}", *ways_out)
        with_headers += [f"Python {python}'s headers"] if headers else []
    version = output(compiler, "--version")[1].partition("\n")[0]
    found = f", with {' and '.join(with_headers)}" if with_headers else ""
    return ok(name, f"{version} compiles{found}, for {', '.join(names)}")


def compile_for(compiler: str, user: Environment, environments: Path) -> tuple[bool, str]:
    """Compile a small file, with the headers of an environment's Python where these are here.

    Returns (whether they are here, what went wrong or "").
    """
    with tempfile.TemporaryDirectory() as folder:
        source, made = Path(folder, "try.cpp"), Path(folder, "try.so")
        own = environments / user.name / "bin" / "python"
        interpreter = own if own.exists() else find_interpreter(user.python)
        headers = bool(interpreter and has_headers(interpreter))
        source.write_bytes(COMPILES % (b"#include <Python.h>\n" if headers else b""))
        options = ["-shared", "-fPIC", "-fopenmp", "-o", made, source]
        if headers:
            code = "import sysconfig; print(sysconfig.get_path('include'))"
            options += ["-I", output(interpreter, "-c", code)[1]]
        status, _, last = output(compiler, *options)
        return headers, last or "it made nothing" if status or not made.exists() else ""


def check_tools(plan: Plan) -> Result:
    """Check that make and git are there; records can do without git."""
    missing = [tool for tool in ("make", "git") if not shutil.which(tool)]
    if "make" in missing:
        return fix("make, git", f"{' and '.join(missing)} missing", *install("make git", "make git"))
    if missing:
        message = "git is missing: records will not name the commit that made them"
        return note("make, git", message, *install("git", "git"))
    return ok("make, git", "both here")


def check_conda(plan: Plan) -> Result:
    """Check conda, which only --use-conda needs: never worse than a note."""
    name = "conda"
    if not shutil.which("conda"):
        return note(name, "not here; needed only for snakemake --use-conda")
    status, text, last = output("conda", "--version")
    version = version_in(text)
    if status or not version:
        return note(name, f"conda --version fails: {last}", "fix conda, or do without --use-conda")
    if version < SNAKEMAKE_CONDA:
        return note(
            name,
            f"{dotted(version)} is too old for --use-conda: Snakemake needs {dotted(SNAKEMAKE_CONDA)}",
            "conda update --name base conda",
        )
    try:
        answer = json.loads(output("conda", "config", "--get", "channel_priority", "--json")[1])
        priority = answer["get"].get("channel_priority")
    except (ValueError, KeyError, AttributeError):
        priority = None
    if priority != "strict":
        return note(
            name,
            f"{dotted(version)}; channel priority is {priority or 'not set'}, and Snakemake wants strict",
            "conda config --set channel_priority strict",
        )
    return ok(name, f"{dotted(version)}, channel priority strict")


def check_slurm(plan: Plan) -> Result:
    """Check SLURM, which only --profile profiles/slurm needs: never worse than a note."""
    name = "SLURM"
    missing = [tool for tool in ("sinfo", "sbatch", "squeue") if not shutil.which(tool)]
    if len(missing) == 3:
        return note(name, "not here; needed only for snakemake --profile profiles/slurm")
    if missing:
        return note(
            name, f"{', '.join(missing)} is not on PATH", "run on a login node, or: module load slurm"
        )
    status, text, last = output("sinfo", "--noheader", "--format=%P %a %D")
    if status or status is None:
        return note(name, f"sinfo fails: {last}", "scontrol ping, then ask the administrators")
    partitions = [line.split() for line in text.splitlines() if line.strip()]
    up = [f"{line[0].rstrip('*')} ({line[2]} nodes)" for line in partitions if line[1:2] == ["up"]]
    if not up:
        return note(name, "no partition is up", "sinfo, then ask the administrators")
    return ok(name, f"partitions {', '.join(dict.fromkeys(up))}")
