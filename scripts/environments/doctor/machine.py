"""The machine itself: system, cores, memory."""

import platform
import sys
from pathlib import Path

from scripts.environments.doctor.result import dotted, fix, note, ok, version_in
from scripts.training.machine import hardware

GLIBC = (2, 28)  # the wheels of PyTorch are manylinux_2_28
CGROUPS, OWN_CGROUP = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")


def check_system(plan):
    name = "system"
    kind, processor = platform.system(), platform.machine()
    library, version = platform.libc_ver()
    found = f"{kind} {processor}" + (f", {library} {version}" if library else "")
    if kind == "Linux" and (library != "glibc" or version_in(version) < GLIBC):
        return fix(
            name,
            f"{found}: the packages of the frameworks need glibc {dotted(GLIBC)} or later",
            "use a newer Linux (Debian 10, Ubuntu 20.04, RHEL 8 or later), or a container that has one",
        )
    if (kind, processor) != ("Linux", "x86_64"):
        return note(name, f"{found}: trainclock is tested on Linux x86_64; some packages may be missing")
    return ok(name, found)


def check_cores(plan):
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


def check_memory(plan):
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


def cpu_quota():
    """Cores that the cgroup grants at a time; None without a limit."""
    found = []
    for text in cgroup("cpu", "cpu.max"):
        quota, period = text.split()
        if quota != "max":
            found.append(int(quota) / int(period))
    quotas, periods = (cgroup("cpu", f"cpu.cfs_{part}_us") for part in ("quota", "period"))
    found += [int(quota) / int(period) for quota, period in zip(quotas, periods) if int(quota) > 0]
    return min(found) if found else None


def cgroup(controller, *names):
    """What the files called `names` hold in this process's cgroup and those above it, version 1 or 2."""
    found = []
    for line in read(OWN_CGROUP).splitlines():
        _, controllers, path = line.split(":", 2)
        base = CGROUPS / controller if controllers else CGROUPS
        if controllers and controller not in controllers.split(","):
            continue
        places = [base]
        for part in Path(path.lstrip("/")).parts:
            places.append(places[-1] / part)
        found += [read(place / name).strip() for place in places for name in names]
    return [text for text in found if text]


def read(file):
    try:
        return file.read_text()
    except OSError:
        return ""
