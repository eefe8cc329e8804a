"""The tables as pure functions: the table of runs in, a tidy table out, in full precision.

Times are in seconds, accuracies in percent. `total_s` of a run is build + compile + train. A cell
is settings x implementation x device x split x dataset x framework; its folds are added up only
when all of them are there.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass

import labels
import pandas as pd
import published as study
from cli import UserError

BLOCK = ["settings", "implementation", "device", "split"]
CELL = [*BLOCK, "dataset", "framework"]
RUN_ID = ["settings", "device", "framework", "implementation", "dataset", "split", "fold"]
PHASES = ["import_s", "load_s", "build_s", "compile_s", "train_s", "predict_s"]


def read_runs(path):
    """The table of runs as collect.py wrote it. Raises UserError naming the file and the fix."""
    try:
        runs = pd.read_parquet(path)
    except (ValueError, KeyError) as error:
        raise UserError(f"{path}: not a table of runs ({error}): delete it and run snakemake again") from None
    missing = [name for name in [*RUN_ID, "status", "total_s"] if name not in runs]
    if missing:
        raise UserError(f"{path}: lacks {', '.join(missing)}: delete it and run snakemake again")
    if runs.empty:
        raise UserError("the experiment has no runs: check the lists at the top of the config")
    return runs


def cells(runs):
    """One row a cell, in the order of the plan.

    folds, folds_ok         planned and finished runs
    seconds                 sum of total_s over all folds; null unless all are there
    fold_mean_s, fold_sd_s  mean and standard deviation (ddof=1) of total_s over the finished folds
    accuracy_percent, accuracy_sd   of the test rows, over the folds; null unless all are there
    PHASES, total_s         mean over the finished runs
    """
    rows = []
    for key, group in runs.groupby(CELL, sort=False):
        done = group[group["status"] == "ok"]
        complete = len(done) == len(group)
        percent = 100 * done["test_accuracy"]
        rows.append(
            dict(zip(CELL, key, strict=True))
            | {
                "folds": len(group),
                "folds_ok": len(done),
                "seconds": done["total_s"].sum() if complete else None,
                "fold_mean_s": done["total_s"].mean(),
                "fold_sd_s": done["total_s"].std(ddof=1),
                "accuracy_percent": percent.mean() if complete else None,
                "accuracy_sd": percent.std(ddof=1) if complete else None,
            }
            | {name: done[name].mean() for name in [*PHASES, "total_s"]}
        )
    numbers = ["seconds", "accuracy_percent", "accuracy_sd"]
    return pd.DataFrame(rows).astype(dict.fromkeys(numbers, float))


def times(runs):
    return cells(runs)[[*CELL, "folds", "folds_ok", "seconds", "fold_mean_s", "fold_sd_s"]]


def accuracy(runs):
    return cells(runs)[[*CELL, "folds", "folds_ok", "accuracy_percent", "accuracy_sd"]]


def phases(runs):
    return cells(runs)[[*CELL, "folds", "folds_ok", *PHASES, "total_s"]]


def published(runs, figures):
    """Every cell of the study (`figures`, see published.read) beside the measured one.

    ratio = published_s / measured_s: above 1 the measurement was faster than the study.
    points = measured_percent - published_percent. Both are null unless status is `comparable`;
    `reason` says why not. Only published settings and idiomatic implementations are compared.
    `doubt` says what looks wrong in the printed figures.
    """
    like_study = runs[(runs["settings"] == "published") & (runs["implementation"] == "idiomatic")]
    groups = dict(list(like_study.groupby(study.CELL)))
    rows = []
    for key in figures[study.CELL].itertuples(index=False, name=None):
        if key in groups:
            rows.append(beside(groups[key]))
        else:
            rows.append({"status": "not measured", "reason": "not part of the experiment"})
    names = ["measured_s", "measured_percent", "status", "reason"]
    table = figures.reset_index(drop=True).join(pd.DataFrame(rows, columns=names))
    table[names[:2]] = table[names[:2]].astype(float)
    comparable = table["status"] == "comparable"
    ratio = (table["published_s"] / table["measured_s"]).where(comparable)
    points = (table["measured_percent"] - table["published_percent"]).where(comparable)
    table = table.assign(ratio=ratio, points=points, doubt=study.doubts(table))
    times_first = ["published_s", "measured_s", "ratio"]
    then = ["published_percent", "measured_percent", "points", "status", "reason", "doubt"]
    return table[[*study.CELL, *times_first, *then]]


def beside(group):
    """What the runs of one cell of the study measured, and whether that is comparable."""
    cell = cells(group).iloc[0]
    row = {"measured_s": cell["seconds"], "measured_percent": cell["accuracy_percent"]}
    folds, done = len(group), group[group["status"] == "ok"]
    if done.empty:
        return row | {"status": "incomplete", "reason": labels.incomplete(0, folds)}
    reasons = study.differences(done, folds)
    status = "not comparable" if reasons else "comparable"
    if len(done) < folds:
        status = status if reasons else "incomplete"
        reasons = [labels.incomplete(len(done), folds), *reasons]
    return row | {"status": status, "reason": ", ".join(reasons)}


# ---- Flags: missing and doubtful runs. Each check looks at one finished run. ----

LOAD_ALLOWANCE = 1.0  # load beyond what our own previous run, `threads` busy threads, leaves behind
CPU_EXCESS = 1.25  # CPU seconds may exceed threads x wall seconds by this factor
EPOCH_SPREAD = 0.10  # standard deviation of the epochs over their mean
FEWEST_EPOCHS = 3  # for a spread to mean something


@dataclass(frozen=True)
class Check:
    """`find(run)` gives (measured / limit or None, reason), or None where nothing is doubtful."""

    flag: str
    find: Callable
    advice: str


def lowered_threads(run):
    if run["threads"] < run["threads_declared"]:
        given, wanted = int(run["threads"]), int(run["threads_declared"])
        return wanted / given, f"ran with {given} of the {wanted} threads that the config wants"
    return None


def other_threads(run):
    reported = run["threads_reported"]
    if pd.notna(reported) and reported != run["threads"]:
        return None, f"was given {run['threads']:.0f} threads, the framework reports {reported:.0f}"
    return None


def busy_machine(run):
    load, limit = run["load_before"], run["threads"] + LOAD_ALLOWANCE
    if pd.notna(load) and load > limit:
        return load / limit, f"load average {load:.1f} when it started, above {limit:.0f}"
    return None


def too_much_cpu(run):
    used, limit = run["train_cpu_s"], CPU_EXCESS * run["threads"] * run["train_s"]
    if used > limit:
        busy, threads = used / run["train_s"], int(run["threads"])
        return used / limit, f"{busy:.1f} cores were busy on average, for {threads} threads"
    return None


def uneven_epochs(run):
    epochs = pd.Series(run["epochs_s"])
    if len(epochs) < FEWEST_EPOCHS or epochs.mean() == 0:
        return None
    spread = epochs.std(ddof=1) / epochs.mean()
    if spread >= EPOCH_SPREAD:
        return (
            spread / EPOCH_SPREAD,
            f"the epochs spread by {spread:.0%} of their mean ({epochs.min():.3g} to {epochs.max():.3g} s)",
        )
    return None


def other_code(run):
    if run["older_code"] == True:  # noqa: E712  null where nothing is known
        return None, f"made by training code {run['trainer_digest']}, which is not the present one"
    return None


CHECKS = [
    Check(
        "fewer threads",
        lowered_threads,
        "start snakemake with at least that many --cores, or lower threads: in the config",
    ),
    Check(
        "other threads",
        other_threads,
        "the framework did not take the setting: compare it with care",
    ),
    Check(
        "busy machine",
        busy_machine,
        "stop other work on the machine, keep one timed run at a time, and make the run anew",
    ),
    Check(
        "too much CPU",
        too_much_cpu,
        "the framework used more threads than it was given: lower its pools or raise threads:",
    ),
    Check(
        "uneven epochs",
        uneven_epochs,
        "something disturbed the run or the processor throttled: make it anew on a quiet machine",
    ),
    Check(
        "older code",
        other_code,
        "compare with care, or make them anew: snakemake --cores all --forcerun"
        " $(python scripts/older.py results/runs), with the other options that you use",
    ),
]
MISSING = "make it with the same snakemake command; if it fails, its log says why"
STALE = "make the older runs anew (snakemake --forcerun FILE), or compare with care"
MIXED = "make all runs of a comparison on one kind of machine with the same threads:"

# Facts that must agree between finished runs which share the columns: fact: (columns, in words).
SAME = {
    "data_digest": (["dataset"], "the prepared data"),
    "split_digest": (["dataset", "split", "fold"], "the split"),
}


def flags(runs):
    """One row a flag: what is flagged, the run, `excess` (measured / limit), reason and advice."""
    found = []
    done = runs[runs["status"] == "ok"]
    for _, run in runs[runs["status"] != "ok"].iterrows():
        found.append(flag("missing", run, None, "has no record", MISSING))
    for check in CHECKS:
        for _, run in done.iterrows():
            doubt = check.find(run)
            if doubt:
                found.append(flag(check.flag, run, *doubt, check.advice))
    return pd.DataFrame(
        [*found, *stale(done), *mixed(done)],
        columns=["flag", *RUN_ID, "excess", "reason", "advice"],
    )


def flag(name, run, excess, reason, advice):
    return (
        {"flag": name}
        | {column: run[column] for column in RUN_ID}
        | {"excess": excess, "reason": reason, "advice": advice}
    )


def stale(done):
    """Runs made from other data or splits than the newest run beside them."""
    for fact, (columns, words) in SAME.items():
        for _, group in done.groupby(columns):
            newest = group.sort_values("finished").tail(1)
            for _, run in group[~group[fact].isin(newest[fact])].iterrows():
                reason = f"{words} changed since it ran ({fact} {run[fact]})"
                yield flag("stale", run, None, reason, STALE)


def mixed(done):
    """Runs on another kind of machine than the most of those they are compared with."""
    for _, group in done.groupby([*BLOCK, "dataset"]):
        kinds = group.apply(machine_in_words, axis=1)
        usual = kinds.value_counts().index[0]
        for _, run in group[kinds != usual].iterrows():
            reason = f"ran on {machine_in_words(run)}, most beside it on {usual}"
            yield flag("mixed machines", run, None, reason, MIXED)


def machine_in_words(run):
    gpu = f", {run['gpu']}" if pd.notna(run["gpu"]) else ""
    return f"{run['cpu']}{gpu}, {run['threads']:.0f} threads"


# ---- Machines and software ----

MACHINE = ["host", "cpu", "cores", "memory_mb", "gpu", "driver", "system"]
SOFTWARE = ["framework", "framework_version", "keras", "python", "threads"]


def machines(runs):
    """One row for each machine and software that ran, with its number of runs."""
    done = runs[runs["status"] == "ok"]
    facts = done["library_facts"].map(json.loads)
    done = done.assign(
        framework_version=facts.map(lambda known: known.get("framework_version")),
        keras=facts.map(lambda known: known.get("keras")),
    )
    kinds = done.groupby([*MACHINE, *SOFTWARE], sort=False, dropna=False).size()
    whole = dict.fromkeys(["cores", "memory_mb", "threads"], "Int64")
    return kinds.reset_index(name="runs").astype(whole)
