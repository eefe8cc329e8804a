"""What the control groups of this process allow it, in version 1 and 2 of the kernel's interface.

In a container the groups outside it are not visible: limits set there cannot be known.
"""

from pathlib import Path
from typing import List, Optional

from scripts.core.paths import AnyPath
from scripts.training.machine.procfs import Source, all_known, entry, number, text

NO_LIMIT = 2**60  # version 1 writes "no limit" as a huge number of bytes


def folders(controller: str, root: AnyPath = "/") -> List[Path]:
    """List the folders of this process's groups that `controller` (cpu, memory) rules, innermost first."""
    groups, base = [], Path(root, "sys/fs/cgroup")
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
            groups += [place for place in places if place.is_dir()]
    return groups


def quota_cores(root: AnyPath = "/") -> Optional[float]:
    """Count the cores that the tightest CPU quota grants; None if there is none, or none that can be seen."""
    quotas = [quota_of(folder) for folder in folders("cpu", root)]
    return min((quota for quota in quotas if quota), default=None)


def quota_of(folder: Path) -> Optional[float]:
    """Read the CPU quota of one group in cores; None if it has none."""
    limits = (text(folder / "cpu.max") or "").split()
    if len(limits) == 2:
        return None if limits[0] == "max" else int(limits[0]) / int(limits[1])
    quota, period = number(folder / "cpu.cfs_quota_us"), number(folder / "cpu.cfs_period_us")
    return quota / period if quota and period and quota > 0 else None


def memory_limit_mb(root: AnyPath = "/") -> Optional[int]:
    """Read the tightest memory limit in MiB; None if there is none, or none that can be seen."""
    limits = []
    for folder in folders("memory", root):
        limits += [number(folder / "memory.max"), number(folder / "memory.limit_in_bytes")]
    least = min((limit for limit in limits if limit), default=NO_LIMIT)
    return least // 2**20 if least < NO_LIMIT else None


class Throttling:
    """For how long CPU quotas have held this process's groups back."""

    def __init__(self, root: AnyPath = "/") -> None:
        statistics = [Source(folder / "cpu.stat") for folder in folders("cpu", root)]
        self.sources = [source for source in statistics if throttled_seconds(source.text()) is not None]

    def seconds(self) -> Optional[float]:
        """Add up the seconds of all CPUs, as the kernel does, and groups; None where they are not known."""
        seconds = all_known([throttled_seconds(source.text()) for source in self.sources])
        return None if seconds is None else sum(seconds)


def throttled_seconds(stat: Optional[str]) -> Optional[float]:
    """Read the seconds in a group's cpu.stat: microseconds in version 2, nanoseconds in version 1."""
    usec, nsec = entry("throttled_usec", stat), entry("throttled_time", stat)
    if usec is not None:
        return usec / 1e6
    return None if nsec is None else nsec / 1e9
