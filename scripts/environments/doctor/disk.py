"""Disk space and folders."""

from __future__ import annotations

import errno
import fcntl
import os
import shlex
import shutil
import tempfile
from pathlib import Path

from scripts.environments.doctor.gpu import cuda_of
from scripts.environments.doctor.network import unprepared
from scripts.environments.doctor.plain_yaml import Dataset
from scripts.environments.doctor.result import Plan, Result, fix, lacking, ok, venv_is_ready
from scripts.environments.env_file import Environment

GB = 10**9
# On disk, measured with bytecode: .venv takes 0.9 GB, an environment that brings CUDA up to 6, others 1.5 at
# most. Which of them bring CUDA is seen from the packages that the env files pin.
VENV_SIZE, PLAIN_SIZE, CUDA_SIZE = 0.9 * GB, 1.5 * GB, 6 * GB


def check_disk(plan: Plan) -> Result:
    """Check the free space for what is still to be made, file system by file system."""
    short, enough, fixes = [], [], []
    for free, places, need in needs(plan):
        message = f"{free / GB:.1f} GB free for {', '.join(places)}, {need / GB:.1f} GB needed"
        (short if free < need else enough).append(message)
        if free < need:
            fixes.append(f"free {(need - free) / GB:.1f} GB there")
            if "environments" in places:
                fixes.append("or put them elsewhere: export TRAINCLOCK_ENVS=/FOLDER/WITH/SPACE")
            if "uv's cache" in places:
                fixes.append("or put it elsewhere: export UV_CACHE_DIR=/FOLDER/WITH/SPACE")
    sizes = [f"{environment.name} {environment_size(environment) / GB:g}" for environment in lacking(plan)]
    to_make = f"; environments to make, GB: {', '.join(sizes)}" if sizes else ""
    if short:
        return fix("disk", "; ".join(short) + to_make, *dict.fromkeys(fixes))
    return ok("disk", "; ".join(enough) + to_make)


def check_cache(plan: Plan) -> Result:
    """Check the folder of caches: of uv and Snakemake, and of what frameworks compile."""
    folder, elsewhere = cache_root(), "export XDG_CACHE_HOME=/FOLDER/OF/YOURS"
    try:
        with tempfile.TemporaryFile(dir=str(existing(folder))):
            return ok("cache", f"{folder}: writable")
    except OSError as error:
        return fix("cache", f"{folder}: {error.strerror}; Snakemake and uv keep files there", elsewhere)


def cache_root() -> Path:
    """Return the folder in which programs keep their caches; `~` stays in it where there is no home."""
    home = os.path.expanduser("~")  # noqa: PTH111  Path.home() raises there
    return Path(os.environ.get("XDG_CACHE_HOME") or f"{home}/.cache")


def needs(plan: Plan) -> list[tuple[int, list[str], float]]:
    """List (free bytes, what goes there, bytes needed), one for each file system."""
    environments = sum(map(environment_size, lacking(plan)))
    venv = 0 if venv_is_ready(plan) else VENV_SIZE
    cache = Path(os.environ.get("UV_CACHE_DIR") or cache_root() / "uv")
    # Downloaded, unpacked, and as arrays.
    data = 3 * sum(size_of(dataset) for dataset in unprepared(plan)) if plan.asked else 0
    systems = {}
    for place, folder, size in (
        ("environments", plan.folder, environments),
        (".venv", plan.root, venv),
        ("results", plan.root / "results", 0.1 * GB + data),
        ("uv's cache", cache, 0),
    ):
        there = existing(folder)
        system = systems.setdefault(there.stat().st_dev, [there, [], 0])
        system[1].append(place)
        system[2] += size
    for system in systems.values():
        # uv links from its cache into an environment on the same file system, and copies to another.
        if "uv's cache" in system[1]:
            system[2] += environments if "environments" not in system[1] else 0
            system[2] += venv if ".venv" not in system[1] else 0
    return [(shutil.disk_usage(there).free, places, need) for there, places, need in systems.values()]


def environment_size(environment: Environment) -> float:
    """Estimate the bytes of an environment, from the packages that it pins."""
    return CUDA_SIZE if cuda_of(environment) else PLAIN_SIZE


def size_of(dataset: Dataset) -> int:
    """Add up the bytes of the files of a dataset."""
    return sum(item.size or 0 for item in dataset.files)


def existing(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that is there."""
    folder = folder.absolute()
    return folder if folder.is_dir() else existing(folder.parent)


def check_folders(plan: Plan) -> Result:
    """Check that folders can be written and locked, as making environments does.

    Some network file systems have no locks. What is made already may be somebody else's.
    """
    root, folders = shlex.quote(str(plan.root)), [plan.root / plan.results]
    folders += [] if venv_is_ready(plan) else [plan.root]
    folders += [plan.folder] if lacking(plan) else []
    wanted = {existing(folder): folder for folder in folders}
    for there in wanted:
        try:
            with tempfile.TemporaryFile(dir=str(there)) as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP):
                return fix(
                    "folders",
                    f"{there}: this file system has no file locks ({error.strerror})",
                    "work in a folder on another file system; Lustre: ask for the mount option flock",
                )
            return fix(
                "folders",
                f"{there}: {error.strerror}",
                "make it writable, or put environments elsewhere: export TRAINCLOCK_ENVS=/WRITABLE/FOLDER",
                "or, with somebody else's installation: cd /FOLDER/OF/YOURS;"
                f" {root}/.venv/bin/snakemake --snakefile {root}/Snakefile",
            )
    return ok("folders", f"{', '.join(map(str, wanted))}: writable, with file locks")
