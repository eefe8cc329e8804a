"""Cores of its own for each run, so that runs at the same time do not share any.

A core is claimed by locking its file in a folder that all runs of this user on this machine share.
The kernel drops the lock when the process ends, however it ends. Only cores that the process may use
are ever claimed, so a scheduler's choice (SLURM's cpuset, taskset) is kept. Other users and containers
do not see these locks, so cores that are busy at the moment are taken last. Linux only.
"""

import os
import stat
import time
from pathlib import Path
from typing import Dict, Iterable, List, NamedTuple, Optional, Sequence, Set, Tuple

from scripts.core.paths import AnyPath
from scripts.training.machine.activity import cpu_seconds
from scripts.training.machine.procfs import allowed_cpus, cpu_folder, cpu_list, text

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

# Its name is part of the trainer digest: another one would flag all records as made by older code.
LOOK_S = 0.1  # for so long the cores are watched  # codespell:ignore
BUSY = 0.5  # of that time

# A physical core: the NUMA node it is in, its lowest CPU number, which names its file, and those of its
# CPUs that this process may use.
Core = NamedTuple("Core", [("node", int), ("name", int), ("cpus", List[int])])


class Claim:
    """Cores that this process holds until it ends; `cpus` are those to run on."""

    def __init__(self, cpus: List[int], files: List[int]) -> None:
        self.cpus, self.files = cpus, files

    def release(self) -> None:
        """Unlock them, for other runs to claim."""
        for file in self.files:
            os.close(file)
        self.files = []


def shared_folder() -> Path:
    """Give the folder of the locks of all runs of this user on this machine.

    Not in TMPDIR or XDG_RUNTIME_DIR, which differ between the sessions of one user.
    """
    return Path("/tmp", f"trainclock-{os.getuid()}")


def physical_cores(cpus: Iterable[int], root: AnyPath = "/") -> List[Core]:
    """List the cores that these CPUs belong to, in order of node and number."""
    nodes: Dict[int, int] = {}
    for folder in Path(root, "sys/devices/system/node").glob("node[0-9]*"):
        nodes.update(dict.fromkeys(cpu_list(text(folder / "cpulist")), int(folder.name[4:])))
    found: Dict[int, Core] = {}
    for cpu in sorted(cpus):
        siblings = cpu_list(text(cpu_folder(cpu, root) / "topology/thread_siblings_list")) or [cpu]
        name = min(siblings)
        found.setdefault(name, Core(nodes.get(cpu, 0), name, [])).cpus.append(cpu)
    return sorted(found.values())


def choose(cores: Sequence[Core], threads: int) -> Optional[List[int]]:
    """Choose the CPUs for `threads` threads out of free cores; None if there are too few.

    A core for each thread, in one NUMA node if one has enough (the fullest that does); then in any node; then
    several CPUs of a core.
    """
    nodes: Dict[int, List[Core]] = {}
    for core in cores:
        nodes.setdefault(core.node, []).append(core)
    enough = [free for free in nodes.values() if len(free) >= threads]
    if enough:
        cores = min(enough, key=len)
    by_turn = sorted((turn, core.node, cpu) for core in cores for turn, cpu in enumerate(core.cpus))
    return sorted(cpu for _, _, cpu in by_turn[:threads]) if len(by_turn) >= threads else None


def busy_cpus(cpus: Sequence[int], root: AnyPath = "/") -> Set[int]:
    """Find those of some CPUs that are busy at the moment."""

    def look() -> Dict[int, float]:
        now = text(Path(root, "proc/stat"))
        return {cpu: cpu_seconds(now, cpu)[0] or 0.0 for cpu in cpus}

    before = look()
    time.sleep(LOOK_S)  # codespell:ignore
    after = look()
    return {cpu for cpu in cpus if after[cpu] - before[cpu] > BUSY * LOOK_S}  # codespell:ignore


def claim(
    threads: int,
    cpus: Optional[Sequence[int]] = None,
    folder: Optional[AnyPath] = None,
    root: AnyPath = "/",
) -> Optional[Claim]:
    """Claim cores for `threads` threads out of `cpus` (all that this process may use).

    Returns a Claim, or None if not enough cores are free or the system cannot do it.
    """
    cpus = allowed_cpus() if cpus is None else cpus
    if fcntl is None or cpus is None:
        return None
    busy = busy_cpus(cpus, root)
    held: List[Tuple[Core, int]] = []  # pairs of core and locked file
    try:
        folder = own_folder(shared_folder() if folder is None else folder)
        door = lock(folder / "claiming", wait=True)  # one run chooses at a time
        try:
            for core in physical_cores(cpus, root):
                file = lock(folder / f"core-{core.name}")
                if file is not None:
                    held.append((core, file))
            idle = [core for core, _ in held if not busy & set(core.cpus)]
            enough = idle if len(idle) >= threads else [core for core, _ in held]
            chosen = choose(enough, threads)
            used = [pair for pair in held if set(pair[0].cpus) & set(chosen or [])]
            for _, file in [pair for pair in held if pair not in used]:
                os.close(file)
            held = used
        finally:
            os.close(door)  # pyright: ignore[reportArgumentType]  # it waited until it had the file
    except OSError:
        for _, file in held:
            os.close(file)
        return None
    return Claim(chosen, [file for _, file in held]) if chosen else None


def own_folder(folder: AnyPath) -> Path:
    """Make the folder if it is missing. Raises OSError if it is a link or somebody else's."""
    folder = Path(folder)
    folder.mkdir(mode=0o700, exist_ok=True)
    found = os.lstat(str(folder))
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise PermissionError(f"{folder} is not ours")
    return folder


def lock(path: AnyPath, wait: bool = False) -> Optional[int]:
    """Lock a file and give its descriptor, or None if another process has it."""
    file = os.open(str(path), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        # Where there is no fcntl, claim() and gpu_affinity.claim() return before.
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))  # pyright: ignore[reportOptionalMemberAccess]
    except BlockingIOError:
        os.close(file)
        return None
    return file


def pin(cpus: Iterable[int]) -> bool:
    """Keep all threads of this process, and those they start, on `cpus`. Returns whether that worked."""
    try:
        for thread in Path("/proc/self/task").iterdir():
            os.sched_setaffinity(int(thread.name), cpus)
    except OSError:
        return False
    return True


def take_cores(threads: int) -> Optional[Claim]:
    """Claim cores and pin this process to them before the framework is imported.

    Gives the Claim, which must be kept, or None.
    """
    found = claim(threads)
    if found and not pin(found.cpus):
        found.release()
        return None
    return found
