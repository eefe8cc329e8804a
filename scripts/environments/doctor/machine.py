"""The machine itself: system, cores, memory."""

from __future__ import annotations

import getpass
import os
import platform
import sys
from pathlib import Path

from scripts.environments.doctor.result import Plan, Result, dotted, fix, note, ok, version_in
from scripts.training.machine import hardware

GLIBC = (2, 28)  # the wheels of PyTorch are manylinux_2_28
NAMED = "export LOGNAME=me (make does so by itself)"
CGROUPS, OWN_CGROUP = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")


def check_system(plan: Plan) -> Result:
    """Check the operating system, the processor and glibc."""
    name = "system"
    kind, processor = platform.system(), platform.machine()
    library, version = platform.libc_ver()
    system = f"{kind} {processor}" + (f", {library} {version}" if library else "")
    if kind == "Linux" and (library != "glibc" or version_in(version) < GLIBC):
        return fix(
            name,
            f"{system}: the packages of the frameworks need glibc {dotted(GLIBC)} or later",
            "use a newer Linux (Debian 10, Ubuntu 20.04, RHEL 8 or later), or a container that has one",
        )
    if kind != "Linux":
        return fix(
            name, f"{system}: trainclock runs on Linux", "use a Linux machine, or a container or virtual one"
        )
    if processor != "x86_64":
        return note(name, f"{system}: trainclock is tested on Linux x86_64; some packages may be missing")
    return ok(name, system)


def check_user(plan: Plan) -> list[Result]:
    """Check that the user has a name, which Snakemake asks for: a container may run under any number."""
    try:
        getpass.getuser()
    except (KeyError, OSError):  # OSError from Python 3.13 on
        return [
            fix("user", f"the user id {os.getuid()} has no name here, without which Snakemake stops", NAMED)
        ]
    return []


def check_cores(plan: Plan) -> Result:
    """Check that a run can have its threads, and that no quota takes cores away."""
    cores, quota = hardware.cores(), cpu_quota()
    if quota and quota < cores:
        usable = max(1, int(quota))
        return note(
            "cores",
            f"{cores}, but this container or session may use {quota:g} of them at a time: Snakemake does not"
            " see that, and times would suffer",
            f"snakemake --cores {usable}, and threads: {usable} in the config",
        )
    if cores < plan.threads:
        return note(
            "cores",
            f"{cores}; `threads: {plan.threads}` of the config will be lowered to that, and records show it",
        )
    return ok("cores", f"{cores}; a run takes {plan.threads}")


def check_memory(plan: Plan) -> Result:
    """Check the memory of the machine or of its container against that of a run."""
    limits = [
        int(text) // 2**20
        for text in cgroup("memory", "memory.max", "memory.limit_in_bytes")
        if text != "max"
    ]
    total = min(hardware.memory_mb() or sys.maxsize, *limits, sys.maxsize)
    if total == sys.maxsize:
        return note("memory", "not known")
    if total < plan.memory_mb:
        return note(
            "memory",
            f"{total} MB; a run of the study may take {plan.memory_mb} MB (`memory_mb` in the config)",
        )
    return ok("memory", f"{total} MB; a run may take {plan.memory_mb} MB")


def cpu_quota() -> float | None:
    """Return how many cores the cgroup grants at a time; None without a limit."""
    limits = []
    for text in cgroup("cpu", "cpu.max"):
        quota, period = text.split()
        if quota != "max":
            limits.append(int(quota) / int(period))
    quotas, periods = (cgroup("cpu", f"cpu.cfs_{part}_us") for part in ("quota", "period"))
    limits += [int(quota) / int(period) for quota, period in zip(quotas, periods) if int(quota) > 0]
    return min(limits) if limits else None


def cgroup(controller: str, *names: str) -> list[str]:
    """Read the files called `names` in this process's cgroup and those above it, version 1 or 2."""
    texts = []
    for line in read(OWN_CGROUP).splitlines():
        _, controllers, path = line.split(":", 2)
        base = CGROUPS / controller if controllers else CGROUPS
        if controllers and controller not in controllers.split(","):
            continue
        places = [base]
        for part in Path(path.lstrip("/")).parts:
            places.append(places[-1] / part)
        texts += [read(place / name).strip() for place in places for name in names]
    return [text for text in texts if text]


def read(file: Path) -> str:
    """Read a file; empty if it cannot be read."""
    try:
        return file.read_text()
    except OSError:
        return ""
