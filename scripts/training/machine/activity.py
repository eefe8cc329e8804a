"""What the machine did while the clock ran: counters read before and after each epoch.

The readings lie outside the clock, so they cost an epoch nothing. In a container /proc/stat is the
host's, which is what is wanted here: it counts everything that shares the processors.
"""

import os
import time
from pathlib import Path
from timeit import default_timer
from typing import Any, Callable, Dict, List, Optional, Sequence, Set, Tuple, TypeVar, Union

from scripts.core.paths import AnyPath
from scripts.core.record import Surroundings
from scripts.training.machine import cgroup, nvml
from scripts.training.machine.procfs import Source, all_known, allowed_cpus, cpu_folder, entry, number, text
from scripts.training.timing import own_cpu_s, resource

TICK_S = 1 / os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 0.01
SAME_MOMENT_S = 0.01  # the reading after one epoch serves as that before the next if it is so young
MOST_W = 1000.0  # no processor package takes more, where it does not report its own limit

Counters = Dict[str, Any]  # name: a number that only grows, int or float; None: not known
# A thread computes if it takes this part of the CPU time of the busiest one. Others keep house: a profiler's
# or an allocator's threads wake up now and then.
COMPUTES = 0.05
T = TypeVar("T", int, float)


def cpu_seconds(stat: Optional[str], cpu: Union[int, str] = "") -> Tuple[Optional[float], Optional[float]]:
    """Give the (busy, stolen) seconds of one CPU, or of all, since the machine started.

    `stat` is the text of /proc/stat; (None, None) if it is not in there. The kernel counts in steps of 10 ms.
    """
    stat = stat or ""
    at = f"\n{stat}".find(f"\ncpu{cpu} ")
    if at < 0:
        return None, None
    user, nice, system, _, _, irq, softirq, steal = map(int, stat[at : at + 250].split()[1:9])
    return (user + nice + system + irq + softirq) * TICK_S, steal * TICK_S


def swapped_pages(root: AnyPath = "/") -> Optional[int]:
    """Count the pages that the machine has read from and written to swap."""
    vmstat = text(Path(root, "proc/vmstat"))
    counts = all_known([entry("pswpin", vmstat), entry("pswpout", vmstat)])
    return None if counts is None else sum(counts)


def thread_ticks(root: AnyPath = "/") -> Dict[Tuple[str, str], int]:
    """Give the CPU time, in ticks, of each thread of this process; {} where not known.

    Keys are number and start of a thread: numbers alone are given again when a thread has ended.
    """
    ticks = {}
    for task in Path(root, "proc/self/task").glob("*"):
        _, _, behind_name = (text(task / "stat") or "").rpartition(")")  # which may hold spaces and brackets
        fields = behind_name.split()
        if len(fields) > 19:
            ticks[task.name, fields[19]] = int(fields[11]) + int(fields[12])
    return ticks


def computing_threads(before: Dict[Tuple[str, str], int], after: Dict[Tuple[str, str], int]) -> Optional[int]:
    """Count the threads that took CPU time between two readings of thread_ticks(); None where not known.

    A thread that began and ended in between is in neither.
    """
    gained = [ticks - before.get(thread, 0) for thread, ticks in after.items()]
    most_gained = max(gained, default=0)
    if not most_gained:  # none for so much as a tick: nothing can be said
        return None
    return sum(ticks >= COMPUTES * most_gained for ticks in gained)


class Heat:
    """How often some CPUs, or the package they are in, were slowed because they were hot."""

    def __init__(self, cpus: Sequence[int], root: AnyPath = "/") -> None:
        folders = [cpu_folder(cpu, root) / "thermal_throttle" for cpu in cpus]
        folders = [folder for folder in folders if folder.is_dir()]
        self.cores = [Source(folder / "core_throttle_count") for folder in folders]
        self.packages = [Source(folder / "package_throttle_count") for folder in folders]

    def throttles(self) -> Optional[int]:
        """Count how often since the machine started; None where a core does not report it."""
        cores = all_known([source.number() for source in self.cores])
        packages = [source.number() for source in self.packages]
        if cores is None:
            return None
        return sum(cores) + max((count for count in packages if count is not None), default=0)


class ProcessorEnergy:
    """Joules of all processor packages since the first reading, from RAPL (often root's alone to read).

    The counters wrap round. One wrap between two readings is seen; if so much time passed that there
    may have been more, the answer is None from then on.
    """

    def __init__(self, root: AnyPath = "/") -> None:
        zones = sorted(Path(root, "sys/class/powercap").glob("intel-rapl:*"))
        self.zones = [zone for zone in zones if (text(zone / "name") or "").startswith("package")]
        self.counts = [Source(zone / "energy_uj") for zone in self.zones]
        ranges = all_known([number(zone / "max_energy_range_uj") for zone in self.zones])
        self.most_w = [most_watts(zone) for zone in self.zones]
        self.total_uj, self.known, self.ranges = 0, ranges is not None, ranges or []
        self.last: Optional[List[int]] = None
        self.last_time = 0.0

    def joules(self, now: Optional[float] = None) -> Optional[float]:
        """Read the joules so far; `now` is the time of the clock. None where they are not known."""
        now = default_timer() if now is None else now
        counts = all_known([source.number() for source in self.counts]) if self.known else None
        if counts is None:
            self.known = False
            return None
        if self.last is not None:
            for count, last, most, watts in zip(counts, self.last, self.ranges, self.most_w):
                self.total_uj += (count - last) % (most + 1)
                if (now - self.last_time) * watts * 1e6 > most:
                    self.known = False
        self.last, self.last_time = counts, now
        return self.total_uj / 1e6 if self.known else None


def most_watts(zone: Path) -> float:
    """Read the power limit of a package, or give MOST_W."""
    limits = [number(path) for path in zone.glob("constraint_*_power_limit_uw")]
    return max((limit / 1e6 for limit in limits if limit), default=MOST_W)


def asleep_s() -> Optional[float]:
    """Read the seconds that the machine has spent suspended since it started; None where not known.

    The clock of the epochs stands still meanwhile.
    """
    if not hasattr(time, "CLOCK_BOOTTIME"):  # Linux, Python 3.7
        return None
    return time.clock_gettime(time.CLOCK_BOOTTIME) - time.clock_gettime(time.CLOCK_MONOTONIC)


def suspended_s(since: Optional[float]) -> Optional[float]:
    """Give the seconds that the machine was suspended since a reading of asleep_s()."""
    now = asleep_s()
    return None if now is None or since is None else max(0.0, now - since)


def peak_memory_mb() -> Optional[float]:
    """Read the highest resident memory of this process so far in MiB, or None."""
    if resource is None:
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class Watch:
    """Reads the machine before and after each epoch and adds up what changed in between.

    `pinned` are the CPUs that this run has for itself, or None; `gpu` is nvml's Gpu, or None.
    """

    def __init__(
        self,
        pinned: Optional[Sequence[int]] = None,
        gpu: Optional[nvml.Gpu] = None,
        root: AnyPath = "/",
    ) -> None:
        self.pinned, self.gpu = pinned, gpu
        self.root, self.stat = root, Source(Path(root, "proc/stat"))
        self.quota = cgroup.Throttling(root)
        self.heat = Heat(pinned or allowed_cpus() or [], root)
        self.energy = ProcessorEnergy(root)
        self.last: Optional[Counters] = None  # the newest reading
        self.swapped: Optional[int] = None  # pages swapped before the first
        self.ticks: Dict[Tuple[str, str], int] = {}  # of each thread before the first
        self.computing: Optional[int] = None  # threads that did while epochs ran, once they are over
        self.changes: Counters = {}  # sums of the changes; None once a reading was not known
        self.seen: Dict[str, List[Any]] = {"mhz": [], "temperature": [], "memory": []}
        known = gpu is not None and gpu.slowed_by() is not None
        self.reasons: Optional[Set[str]] = set() if known else None

    def before(self) -> None:
        """Read the counters, unless they were read a moment ago. Called just before the clock starts."""
        if self.last is None:  # the kernel takes too long over this one to ask it every time
            self.swapped = swapped_pages(self.root)
            self.ticks = thread_ticks(self.root)
        if self.last is None or default_timer() - self.last["wall"] > SAME_MOMENT_S:
            self.last = self.counters()

    def after(self) -> None:
        """Read the counters again and add up the changes. Called just after the clock has stopped."""
        start_of, self.last = self.last or {}, self.counters()
        for name, end in self.last.items():
            start, so_far = start_of[name], self.changes.get(name, 0)
            self.changes[name] = None if None in (start, end, so_far) else so_far + end - start
        if self.gpu:
            self.look_at_gpu(self.gpu)

    def counters(self) -> Counters:
        """Read everything that only grows; None for what the machine does not report."""
        stat, gpu = self.stat.text(), self.gpu
        busy, stolen = cpu_seconds(stat)
        pinned = all_known([cpu_seconds(stat, cpu)[0] for cpu in self.pinned or []])
        return {
            "wall": default_timer(),
            "own": own_cpu_s(),
            "busy": busy,
            "stolen": stolen,
            "pinned_busy": None if pinned is None else sum(pinned),
            "quota": self.quota.seconds(),
            "hot": self.heat.throttles(),
            "energy": self.energy.joules(),
            "gpu_energy": gpu and gpu.energy_j(),
            "gpu_hot": gpu and gpu.held_back_s(nvml.THERMAL),
            "gpu_power": gpu and gpu.held_back_s(nvml.POWER),
        }

    def look_at_gpu(self, gpu: nvml.Gpu) -> None:
        """Read what goes up and down: clock, temperature, memory in use, and what slows the GPU."""
        self.seen["mhz"].append(gpu.clock_mhz())
        self.seen["temperature"].append(gpu.temperature_c())
        self.seen["memory"].append(gpu.used_memory_mb())
        if self.reasons is not None:
            self.reasons.update(gpu.slowed_by() or [])

    def describe(self) -> Surroundings:
        """Fill the section `surroundings` of a record; to be called as soon as the last epoch is over."""
        self.computing = computing_threads(self.ticks, thread_ticks(self.root)) if self.last else None
        change = self.changes.get
        pages = all_known([swapped_pages(self.root), self.swapped])
        swapped = None if pages is None else pages[0] - pages[1]
        busy, stolen = change("busy"), change("stolen")
        wanted = None if stolen is None else busy + stolen
        return Surroundings(
            other_cores=self.others(busy),
            other_cores_on_pinned=self.others(change("pinned_busy")),
            steal_share=stolen / wanted if wanted else None,
            quota_throttled_s=change("quota"),
            thermal_throttles=change("hot"),
            swapped_pages=swapped,
            cpu_energy_j=change("energy"),
            peak_memory_mb=peak_memory_mb(),
            gpu_energy_j=change("gpu_energy"),
            gpu_hot_s=change("gpu_hot"),
            gpu_power_capped_s=change("gpu_power"),
            gpu_slowed_by=None if self.reasons is None else sorted(self.reasons),
            gpu_least_mhz=most(self.seen["mhz"], min),
            gpu_most_c=most(self.seen["temperature"]),
            gpu_used_memory_mb=most(self.seen["memory"]),
        )

    def others(self, busy: Optional[float]) -> Optional[float]:
        """Give the mean number of cores that were busy and not with this run."""
        wall = self.changes.get("wall")
        return None if busy is None or not wall else max(0.0, busy - self.changes["own"]) / wall


def most(values: Sequence[Optional[T]], choose: Callable[[List[T]], T] = max) -> Optional[T]:
    """Give the highest of the values that are known, or what `choose` chooses; None if none is known."""
    known = [value for value in values if value is not None]
    return choose(known) if known else None
