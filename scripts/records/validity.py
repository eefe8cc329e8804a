"""When a run is doubtful: pure functions of what its record says and of the config's `limits`.

A flag names one doubt, with what was measured and what to do. The verdict of a run says whether its
times can be trusted; flags that only make a comparison doubtful (other threads, older code) leave it.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

from scripts.records.epoch_statistics import delay, spread

# Worst first: a run with several gets the first. Causes come before the symptom: uneven epochs only
# show that something happened.
VERDICTS = {
    "stolen": "the hypervisor gave its processors to other machines meanwhile",
    "throttled": "it was held back by heat, by a CPU quota or for lack of memory",
    "shared": "other programs kept cores busy meanwhile, or another run had its GPU",
    "unstable": "its epochs took unequal times, for no reason that could be seen",
    "clean": "nothing disturbed it, as far as the machine reports",
}
FEWEST_EPOCHS = 3  # for a spread to mean something
SLOWDOWNS = {"hardware slowdown", "hot (software)", "hot (hardware)", "power brake"}  # of nvml.REASONS
Finding = tuple[float | None, str] | None  # (measured / limit or None, reason), if something is doubtful


@dataclass(frozen=True)
class Check:
    """`find(run, limits)` gives (measured / limit or None, reason), or None where nothing is doubtful.

    `run` maps columns of the table of runs to the values of a record, `limits` is that section of the config.
    """

    flag: str
    verdict: str | None
    find: Callable[[Mapping, Mapping], Finding]
    advice: str


def over(value: float | None, limit: float) -> float | None:
    """Return value / limit if the value is known and above the limit, else None; infinite if limit is 0."""
    if value is None or value <= limit:
        return None
    return value / limit if limit else math.inf


def stolen_time(run: Mapping, limits: Mapping) -> Finding:
    """Return a finding if the hypervisor gave the processors to other machines."""
    excess = over(run["steal_share"], limits["steal_share"])
    if excess is None:
        return None
    return excess, f"the hypervisor took {run['steal_share']:.1%} of the processor time"


def cpu_quota(run: Mapping, limits: Mapping) -> Finding:
    """Return a finding if a CPU quota held the run back."""
    if run["quota_throttled_s"] is None or not run["train_s"]:
        return None
    share = run["quota_throttled_s"] / (run["threads"] * run["train_s"])
    excess = over(share, limits["throttled_share"])
    return (
        None if excess is None else (excess, f"a CPU quota held it back for {share:.1%} of its threads' time")
    )


def hot_processor(run: Mapping, limits: Mapping) -> Finding:
    """Return a finding if heat slowed the processor."""
    excess = over(run["thermal_throttles"], limits["thermal_throttles"])
    if excess is None:
        return None
    return excess, f"the processor was slowed {run['thermal_throttles']:.0f} times by heat"


def slowed_gpu(run: Mapping, limits: Mapping) -> Finding:
    """Return a finding if heat or power slowed the GPU."""
    reasons = run["gpu_slowed_by"] or []
    seen = [reason for reason in reasons if reason in SLOWDOWNS]
    if seen:
        return None, f"the GPU was slowed: {', '.join(seen)}"
    if run["gpu_hot_s"] is None or not run["train_s"]:
        return None
    share = run["gpu_hot_s"] / run["train_s"]
    excess = over(share, limits["throttled_share"])
    if excess is None:
        return None
    return excess, f"heat slowed the GPU for {share:.1%} of the time"


def swapping(run: Mapping, limits: Mapping) -> Finding:
    """Return a finding if the machine swapped memory."""
    excess = over(run["swapped_pages"], limits["swapped_pages"])
    if excess is None:
        return None
    return excess, f"the machine swapped {run['swapped_pages']:.0f} pages of memory"


def other_load(run: Mapping, limits: Mapping) -> Finding:
    """Return a finding if others used cores while the clock ran.

    Where that is unknown, the load average before it decides.
    """
    if run["other_cores"] is not None:
        excess = over(run["other_cores"], limits["other_cores"])
        reason, own = f"others kept {run['other_cores']:.1f} cores busy while it ran", ""
        if run["other_cores_on_pinned"] is not None and len(run["pinned_cores"]) < run["cores"]:
            own = f", {run['other_cores_on_pinned']:.1f} of them its own"
        if excess is None:
            return None
        return excess, reason + own
    excess = over(run["load_before"], run["threads"] + limits["load_before"])
    if excess is None:
        return None
    return excess, f"load average {run['load_before']:.1f} when it started"


def shared_cores(run: Mapping, limits: Mapping) -> Finding:
    """Return a finding if a run on Linux could not pin its threads to cores of its own."""
    if run["pinned_cores"] is not None or not run["system"].startswith("Linux"):
        return None
    threads, cores = int(run["threads"]), int(run["cores"])
    if threads > cores:
        return threads / cores, f"{threads} threads had to share the {cores} cores that it may use"
    return None, f"{threads} of the {cores} cores that it may use were not free: others of our runs had them"


def shared_gpu(run: Mapping, limits: Mapping) -> Finding:
    """Return a finding if the GPU was already taken by another run of this user."""
    if run["gpu_own"] is not False:  # None where nothing is known
        return None
    return None, "no GPU was free: others of our runs had it"


def uneven_epochs(run: Mapping, limits: Mapping) -> Finding:
    """Return a finding if the epochs took unequal times.

    That is their spread (a tenth of the epochs on each side left out) or the delay that single epochs
    caused, in seconds an epoch; both count only beyond the noise that any epoch has.
    """
    epochs = run["epochs_s"]
    if len(epochs) < FEWEST_EPOCHS:
        return None
    usual, unevenness = median(epochs), max(spread(epochs), delay(epochs))
    if unevenness < limits["epoch_noise_s"] or unevenness < limits["epoch_spread"] * usual:
        return None
    return (
        unevenness / (limits["epoch_spread"] * usual) if limits["epoch_spread"] * usual else math.inf,
        f"the epochs spread by {unevenness / usual:.0%} of the median"
        f" ({min(epochs):.3g} to {max(epochs):.3g} s)",
    )


def too_much_cpu(run: Mapping, limits: Mapping) -> Finding:
    """Return a finding if the run kept more cores busy than it had threads."""
    used, limit = run["train_cpu_s"], limits["cpu_excess"] * run["threads"] * run["train_s"]
    if used <= limit:
        return None
    busy, threads = used / run["train_s"], int(run["threads"])
    return used / limit, f"{busy:.1f} cores were busy on average, for {threads} threads"


def lowered_threads(run: Mapping, limits: Mapping) -> Finding:
    """Return a finding if the run got fewer threads than the config wants."""
    given, wanted = int(run["threads"]), int(run["threads_declared"])
    if given >= wanted:
        return None
    return wanted / given, f"ran with {given} of the {wanted} threads that the config wants"


def other_threads(run: Mapping, limits: Mapping) -> Finding:
    """Return a finding if thread pools differ from the threads that the run was given.

    The framework's own pool must have just as many, any other pool in the process no more.
    """
    reported, given = run["threads_reported"], run["threads"]
    found = [f"the framework reports {reported:.0f}"] if reported is not None and reported != given else []
    pools = run["thread_pools"] or {}
    found += [f"{pool} reports {threads}" for pool, threads in sorted(pools.items()) if threads > given]
    return (None, f"was given {given:.0f} threads, {', '.join(found)}") if found else None


def other_settings(run: Mapping, limits: Mapping) -> Finding:
    """Return a finding if the framework reads back other settings than it was asked for."""
    read = run["library_facts"] or {}
    found = [
        f"{name} is {read[name]}, not {wanted}"
        for name, wanted in sorted((run["asked_facts"] or {}).items())
        if wanted is not None and read.get(name) is not None and read[name] != wanted
    ]
    return (None, "; ".join(found)) if found else None


def other_code(run: Mapping, limits: Mapping) -> Finding:
    """Return a finding if other training code than the present one made the run."""
    if run["older_code"] is not True:  # None where nothing is known
        return None
    return None, f"made by training code {run['trainer_digest']}, which is not the present one"


AGAIN = "and make the run again (snakemake --forcerun FILE)"
CHECKS = [
    Check(
        "stolen time",
        "stolen",
        stolen_time,
        f"use a machine or an instance with processors of its own, {AGAIN}",
    ),
    Check(
        "CPU quota",
        "throttled",
        cpu_quota,
        f"raise the quota of the container or job to the threads of a run, or lower threads:, {AGAIN}",
    ),
    Check("hot processor", "throttled", hot_processor, f"cool the machine or switch its turbo off, {AGAIN}"),
    Check("slowed GPU", "throttled", slowed_gpu, f"look at the GPU's cooling and power supply, {AGAIN}"),
    Check(
        "swapping", "throttled", swapping, f"close other programs or use a machine with more memory, {AGAIN}"
    ),
    Check(
        "busy machine",
        "shared",
        other_load,
        f"stop other work on the machine, keep one timed run at a time, {AGAIN};"
        " on a cluster ask for whole nodes",
    ),
    Check(
        "shared cores",
        "shared",
        shared_cores,
        "start fewer runs at once (--resources timed_run=1), or lower threads: to the cores that there are",
    ),
    Check(
        "shared GPU",
        "shared",
        shared_gpu,
        f"start no more GPU runs at once than there are GPUs (--resources timed_run=1), {AGAIN}",
    ),
    Check(
        "uneven epochs",
        "unstable",
        uneven_epochs,
        f"see whether its epochs have a reason in its log or on the machine, {AGAIN}",
    ),
    Check(
        "too much CPU",
        None,
        too_much_cpu,
        "the framework used more threads than it was given: lower its pools or raise threads:",
    ),
    Check(
        "fewer threads",
        None,
        lowered_threads,
        "start snakemake with at least that many --cores, or lower threads: in the config",
    ),
    Check("other threads", None, other_threads, "the framework did not take the setting: compare with care"),
    Check(
        "other settings",
        None,
        other_settings,
        "look in its log for why, and compare with care: it did not train as its module asks",
    ),
    Check(
        "older code",
        None,
        other_code,
        "compare with care, or make them again: snakemake --cores all --forcerun"
        " $(python scripts status --older results), with the other options that you use",
    ),
]


def doubts(run: Mapping, limits: Mapping) -> list[tuple[Check, float | None, str]]:
    """Return (check, excess, reason) of every check that finds something in a finished run."""
    found = [(check, check.find(run, limits)) for check in CHECKS]
    return [(check, *doubt) for check, doubt in found if doubt]


def verdict(found: list[tuple[Check, float | None, str]]) -> str:
    """Return one of VERDICTS for a finished run: the worst that its doubts say."""
    verdicts = {check.verdict for check, _, _ in found}
    return next(name for name in VERDICTS if name in verdicts or name == "clean")
