"""The dry run of a large plan: what Snakemake itself takes for the same files, and what is added to it."""

import json
import math
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from bench.alternate import Side, command
from bench.comparisons import Case
from bench.place import Place
from scripts import figures, tables
from scripts.core.paths import ROOT
from scripts.core.run_id import RunId
from scripts.tables import ELSEWHERE
from scripts.workflow import targets

TITLE = "Dry run of a large plan"
A = "`snakemake --dry-run` of trainclock, with nothing made yet"
B = "the same of `bench/bare/Snakefile`: the same inputs and outputs, a job for each run, and nothing else"
TARGETS = {"cpu": 1.2, "memory": 1.1}

FRAMEWORKS = ["tensorflow", "pytorch", "theano"]
DATASETS = ["mnist", "cifar10", "cifar100", "letter"]
IMPLEMENTATIONS = ["idiomatic", "tuned"]
CELLS = len(FRAMEWORKS) * len(DATASETS) * len(IMPLEMENTATIONS)
MOST_FOLDS = 20


def cases(place: Place) -> Iterator[Case]:
    """Yield the plan as it is, where the folds of Letter alone share jobs, and where none or all do."""
    chosen = config(place.planned)
    subject = f"{CELLS * (1 + chosen['split']['folds']) * len(chosen['seeds']):,} planned runs"
    ways = {"": "auto", ", a job for each": 1, ", all folds of a kind in one job": MOST_FOLDS}
    for words, folds in ways.items():
        case = {**chosen, "folds_per_job": {"default": folds}}
        yield Case(subject + words, partial(sides, place, case), TARGETS)


def config(runs: int) -> dict[str, Any]:
    """Return the config of a plan of so many runs, or a few more: folds first, then seeds."""
    seeds = math.ceil(runs / (CELLS * (1 + MOST_FOLDS)))
    folds = max(2, math.ceil(runs / (CELLS * seeds)) - 1)
    return {
        "frameworks": FRAMEWORKS,
        "datasets": DATASETS,
        "implementations": IMPLEMENTATIONS,
        "split": {"folds": folds},
        "seeds": [2020 + number for number in range(seeds)],
    }


def sides(place: Place, chosen: dict[str, Any]) -> Sequence[Side]:
    """Return both dry runs, each in an empty folder of its own."""
    folder = place.folder / "dry_run"
    bare = {**chosen, **results_of(chosen)}
    return [
        Side(command(*dry_run(ROOT / "Snakefile", folder / "trainclock", chosen), "--quiet", "all")),
        Side(
            command(*dry_run(ROOT / "bench" / "bare" / "Snakefile", folder / "bare", bare), "--quiet", "all")
        ),
    ]


def dry_run(snakefile: Path, folder: Path, chosen: dict[str, Any]) -> list[Any]:
    """Return the words of a dry run in a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "config.json"
    file.write_text(json.dumps(chosen), encoding="utf-8")
    snakemake = Path(sys.executable).with_name("snakemake")
    words = [snakemake, "--snakefile", snakefile, "--directory", folder, "--configfile", file]
    return [*words, "--cores", 2, "--dry-run"]


def results_of(chosen: dict[str, Any]) -> dict[str, list[str]]:
    """Name the tables and figures of a plan, of which the bare Snakefile knows nothing."""
    some = [
        RunId("published", "cpu", framework, implementation, dataset, "holdout", 0)
        for framework in chosen["frameworks"]
        for implementation in chosen["implementations"]
        for dataset in chosen["datasets"]
    ]
    studied = targets.studied(ROOT / "resources" / "published" / "times.csv")
    return {
        "tables": [entry.name for entry in tables.entries() if entry.name not in ELSEWHERE],
        "figures": [figure.file for figure in figures.planned(some, studied)],
    }
