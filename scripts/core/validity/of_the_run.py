"""What is doubtful in a run itself: its epochs, its threads, its settings, its code."""

import math
from statistics import median

from scripts.core.validity.check import AGAIN, Check, Finding, Limits, Run, over
from scripts.core.validity.epoch_statistics import delay, longest_standstill, spread

FEWEST_EPOCHS = 3  # for a spread to mean something


def standstill(run: Run, limits: Limits) -> Finding:
    """Return a finding if no processor worked for the run while it was built, compiled, or in an epoch.

    On a GPU the processor waits anyway.
    """
    if run["device"] != "cpu":
        return None
    seconds, phase = max(
        (run["build_idle_s"] or 0, "it was built"),
        (run["compile_idle_s"] or 0, "it was compiled"),
        (longest_standstill(run["epochs_s"], run["epochs_cpu_s"]), "an epoch ran"),
    )
    excess = over(seconds, limits["standstill_s"])
    if excess is None:
        return None
    reason = f"no processor worked for it for {seconds:.1f} s while {phase}"
    if run["lock_wait_s"]:
        reason += f"; it waited {run['lock_wait_s']:.1f} s for another process to compile"
    return excess, reason


def suspended(run: Run, limits: Limits) -> Finding:
    """Return a finding if the machine was suspended; the clock stands still meanwhile."""
    excess = over(run["suspended_s"], limits["standstill_s"])
    if excess is None:
        return None
    return excess, f"the machine was suspended for {run['suspended_s']:.0f} s after the run had begun"


def uneven_epochs(run: Run, limits: Limits) -> Finding:
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


def too_much_cpu(run: Run, limits: Limits) -> Finding:
    """Return a finding if the run kept more cores busy than it had threads."""
    used, limit = run["train_cpu_s"], limits["cpu_excess"] * run["threads"] * run["train_s"]
    if used <= limit:
        return None
    busy, threads = used / run["train_s"], int(run["threads"])
    return used / limit, f"{busy:.1f} cores were busy on average, for {threads} threads"


def lowered_threads(run: Run, limits: Limits) -> Finding:
    """Return a finding if the run got fewer threads than the config wants."""
    given, wanted = int(run["threads"]), int(run["threads_declared"])
    if given >= wanted:
        return None
    return wanted / given, f"ran with {given} of the {wanted} threads that the config wants"


def other_threads(run: Run, limits: Limits) -> Finding:
    """Return a finding if thread pools differ from the threads that the run was given.

    The framework's own pool must have just as many, any other pool in the process no more.
    """
    reported, given = run["threads_reported"], run["threads"]
    found = [f"the framework reports {reported:.0f}"] if reported is not None and reported != given else []
    pools = run["thread_pools"] or {}
    found += [f"{pool} reports {threads}" for pool, threads in sorted(pools.items()) if threads > given]
    return (None, f"was given {given:.0f} threads, {', '.join(found)}") if found else None


def other_settings(run: Run, limits: Limits) -> Finding:
    """Return a finding if the framework reads back other settings than it was asked for."""
    read = run["library_facts"] or {}
    found = [
        f"{name} is {read[name]}, not {wanted}"
        for name, wanted in sorted((run["asked_facts"] or {}).items())
        if wanted is not None and read.get(name) is not None and read[name] != wanted
    ]
    return (None, "; ".join(found)) if found else None


def other_code(run: Run, limits: Limits) -> Finding:
    """Return a finding if other training code than the present one made the run."""
    if run["older_code"] is not True:  # None where nothing is known
        return None
    return None, f"made by training code {run['trainer_digest']}, which is not the present one"


CHECKS = [
    Check(
        "standstill",
        "paused",
        standstill,
        f"see whether it was stopped, or waited for a slow disk or for another run that compiled, {AGAIN}",
    ),
    Check("suspended", "paused", suspended, f"keep the machine from going to sleep, {AGAIN}"),
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
    Check(
        "other threads",
        None,
        other_threads,
        "the framework did not take the setting: compare with care",
    ),
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
        "compare with care, or make them again: your command with --forcerun and the files that the step"
        " `status --older` prints",
    ),
]
