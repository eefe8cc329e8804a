"""Repeat a run whose times are doubtful, and keep the cleanest attempt.

A run is never repeated because it was slow, or because of its losses or accuracies, only because something
disturbed it, or must have: its epochs took unequal times. All
attempts lie next to the record, in fold-N.attempts/, the cleanest is the record: the one with the best
verdict (core/validity), then with the smallest excess of a measured value over its limit, then the first.

Runs inside the framework's environment: Python 3.6 or later, nothing else.
"""

import dataclasses
import json
import math
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, List, Mapping, Optional, Tuple

from scripts.core import record, validity
from scripts.training.machine import activity, core_affinity
from scripts.training.machine.procfs import Source

SAMPLE_S = 1.0  # over which the load of the machine is measured
IN_VAIN_S = 300  # for so long after a wait in vain nobody waits again
ROOM = 1.2  # of what an attempt took: what is to be left of the time of its job for one more


@dataclass(frozen=True)
class Policy:
    """The section `repeat` of the config, with its `limits`."""

    doubtful: int  # repetitions of a doubtful run at most
    wait_s: float  # for the machine to calm down, before each
    longest_s: float  # a run that took longer is not repeated
    limits: Mapping[str, Any]


def policy(text: str) -> Policy:
    """Read a policy from JSON: {"doubtful": ..., "wait_s": ..., "longest_s": ..., "limits": {...}}."""
    return Policy(**json.loads(text))


def keep_cleanest(
    out: Path, rules: Policy, run: Callable[[Path], bool], announce: Callable[[str], None]
) -> None:
    """Repeat the run whose record lies at `out` while it is doubtful; the cleanest attempt ends up there.

    `run(path)` makes one more attempt, whose record it writes to `path`, and returns whether it did.
    """
    folder = attempts_folder(out)
    shutil.rmtree(folder, ignore_errors=True)  # of a run that was made before
    attempts = [record.read(out)]
    while is_worth_it(attempts, rules):
        _, reasons = judged(attempts[-1], rules)
        if not calm(rules):
            announce(f"{reasons}; the machine does not calm down: not repeated")
            break
        announce(f"{reasons}: repeated ({len(attempts)} of at most {rules.doubtful} times)")
        if len(attempts) == 1:
            record.write(attempts[0], folder / "1.json")
        path = folder / f"{len(attempts) + 1}.json"
        if not run(path):
            announce("the repetition failed; what was there before it counts")
            break
        attempts.append(record.read(path))
        record.write(dataclasses.replace(cleanest(attempts, rules), attempts=len(attempts)), out)


def attempts_folder(out: Path) -> Path:
    """Give the folder of all attempts at a record that was repeated."""
    return out.with_name(f"{out.stem}.attempts")


def is_worth_it(attempts: List[record.Record], rules: Policy) -> bool:
    """Check whether one more attempt is allowed, and the cleanest one so far is doubtful."""
    best = cleanest(attempts, rules)
    seconds = best.times.total_s
    left = len(attempts) <= rules.doubtful and seconds <= rules.longest_s
    left = left and ROOM * took(best) + rules.wait_s < seconds_left_of_job()
    return left and judged(best, rules)[0] != "clean"


def took(attempt: record.Record) -> float:
    """Give the seconds from the start of an attempt to its end."""
    times = attempt.times
    return times.import_s + times.load_s + times.total_s + times.predict_s


def seconds_left_of_job() -> float:
    """Give the seconds until a cluster ends this job; infinite where it does not say so (SLURM does)."""
    end = os.environ.get("SLURM_JOB_END_TIME", "")
    return int(end) - time.time() if end.isdigit() else math.inf


def cleanest(attempts: List[record.Record], rules: Policy) -> record.Record:
    """Choose the attempt that was disturbed least; the first of equal ones."""
    return min(attempts, key=lambda attempt: badness(attempt, rules))


def badness(attempt: record.Record, rules: Policy) -> Tuple[int, float]:
    """Give what the cleanest attempt has least of: how bad the verdict is, and the largest excess."""
    found = validity.doubts_of_record(attempt, rules.limits)
    order = [*validity.VERDICTS][::-1]
    excesses = [math.inf if excess is None else excess for check, excess, _ in found if check.verdict]
    return order.index(validity.verdict(found)), max(excesses, default=0.0)


def judged(attempt: record.Record, rules: Policy) -> Tuple[str, str]:
    """Give the verdict on an attempt, and the reasons for it in words."""
    found = validity.doubts_of_record(attempt, rules.limits)
    return validity.verdict(found), "; ".join(reason for check, _, reason in found if check.verdict)


def calm(rules: Policy, folder: Optional[Path] = None) -> bool:
    """Wait until others keep no more cores busy than a clean run may see; False if that takes too long.

    After a wait in vain the next runs look, and do not wait, for some minutes: `folder` holds a mark of it.
    Where the machine does not report its load it counts as calm.
    """
    mark = busy_mark(folder)
    stat = Source(Path("/proc/stat"))
    end = time.monotonic() + (0 if is_young(mark) else rules.wait_s)
    while True:
        before = activity.cpu_seconds(stat.text())[0]
        time.sleep(SAMPLE_S)
        after = activity.cpu_seconds(stat.text())[0]
        if before is None or after is None or (after - before) / SAMPLE_S <= rules.limits["other_cores"]:
            return True
        if time.monotonic() > end:
            if mark and not is_young(mark):
                mark.touch()
            return False


def busy_mark(folder: Optional[Path]) -> Optional[Path]:
    """Give the file whose time is that of the last wait in vain; None where it cannot be kept."""
    try:
        return core_affinity.own_folder(folder or core_affinity.shared_folder()) / "busy"
    except (OSError, AttributeError):  # AttributeError: Windows has no user ids
        return None


def is_young(mark: Optional[Path]) -> bool:
    """Check whether the last wait in vain is less than IN_VAIN_S ago."""
    try:
        return mark is not None and time.time() - mark.stat().st_mtime < IN_VAIN_S
    except OSError:
        return False
