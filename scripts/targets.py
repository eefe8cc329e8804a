"""What the workflow makes: lists of its outputs, from the plan of runs and the folder of the results."""

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import labels
from env_file import environment_name
from planning import Pair
from trainer.record import RunId

# Where the file of a kind of run, and of a run, is below its folder, with Snakemake's wildcards.
KIND = "{settings}/{device}/{framework}/{implementation}/{dataset}"
RUN = f"{KIND}/{{split}}/fold-{{fold}}"

# Place of each table in the report: category and label. The report sorts both by name; the numbers keep
# the order in which one reads.
RESULTS_IN_REPORT, FIGURES_IN_REPORT = "1 Results", "2 Figures"
CHECKS_IN_REPORT, SOFTWARE_IN_REPORT = "3 Checks", "4 Environments"
RUNS_IN_REPORT = "5 All runs"
TABLES = {
    "answer": (RESULTS_IN_REPORT, "01 in short"),
    "times": (RESULTS_IN_REPORT, "02 training times"),
    "speedups": (RESULTS_IN_REPORT, "03 speed-ups between frameworks"),
    "accuracy": (RESULTS_IN_REPORT, "04 test accuracy"),
    "differences": (RESULTS_IN_REPORT, "05 differences of accuracy"),
    "published": (RESULTS_IN_REPORT, "06 beside the published study"),
    "verdicts": (RESULTS_IN_REPORT, "07 verdicts on its conclusions"),
    "doubts": (RESULTS_IN_REPORT, "08 its doubtful figures"),
    "learning": (RESULTS_IN_REPORT, "09 time to the same loss"),
    "phases": (RESULTS_IN_REPORT, "10 where the time goes"),
    "breakeven": (RESULTS_IN_REPORT, "11 when compiling pays"),
    "implementations": (RESULTS_IN_REPORT, "12 idiomatic and tuned"),
    "devices": (RESULTS_IN_REPORT, "13 CPU and GPU"),
    "validation": (RESULTS_IN_REPORT, "14 cross-validation and holdout"),
    "flags": (CHECKS_IN_REPORT, "1 missing and doubtful runs"),
    "effective": (CHECKS_IN_REPORT, "4 declared and effective"),
    "software": (SOFTWARE_IN_REPORT, "1 software"),
    "machines": (SOFTWARE_IN_REPORT, "2 machines"),
}
# Heads of the columns of labels, where it is not `table`: equal within a category.
LABELS = {CHECKS_IN_REPORT: "check", SOFTWARE_IN_REPORT: "environment"}

# Figures of the whole experiment: place in the report, after those of each dataset.
FIGURES = {
    "epochs": "3 noise of the epochs",
    "breakeven": "4 when compiling pays",
    "implementations": "5 idiomatic and tuned",
    "devices": "6 CPU and GPU",
    "published": "7 measured and published",
    "schedule": "8 schedule of the runs",
}


def records(runs: Iterable[RunId], results: str) -> list[str]:
    """Return the records of all runs, in the order of the plan."""
    return [str(run.path(f"{results}/runs")) for run in runs]


def priority_of_run(runs: Sequence[RunId]) -> Callable[[Any], int]:
    """Return the function that gives a run's priority: runs start in the order of the plan, in which
    frameworks alternate."""
    priorities = {run: len(runs) - at for at, run in enumerate(runs)}
    return lambda wildcards: priorities.get(RunId(**{**wildcards, "fold": int(wildcards.fold)}), 0)


def prepared_inputs(runs: Iterable[RunId], pairs: Iterable[Pair], results: str) -> list[str]:
    """Return the data of all runs; with them and the environments a run needs no network."""
    splits = {(run.dataset, run.split) for run in runs}
    splits |= {(dataset, "holdout") for _, _, dataset in pairs}
    return [f"{results}/splits/{name}/{split}.npz" for name, split in sorted(splits)]


def environments(runs: Iterable[RunId], pairs: Iterable[Pair] = ()) -> list[str]:
    """Return the names of the env files of runs, and of the parity certificate, which is of the CPU."""
    of_runs = {(run.framework, run.device) for run in runs}
    of_parity = {(framework, "cpu") for framework, _, _ in pairs}
    return sorted({environment_name(*pair) for pair in of_runs | of_parity})


def environments_ready(names: Iterable[str], results: str) -> list[str]:
    """Return the marks of environments that were tried."""
    return [f"{results}/environments/{name}.ready" for name in names]


def parity_files(pairs: Sequence[Pair], results: str) -> list[str]:
    """Return the first steps of every pair, in both precisions, and of the reference."""
    names = [
        f"{framework}/{implementation}/{dataset}-{precision}"
        for framework, implementation, dataset in pairs
        for precision in ("float64", "float32")
    ]
    names += [f"reference/{dataset}" for dataset in dict.fromkeys(pair[2] for pair in pairs)]
    return [f"{results}/parity/{name}.npz" for name in names]


def parity(pairs: Sequence[Pair], results: str) -> list[str]:
    """Return the parity certificate, its figure, and the check that fails if a framework does."""
    files = ("tables/parity.html", "figures/parity.svg", "parity/passed") if pairs else ()
    return [f"{results}/{file}" for file in files]


def probes(unfinished: Iterable[RunId], results: str) -> list[str]:
    """Return a few measured steps of each kind of run of which at least one is not finished."""
    return [
        f"{results}/plan/{kind}.json" for kind in sorted({KIND.format(**vars(run)) for run in unfinished})
    ]


def tables(results: str) -> list[str]:
    """Return all tables of the experiment."""
    names = ["runs.csv", "explore.html", *(f"{name}.html" for name in TABLES)]
    return [f"{results}/tables/{name}" for name in names]


def figures(runs: Sequence[RunId], results: str, studied: Iterable[str]) -> list[str]:
    """Return the figures of each dataset and those of the whole experiment."""
    datasets = sorted({run.dataset for run in runs})
    names = [f"{name}{kind}" for name in datasets for kind in ("", "-learning")]
    return [f"{results}/figures/{name}.svg" for name in [*names, *planned_figures(runs, studied)]]


def planned_figures(runs: Sequence[RunId], studied: Iterable[str]) -> dict[str, str]:
    """Return those of FIGURES that the plan has something for; `studied` are the study's datasets."""
    wanted = {
        "breakeven": compared(runs, "framework") or compared(runs, "implementation"),
        "implementations": compared(runs, "implementation"),
        "devices": compared(runs, "device"),
        "published": any(
            run.dataset in studied and (run.settings, run.implementation) == ("published", "idiomatic")
            for run in runs
        ),
    }
    return {name: label for name, label in FIGURES.items() if wanted.get(name, True)}


def compared(runs: Sequence[RunId], name: str) -> bool:
    """Return whether there are runs that differ in this alone."""
    return len({replace(run, **{name: ""}) for run in runs}) < len(runs)


def figure_label(words: str) -> Callable[[Any], dict[str, str]]:
    """Return the label of a dataset's figure: one and not two, which the report would make a switch of."""
    return lambda wildcards: {"figure": f"{words}: {labels.dataset(wildcards.dataset)}"}


def studied_datasets(times: str | Path) -> set[str]:
    """Return the datasets of the published study, from its table of times (CSV)."""
    with Path(times).open(newline="") as file:
        return {row["dataset"] for row in csv.DictReader(file)}
