"""What ran: machines, software, and settings as declared and as they took effect."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from scripts.analysis import display_names
from scripts.analysis.frames import column, finished_runs

MACHINE = ["host", "cpu", "cores", "memory_mb", "gpu", "driver", "system"]
STATE = ["virtual", "turbo", "governor", "smt", "cpu_quota_cores", "memory_limit_mb", "gpu_power_limit_w"]
SOFTWARE = ["framework", "framework_version", "keras", "python", "threads"]


def machines(runs: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each machine, its state and the software that ran, with its number of runs.

    calibration_gflops is the median of the framework's matrix product before each run.
    """
    finished = with_facts(runs, ["framework_version", "keras"])
    kinds = finished.groupby([*MACHINE, *STATE, *SOFTWARE], sort=False, dropna=False)
    table = kinds.agg(calibration_gflops=("calibration_gflops", "median"), runs=("host", "size"))
    whole = dict.fromkeys(["cores", "memory_mb", "memory_limit_mb", "threads"], "Int64")
    return table.reset_index().astype(whole)


def with_facts(runs: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Return the finished runs, with these facts that their frameworks report as columns."""
    finished = finished_runs(runs)
    facts = once(json.loads, column(finished, "library_facts"))
    return finished.assign(**{name: [known.get(name) for known in facts] for name in names})


def once(function: Callable[[Any], Any], texts: pd.Series) -> list:
    """Return the function of each text, called once for those that are equal, which most are."""
    known = {text: function(text) for text in texts.unique()}
    return [known[text] for text in texts]


# ---- Declared against effective ----

VARIANT = ["settings", "implementation", "device", "framework"]
THREADS = ["threads_declared", "threads", "threads_reported"]
COMPUTING = ["computing_least", "computing_most"]
FACTS = ["precision", "tf32", "compile", "layout", "input_path", "blas"]
ASKED = [f"{fact}_asked" for fact in FACTS[:-1]]
MEASURED: dict[str, Any] = {
    "computing_least": ("threads_computing", "min"),
    "computing_most": ("threads_computing", "max"),
    "busy_cores": ("busy_cores", "median"),
    "pinned_cores": (
        "pinned",
        lambda cores: cores.iloc[0] if cores.nunique(dropna=False) == 1 else None,
    ),
    "runs_pinned": ("pinned", "count"),
    "runs": ("host", "size"),
}
OWN_CHOICE = "its own choice"
IN_MACHINES = ["framework_version", "keras"]


def effective(runs: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each variant, thread count and set of facts that the framework read back.

    thread_pools   threads of each OpenMP and BLAS pool in the process
    computing_*    least and most threads of a run that computed while the epochs ran; null if not known
    FACT_asked     what was asked for: OWN_CHOICE if it was left to the library, null if that is not known
    busy_cores     median of the CPU seconds per second of the epochs: how many cores it really used
    runs_pinned    how many of the `runs` had cores of their own
    pinned_cores   these cores, if they were the same for all runs
    other_facts    what else the framework reports of itself, and the user's environment variables that count
    """
    finished = with_facts(runs, FACTS)
    read_back, asked, variables = (
        finished[name].map(mapping) for name in ("library_facts", "asked_facts", "variables")
    )
    finished = finished.assign(
        busy_cores=finished["train_cpu_s"] / finished["train_s"],
        pinned=finished["pinned_cores"].map(
            lambda cores: None if cores is None else display_names.fold_list(cores)
        ),
        thread_pools=finished["thread_pools"].map(in_words),
        **{
            f"{fact}_asked": asked.map(lambda known, fact=fact: asked_for(known, fact)) for fact in FACTS[:-1]
        },
        other_facts=[
            other_facts({**facts, **users}) for facts, users in zip(read_back, variables, strict=True)
        ],
    )
    declared = [*VARIANT, *THREADS, "thread_pools"]
    effective = [*FACTS, *ASKED, "other_facts"]
    by = finished.groupby([*declared, *effective], sort=False, dropna=False)
    table = by.agg(**MEASURED).reset_index()
    columns = [*declared, *MEASURED, *effective]
    return table.loc[:, columns].astype(dict.fromkeys([*THREADS, *COMPUTING], "Int64"))


def asked_for(known: Mapping, fact: str) -> Any:
    """Return what was asked for: OWN_CHOICE where it was left to the library, None if not known."""
    return OWN_CHOICE if known.get(fact, "") is None else known.get(fact)


def other_facts(known: Mapping) -> str:
    """Return in words the facts that have no column of their own."""
    rest = {name: value for name, value in known.items() if name not in [*FACTS, *IN_MACHINES]}
    return in_words(rest)


def mapping(value: Any) -> dict:
    """Return a mapping of the record, which is JSON text in the table of runs; {} where it is null."""
    return json.loads(value) if isinstance(value, str) else (value if isinstance(value, dict) else {})


def in_words(known: Any) -> str:
    """Return a mapping as `name: value; name: value`."""
    return "; ".join(f"{name}: {value}" for name, value in mapping(known).items())


# ---- Software ----

LIBRARY = ["framework_version", "keras", "precision", "blas", "compiler"]


def software(runs: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each set of software that made runs. `packages` is JSON, {name: version}."""
    finished = with_facts(runs, LIBRARY)
    versions = finished["versions"].map(json.loads)
    finished = finished.assign(
        numpy=versions.map(lambda known: known.get("numpy")), packages=finished["versions"]
    )
    columns = ["framework", "device", "framework_version", "keras", "numpy", "python"]
    columns += [*LIBRARY[2:], "packages"]
    kinds = finished.groupby(columns, sort=False, dropna=False)
    return kinds.agg(runs=("host", "size")).reset_index()
