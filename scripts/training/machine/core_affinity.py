"""Cores of its own for each run, so that runs side by side do not share any.

A core is claimed by locking its file in a folder that all runs of this user on this machine share.
The kernel drops the lock when the process ends, however it ends. Only cores that the process may use
are ever claimed, so a scheduler's choice (SLURM's cpuset, taskset) is kept. Other users and containers
do not see these locks: so cores that are busy at the moment are taken last. Linux only.
"""

import os
import stat
import time
from collections import namedtuple
from pathlib import Path

from scripts.training.machine.activity import cpu_seconds
from scripts.training.machine.procfs import allowed_cpus, cpu_folder, cpu_list, text

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

LOOK_S = 0.1  # for so long it is looked at what the cores do
BUSY = 0.5  # of that time

# A physical core: the NUMA node it is in, its lowest CPU number, which names its file, and those of its
# CPUs that this process may use.
Core = namedtuple("Core", "node name cpus")


class Claim:
    """Cores that this process holds until it ends; `cpus` are those to run on."""

    def __init__(self, cpus, files):
        self.cpus, self.files = cpus, files

    def release(self):
        for file in self.files:
            os.close(file)
        self.files = []


def shared_folder():
    """Not in TMPDIR or XDG_RUNTIME_DIR, which differ between the sessions of one user."""
    return Path("/tmp", f"trainclock-{os.getuid()}")


def physical_cores(cpus, root="/"):
    """The cores that these CPUs belong to, in order of node and number."""
    nodes = {}
    for folder in Path(root, "sys/devices/system/node").glob("node[0-9]*"):
        nodes.update(dict.fromkeys(cpu_list(text(folder / "cpulist")), int(folder.name[4:])))
    found = {}
    for cpu in sorted(cpus):
        siblings = cpu_list(text(cpu_folder(cpu, root) / "topology/thread_siblings_list")) or [cpu]
        name = min(siblings)
        found.setdefault(name, Core(nodes.get(cpu, 0), name, [])).cpus.append(cpu)
    return sorted(found.values())


def choose(cores, threads):
    """The CPUs for `threads` threads out of free cores: a core for each thread, in one NUMA node if one
    has enough (the fullest that does); then in any node; then several CPUs of a core. None if too few."""
    nodes = {}
    for core in cores:
        nodes.setdefault(core.node, []).append(core)
    enough = [free for free in nodes.values() if len(free) >= threads]
    if enough:
        cores = min(enough, key=len)
    by_turn = sorted((turn, core.node, cpu) for core in cores for turn, cpu in enumerate(core.cpus))
    return sorted(cpu for _, _, cpu in by_turn[:threads]) if len(by_turn) >= threads else None


def busy_cpus(cpus, root="/"):
    """Those of some CPUs that are busy at the moment."""

    def look():
        now = text(Path(root, "proc/stat"))
        return {cpu: cpu_seconds(now, cpu)[0] or 0.0 for cpu in cpus}

    before = look()
    time.sleep(LOOK_S)
    after = look()
    return {cpu for cpu in cpus if after[cpu] - before[cpu] > BUSY * LOOK_S}


def claim(threads, cpus=None, folder=None, root="/"):
    """Claim cores for `threads` threads out of `cpus` (all that this process may use).

    Returns a Claim, or None if not enough cores are free or the system cannot do it.
    """
    cpus = allowed_cpus() if cpus is None else cpus
    if fcntl is None or cpus is None:
        return None
    busy = busy_cpus(cpus, root)
    held = []  # pairs of core and locked file
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
            os.close(door)
    except OSError:
        for _, file in held:
            os.close(file)
        return None
    return Claim(chosen, [file for _, file in held]) if chosen else None


def own_folder(folder):
    """Make the folder if need be. Raises OSError if it is a link or somebody else's."""
    folder = Path(folder)
    folder.mkdir(mode=0o700, exist_ok=True)
    found = os.lstat(str(folder))
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise PermissionError(f"{folder} is not ours")
    return folder


def lock(path, wait=False):
    """The descriptor of a locked file, or None if another process has it."""
    file = os.open(str(path), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        os.close(file)
        return None
    return file


def pin(cpus):
    """Keep all threads of this process, and those they start, on `cpus`. Returns whether that worked."""
    try:
        for thread in Path("/proc/self/task").iterdir():
            os.sched_setaffinity(int(thread.name), cpus)
    except OSError:
        return False
    return True


def take_cores(threads):
    """Claim and pin before the framework is imported: the Claim, which must be kept, or None."""
    found = claim(threads)
    if found and not pin(found.cpus):
        found.release()
        return None
    return found
