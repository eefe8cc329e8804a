"""What the control groups of this process allow it, in version 1 and 2 of the kernel's interface.

In a container the groups outside it are not visible: limits set there cannot be told.
"""

from pathlib import Path

from .system import number, numbers, text

NO_LIMIT = 2**60  # version 1 writes "no limit" as a huge number of bytes


def folders(controller, root="/"):
    """Folders of this process's groups that `controller` (cpu, memory) rules, innermost first."""
    found, base = [], Path(root, "sys/fs/cgroup")
    for line in (text(Path(root, "proc/self/cgroup")) or "").splitlines():
        names, path = line.split(":", 2)[1:]
        if not names:  # version 2
            mounts = [base] if (base / "cgroup.controllers").exists() else [base / "unified"]
        elif controller in names.split(","):
            mounts = [base / names, base / controller]
        else:
            continue
        for mount in [mount for mount in mounts if mount.is_dir()][:1]:
            inside = [] if ".." in path else [part for part in path.split("/") if part]
            places = [mount.joinpath(*inside[:depth]) for depth in range(len(inside), -1, -1)]
            found += [place for place in places if place.is_dir()]
    return found


def quota_cores(root="/"):
    """Cores that the tightest CPU quota grants; None if there is none, or none that can be seen."""
    quotas = [quota_of(folder) for folder in folders("cpu", root)]
    return min((quota for quota in quotas if quota), default=None)


def quota_of(folder):
    words = (text(folder / "cpu.max") or "").split()
    if len(words) == 2:
        return None if words[0] == "max" else int(words[0]) / int(words[1])
    quota, period = number(folder / "cpu.cfs_quota_us"), number(folder / "cpu.cfs_period_us")
    return quota / period if quota and period and quota > 0 else None


def memory_limit_mb(root="/"):
    """The tightest memory limit in MiB; None if there is none, or none that can be seen."""
    limits = []
    for folder in folders("memory", root):
        limits += [number(folder / "memory.max"), number(folder / "memory.limit_in_bytes")]
    least = min((limit for limit in limits if limit), default=NO_LIMIT)
    return least // 2**20 if least < NO_LIMIT else None


def throttled_seconds(places):
    """Seconds for which a CPU quota has held back the groups at `places` (see folders), added up over
    CPUs as the kernel does; None where no group tells."""
    found = []
    for place in places:
        stat = numbers(place / "cpu.stat")
        if "throttled_usec" in stat:
            found.append(stat["throttled_usec"] / 1e6)
        elif "throttled_time" in stat:
            found.append(stat["throttled_time"] / 1e9)
    return sum(found) if found else None
