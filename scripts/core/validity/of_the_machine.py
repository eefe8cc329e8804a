"""What disturbed a run from outside: the machine, and what else was on it."""

from scripts.core.validity.check import AGAIN, Check, Finding, Limits, Run, over

SLOWDOWNS = {"hardware slowdown", "hot (software)", "hot (hardware)", "power brake"}  # of nvml.REASONS


def stolen_time(run: Run, limits: Limits) -> Finding:
    """Return a finding if the hypervisor gave the processors to other machines."""
    excess = over(run["steal_share"], limits["steal_share"])
    if excess is None:
        return None
    return excess, f"the hypervisor took {run['steal_share']:.1%} of the processor time"


def cpu_quota(run: Run, limits: Limits) -> Finding:
    """Return a finding if a CPU quota held the run back."""
    if run["quota_throttled_s"] is None or not run["train_s"]:
        return None
    share = run["quota_throttled_s"] / (run["threads"] * run["train_s"])
    excess = over(share, limits["throttled_share"])
    return (
        None if excess is None else (excess, f"a CPU quota held it back for {share:.1%} of its threads' time")
    )


def hot_processor(run: Run, limits: Limits) -> Finding:
    """Return a finding if heat slowed the processor."""
    excess = over(run["thermal_throttles"], limits["thermal_throttles"])
    if excess is None:
        return None
    return excess, f"the processor was slowed {run['thermal_throttles']:.0f} times by heat"


def slowed_gpu(run: Run, limits: Limits) -> Finding:
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


def swapping(run: Run, limits: Limits) -> Finding:
    """Return a finding if the machine swapped memory."""
    excess = over(run["swapped_pages"], limits["swapped_pages"])
    if excess is None:
        return None
    return excess, f"the machine swapped {run['swapped_pages']:.0f} pages of memory"


def other_load(run: Run, limits: Limits) -> Finding:
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


def shared_cores(run: Run, limits: Limits) -> Finding:
    """Return a finding if a run on Linux could not pin its threads to cores of its own."""
    if run["pinned_cores"] is not None or not run["system"].startswith("Linux"):
        return None
    threads, cores = int(run["threads"]), int(run["cores"])
    if threads > cores:
        return threads / cores, f"{threads} threads had to share the {cores} cores that it may use"
    return (
        None,
        f"{threads} of the {cores} cores that it may use could not be claimed: others of our runs had them,"
        " or /tmp takes no file locks",
    )


def shared_gpu(run: Run, limits: Limits) -> Finding:
    """Return a finding if the GPU was already taken by another run of this user."""
    if run["gpu_own"] is not False:  # None where nothing is known
        return None
    return None, "no GPU was free: others of our runs had it, or /tmp takes no file locks"


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
    Check(
        "hot processor",
        "throttled",
        hot_processor,
        f"cool the machine or switch its turbo off, {AGAIN}",
    ),
    Check("slowed GPU", "throttled", slowed_gpu, f"look at the GPU's cooling and power supply, {AGAIN}"),
    Check(
        "swapping",
        "throttled",
        swapping,
        f"close other programs or use a machine with more memory, {AGAIN}",
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
]
