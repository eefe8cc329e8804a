"""The tables as pure functions: the table of runs in, a tidy table out, in full precision.

Times are in seconds, accuracies in percent. `total_s` of a run is build + compile + train. A cell
is settings x implementation x device x split x dataset x framework; its folds are added up only
when all of them are there.
"""

import json

import doubts
import labels
import pandas as pd
import published as study
import quality
from errors import UserError

BLOCK = ["settings", "implementation", "device", "split"]
CELL = [*BLOCK, "dataset", "framework"]
RUN_ID = ["settings", "device", "framework", "implementation", "dataset", "split", "fold"]
FOLDS = ["folds", "folds_ok", "folds_flagged"]
PHASES = ["import_s", "load_s", "build_s", "compile_s", "train_s", "predict_s"]


def read_runs(path):
    """The table of runs as collect.py wrote it. Raises UserError naming the file and the fix."""
    try:
        runs = pd.read_parquet(path)
    except (ValueError, KeyError) as error:
        raise UserError(f"{path}: not a table of runs ({error}): delete it and run snakemake again") from None
    missing = [name for name in [*RUN_ID, "status", "validity", "total_s"] if name not in runs]
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


def times(runs, limits):
    return with_flags(runs, limits)[[*CELL, *FOLDS, "seconds", "fold_mean_s", "fold_sd_s"]]


def answer(runs):
    """The cells with `times_fastest`: seconds over the least of their row; null unless all are there."""
    table = cells(runs)[[*CELL, "folds", "folds_ok", "seconds", "accuracy_percent"]]
    rows = table.groupby([*BLOCK, "dataset"], sort=False)["seconds"]
    least = rows.transform("min").where(rows.transform("count") == rows.transform("size"))
    return table.assign(times_fastest=table["seconds"] / least)


def accuracy(runs, limits):
    return with_flags(runs, limits)[[*CELL, *FOLDS, "accuracy_percent", "accuracy_sd"]]


def with_flags(runs, limits):
    """The cells, each with the number of its runs that carry a flag."""
    found = cells(runs).merge(flagged(runs, limits), how="left", on=CELL)
    return found.assign(folds_flagged=found["folds_flagged"].fillna(0).astype(int))


def phases(runs):
    return cells(runs)[[*CELL, "folds", "folds_ok", *PHASES, "total_s"]]


def published(runs, figures):
    """Every cell of the study (`figures`, see published.read) beside the measured one.

    ratio = published_s / measured_s: above 1 the measurement was faster than the study.
    points = measured_percent - published_percent. Both are null unless status is `comparable`;
    `reason` says why not. Only published settings and idiomatic implementations are compared.
    `doubt` says what looks wrong in the printed figures.
    """
    groups = dict(list(runs.groupby(CELL)))
    rows = []
    for key in figures[study.CELL].itertuples(index=False, name=None):
        if like_study(*key) in groups:
            rows.append(beside(groups[like_study(*key)]))
        else:
            rows.append({"status": "not measured", "reason": "not part of the experiment"})
    names = ["measured_s", "measured_percent", "status", "reason"]
    table = figures.reset_index(drop=True).join(pd.DataFrame(rows, columns=names))
    table[names[:2]] = table[names[:2]].astype(float)
    comparable = table["status"] == "comparable"
    ratio = (table["published_s"] / table["measured_s"]).where(comparable)
    points = (table["measured_percent"] - table["published_percent"]).where(comparable)
    table = table.assign(ratio=ratio, points=points, doubt=doubts.remarks(figures.reset_index(drop=True)))
    times_first = ["published_s", "measured_s", "ratio"]
    then = ["published_percent", "measured_percent", "points", "status", "reason", "doubt"]
    return table[[*study.CELL, *times_first, *then]]


def like_study(device, split, dataset, framework):
    """The key, as CELL, of the measured cell that stands for this cell of the study."""
    return "published", "idiomatic", device, split, dataset, framework


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


# ---- Flags: missing, failed and doubtful runs ----

ABSENT = ["failed", "missing"]  # flags of runs of which there is nothing to doubt

FAILED = "fix the reason, then snakemake --forcerun $(python scripts status --failed results)"
MISSING = "make it with the same snakemake command; if it fails, its log says why"
STALE = "make the older runs anew (snakemake --forcerun FILE), or compare with care"
MIXED = "make all runs of a comparison on one kind of machine with the same threads:"

# Facts that must agree between finished runs which share the columns: fact: (columns, in words).
SAME = {
    "data_digest": (["dataset"], "the prepared data"),
    "split_digest": (["dataset", "split", "fold"], "the split"),
}


def flags(runs, limits):
    """One row a flag: what is flagged, the run, `excess` (measured / limit), reason and advice.

    `limits` is that section of the config.
    """
    found = []
    done = runs[runs["status"] == "ok"]
    for _, run in runs[runs["status"] != "ok"].iterrows():
        if run["status"] == "failed":
            found.append(flag("failed", run, None, run["failure"], FAILED))
        else:
            found.append(flag("missing", run, None, "has no record", MISSING))
    for _, run in done.iterrows():
        for check, excess, reason in quality.doubts(run, limits):
            found.append(flag(check.flag, run, excess, reason, check.advice))
    order = [*ABSENT, *(check.flag for check in quality.CHECKS)]
    found.sort(key=lambda row: order.index(row["flag"]))
    return pd.DataFrame(
        [*found, *stale(done), *mixed(done)],
        columns=["flag", *RUN_ID, "excess", "reason", "advice"],
    )


def flagged(runs, limits):
    """How many finished runs of each cell carry a flag: one row a cell, `folds_flagged`."""
    found = flags(runs, limits)
    found = found[~found["flag"].isin(ABSENT)].drop_duplicates(RUN_ID)
    return found.groupby(CELL).size().rename("folds_flagged").reset_index()


def flag(name, run, excess, reason, advice):
    return (
        {"flag": name}
        | {column: run[column] for column in RUN_ID}
        | {"excess": excess, "reason": reason, "advice": advice}
    )


def stale(done):
    """Runs made from other data or splits than the newest run beside them."""
    done = done[[*RUN_ID, "finished", *SAME]]  # a copy of all columns for each group takes seconds
    for fact, (columns, words) in SAME.items():
        for _, group in done.groupby(columns):
            newest = group.sort_values("finished").tail(1)
            for _, run in group[~group[fact].isin(newest[fact])].iterrows():
                reason = f"{words} changed since it ran ({fact} {run[fact]})"
                yield flag("stale", run, None, reason, STALE)


def mixed(done):
    """Runs on another kind of machine than the most of those they are compared with."""
    done = done[[*RUN_ID, "cpu", "gpu", "threads"]]
    for _, group in done.groupby([*BLOCK, "dataset"]):
        kinds = group.apply(machine_in_words, axis=1)
        usual = kinds.value_counts().index[0]
        for _, run in group[kinds != usual].iterrows():
            reason = f"ran on {machine_in_words(run)}, most beside it on {usual}"
            yield flag("mixed machines", run, None, reason, MIXED)


def machine_in_words(run):
    gpu = f", {run['gpu']}" if pd.notna(run["gpu"]) else ""
    return f"{run['cpu']}{gpu}, {run['threads']:.0f} thread{'s'[: run['threads'] > 1]}"


# ---- Machines and software ----

MACHINE = ["host", "cpu", "cores", "memory_mb", "gpu", "driver", "system"]
STATE = ["virtual", "turbo", "governor", "smt", "cpu_quota_cores", "memory_limit_mb", "gpu_power_limit_w"]
SOFTWARE = ["framework", "framework_version", "keras", "python", "threads"]


def machines(runs):
    """One row for each machine, its state and the software that ran, with its number of runs.

    calibration_gflops is the median of the framework's matrix product before each run.
    """
    done = with_facts(runs, ["framework_version", "keras"])
    kinds = done.groupby([*MACHINE, *STATE, *SOFTWARE], sort=False, dropna=False)
    table = kinds.agg(calibration_gflops=("calibration_gflops", "median"), runs=("host", "size"))
    whole = dict.fromkeys(["cores", "memory_mb", "memory_limit_mb", "threads"], "Int64")
    return table.reset_index().astype(whole)


def with_facts(runs, names):
    """The finished runs, with these facts that their frameworks tell as columns."""
    done = runs[runs["status"] == "ok"]
    facts = done["library_facts"].map(json.loads)
    return done.assign(**{name: facts.map(lambda known, name=name: known.get(name)) for name in names})


# ---- Declared against effective ----

VARIANT = ["settings", "implementation", "device", "framework"]
THREADS = ["threads_declared", "threads", "threads_reported"]
FACTS = ["precision", "tf32", "compile", "layout", "input_path", "blas"]
ASKED = [f"{fact}_asked" for fact in FACTS[:-1]]
OWN_CHOICE = "its own choice"
IN_MACHINES = ["framework_version", "keras"]


def effective(runs):
    """One row for each variant, thread count and set of facts that the framework read back.

    thread_pools   threads of each OpenMP and BLAS pool in the process
    FACT_asked     what was asked for: OWN_CHOICE if it was left to the library, null if that is not known
    busy_cores     median of the CPU seconds per second of the epochs: how many cores it really used
    runs_pinned    how many of the `runs` had cores of their own
    pinned_cores   these cores, if they were the same for all runs
    other_facts    what else the framework tells of itself, and the user's environment variables that count
    """
    done = with_facts(runs, FACTS)
    read_back, asked, variables = (
        done[name].map(quality.mapping) for name in ("library_facts", "asked_facts", "variables")
    )
    done = done.assign(
        busy_cores=done["train_cpu_s"] / done["train_s"],
        pinned=done["pinned_cores"].map(lambda cores: None if cores is None else labels.fold_list(cores)),
        thread_pools=done["thread_pools"].map(in_words),
        **{
            f"{fact}_asked": asked.map(lambda known, fact=fact: asked_for(known, fact)) for fact in FACTS[:-1]
        },
        other_facts=[
            other_facts({**facts, **users}) for facts, users in zip(read_back, variables, strict=True)
        ],
    )
    declared = [*VARIANT, *THREADS, "thread_pools"]
    effective = [*FACTS, *ASKED, "other_facts"]
    by = done.groupby([*declared, *effective], sort=False, dropna=False)
    table = by.agg(
        busy_cores=("busy_cores", "median"),
        pinned_cores=("pinned", lambda cores: cores.iloc[0] if cores.nunique(dropna=False) == 1 else None),
        runs_pinned=("pinned", "count"),
        runs=("host", "size"),
    ).reset_index()
    measured = ["busy_cores", "pinned_cores", "runs_pinned", "runs"]
    columns = [*declared, *measured, *effective]
    return table[columns].astype(dict.fromkeys(THREADS, "Int64"))


def asked_for(known, fact):
    return OWN_CHOICE if known.get(fact, "") is None else known.get(fact)


def other_facts(known):
    rest = {name: value for name, value in known.items() if name not in [*FACTS, *IN_MACHINES]}
    return in_words(rest)


def in_words(known):
    """A mapping as `name: value; name: value`."""
    return "; ".join(f"{name}: {value}" for name, value in quality.mapping(known).items())


# ---- Software ----

LIBRARY = ["framework_version", "keras", "precision", "blas", "compiler"]


def software(runs):
    """One row for each set of software that made runs. `packages` is JSON, {name: version}."""
    done = with_facts(runs, LIBRARY)
    versions = done["versions"].map(json.loads)
    done = done.assign(numpy=versions.map(lambda known: known.get("numpy")), packages=done["versions"])
    columns = ["framework", "device", "framework_version", "keras", "numpy", "python"]
    columns += [*LIBRARY[2:], "packages"]
    return done.groupby(columns, sort=False, dropna=False).size().reset_index(name="runs")
