"""Go on after a Snakemake that was killed (kill -9, power cut).

It leaves behind its lock, its SLURM jobs, and its marks of outputs that it did not see finished.

Snakemake's own lock in .snakemake/locks does not show who holds it. So each of our calls also holds a
shared flock on a file next to it, which the kernel drops when the process ends, however it ends. Who gets
that flock exclusively is alone: what is locked then was left by the dead. Other machines' flocks may not
be seen on every shared file system: so the file names the machines, and only our own locks are removed.
"""

import base64
import os
import platform
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

POLL_INTERVAL_S = 10  # between two questions to SLURM's queue
RUN_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")  # ends the name of Snakemake's SLURM jobs


def clear_leftovers(
    folder: str | Path,
    warn: Callable[[str], Any],
    dryrun: bool = False,
    finished: Callable[[], Collection[str]] = frozenset,
) -> None:
    """Remove locks left in a working directory by a killed call, when its SLURM jobs have ended.

    Holds the folder until this process ends. `warn` prints a sentence. `finished` gives the paths of
    all outputs that are known to be whole: Snakemake would make those again that a killed call had begun.
    """
    if fcntl is None:
        return
    own = Path(folder, ".snakemake")
    own.mkdir(exist_ok=True)
    file = os.open(own / "alive", os.O_RDWR | os.O_CREAT)  # stays open: holding it shows that we live
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # another call is at work, and its locks are good; or there are no flocks here
        hold(file)
        return
    here, known = platform.node(), os.pread(file, 2**16, 0).decode().split()
    locks = list((own / "locks").glob("*.lock"))
    if locks and not dryrun:
        remove_locks(folder, locks, sorted(set(known) - {here}), warn)
    if not dryrun:
        keep_finished(own / "incomplete", finished)
    if not locks:
        known = []
    if here not in known and not dryrun:
        os.ftruncate(file, 0)
        os.pwrite(file, "\n".join([*known, here]).encode(), 0)
    hold(file)


def remove_locks(
    folder: str | Path, locks: list[Path], others: list[str], warn: Callable[[str], Any]
) -> None:
    """Remove the locks once the SLURM jobs have ended; explain instead what to do if `others` may hold them.

    `others` are the names of other machines on which Snakemake was started in the folder.
    """
    if others:
        warn(
            f"Snakemake was started in this folder on {', '.join(others)}. If it is not running there"
            " any more: your command with --unlock, then the same command again"
        )
        return
    wait_for_jobs(folder, warn)
    for lock in locks:
        lock.unlink(missing_ok=True)
    warn("a Snakemake that was killed left its lock on this folder; it is removed, and work goes on")


def keep_finished(folder: Path, finished: Callable[[], Collection[str]]) -> None:
    """Remove the marks of outputs that are whole: they were written just before Snakemake was killed.

    A mark is a file that has the output's path as its name, in base 64; a long one is cut into folders.
    """
    marks = [path for path in folder.rglob("*") if path.is_file()]
    whole = finished() if marks else ()
    for mark in marks:
        parts = [part.removeprefix("@") for part in mark.relative_to(folder).parts]
        try:
            name = base64.urlsafe_b64decode("".join(parts)).decode()
        except ValueError:
            continue  # not a mark
        if name in whole:
            mark.unlink(missing_ok=True)


def hold(file: int) -> None:
    """Hold the open file, which shows that this process lives; does nothing where there are no flocks."""
    if fcntl is None:
        return
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        os.close(file)


def wait_for_jobs(folder: str | Path, warn: Callable[[str], Any]) -> None:
    """Let the jobs of the killed call end: they write their records, and nothing runs twice."""
    reported = None
    while jobs := jobs_left(folder):
        if len(jobs) != reported:
            reported = len(jobs)
            warn(
                "waiting for SLURM jobs of a Snakemake that was killed; what they finish is kept. To end them"
                f" instead: scancel {' '.join(jobs)}"
            )
        time.sleep(POLL_INTERVAL_S)


def jobs_left(folder: str | Path) -> list[str]:
    """Return the ids of this user's SLURM jobs that a Snakemake in `folder` has submitted."""
    if not shutil.which("squeue"):
        return []
    command = ["squeue", "--noheader", "--user", str(os.getuid()), "--format", "%i|%j|%Z"]
    queue = subprocess.run(command, capture_output=True, text=True, check=False)
    jobs = []
    for line in queue.stdout.splitlines():
        job, name, place = line.strip().split("|", 2)
        if RUN_ID.search(name) and os.path.realpath(place) == os.path.realpath(folder):
            jobs.append(job)
    return jobs
