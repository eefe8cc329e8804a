"""What the workflow makes: lists of its outputs, from the plan of runs and the folder of the results.

And the params of its rules.
"""

import csv
import json
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from scripts.core.run_id import RunId
from scripts.core.training_spec import seeds_of
from scripts.data.own import source
from scripts.environments.env_file import environment_name
from scripts.workflow.planning import Config, Pair

# Where the file of a kind of run, and of a run, is below its folder, with Snakemake's wildcards.
# `replicate` is empty or `/replicate-1`: see RunId.replicate_folder.
KIND = "{settings}/{device}/{framework}/{implementation}/{dataset}"
RUN = f"{KIND}/{{split}}{{replicate}}/fold-{{fold}}"
FOLD = f"{KIND}/kfold{{replicate}}/fold-{{fold}}"  # the same of a fold
SHARED = ("results/raw", "results/data")  # downloads and prepared data, of all experiments


def records(runs: Iterable[RunId], results: str) -> list[str]:
    """Return the records of all runs, in the order of the plan."""
    return [str(run.path(f"{results}/runs")) for run in runs]


def records_of_folds(results: str, folds: Iterable[int]) -> list[str]:
    """Return the records of folds that share a job, with Snakemake's wildcards but that of the fold."""
    return [f"{results}/runs/{FOLD}.json".replace("{fold}", str(fold)) for fold in folds]


def logs_of_folds(results: str, folds: Sequence[int]) -> Callable[[Any, Any], list[str]]:
    """Return the param that gives the log of each of these folds."""
    file = f"{results}/logs/runs/{FOLD}.log"
    return lambda wildcards, input: [file.format(**wildcards, fold=fold) for fold in folds]


def weights_of_run(results: str) -> Callable[[Any], str | list[str]]:
    """Return the input that gives the file of a run's initial weights, none with published settings."""
    return lambda wildcards: next(iter(weights_of_folds(results, [wildcards.fold])(wildcards)), [])


def weights_of_folds(results: str, folds: Sequence[Any]) -> Callable[[Any], list[str]]:
    """Return the input that gives the files of initial weights.

    Matched settings have one for each fold, published ones leave them to the library.
    """
    file = f"{results}/weights{{replicate}}/{{dataset}}/fold-{{fold}}.npz"
    return lambda wildcards: (
        [file.format(replicate=wildcards.replicate, dataset=wildcards.dataset, fold=fold) for fold in folds]
        if wildcards.settings == "matched"
        else []
    )


def seed_of(config: Config) -> Callable[[Any], int]:
    """Return the function that gives the seed of a job's replicate."""
    return lambda wildcards: seeds_of(config)[replicate_of(wildcards.replicate)]


def replicate_option(wildcards: Any, input: Any) -> str:
    """Return the option of a run for its replicate; none for the first.

    Snakemake does not track params that take `input`: a new one would repeat all runs made before it.
    """
    number = replicate_of(wildcards.replicate)
    return f"--replicate {number}" if number else ""


def threads_declared(config: Config) -> int | str:
    """Return the threads that a run declares, and how they wait where that is not the default.

    Both are one param of the workflow: a new one would repeat all runs that were made before it.
    """
    threads, wait = config["threads"], config["thread_wait"]
    return threads if wait == "bounded" else f"{threads} --thread-wait {wait}"


def as_json(value: Any) -> str:
    """Return the value as JSON text that is the same for the same content."""
    return json.dumps(value, sort_keys=True)


def mirror_option(config: Config) -> str:
    """Return the option of data/download.py for the mirror, quoted for a shell; empty without one."""
    mirror = config["data"]["mirror"]
    return f"--mirror {shlex.quote(mirror)}" if mirror else ""


def one_of(names: Iterable[str]) -> str:
    """Return the pattern of a wildcard that is one of these names; it matches nothing without any."""
    return "|".join(names) or "(?!)"


def own_files(entries: Mapping[str, Mapping[str, Any]]) -> Callable[[Any], list[str]]:
    """Return the input of a dataset of one's own, of `data.own`.

    Paths are absolute: Snakemake puts the prefix of a module before relative ones.
    """
    return lambda wildcards: [
        str(Path(path).absolute())
        for path in source.inputs(source.of_entry(wildcards.dataset, entries[wildcards.dataset]))
    ]


def priority_of_run(runs: Sequence[RunId], **folds: Any) -> Callable[[Any], int]:
    """Return the function that gives a run's priority.

    Runs start in the order of the plan, in which frameworks alternate. Where a job makes several, `folds`
    are split and fold of the first.
    """
    priorities = {run: len(runs) - at for at, run in enumerate(runs)}
    return lambda wildcards: priorities.get(run_of({**wildcards, **folds}), 0)


def run_of(wildcards: Mapping[str, str]) -> RunId:
    """Return the run of these wildcards."""
    number, replicate = int(wildcards["fold"]), replicate_of(wildcards["replicate"])
    return RunId(**{**wildcards, "fold": number, "replicate": replicate})


def replicate_of(folder: str) -> int:
    """Return the number of a replicate from its wildcard."""
    return int(folder.rpartition("-")[2] or 0)


def prepared_inputs(runs: Iterable[RunId], pairs: Iterable[Pair], results: str) -> list[str]:
    """Return the data of all runs; with them and the environments a run needs no network."""
    files = {str(run.file_of_split(f"{results}/splits")) for run in runs}
    return sorted(files | {f"{results}/splits/{pair.dataset}/holdout.npz" for pair in pairs})


def run_inputs(runs: Iterable[RunId], results: str) -> list[str]:
    """Return all that runs are made from: data and splits, networks, initial weights of matched settings."""
    files = set()
    for run in runs:
        networks = Path(results, "networks", run.settings, run.replicate_folder)
        files |= {run.file_of_split(f"{results}/splits"), networks / f"{run.dataset}.json"}
        if run.settings == "matched":
            weights = Path(results, "weights", run.replicate_folder, run.dataset)
            files.add(weights / f"fold-{run.fold}.npz")
    return sorted(map(str, files))


def environments(runs: Iterable[RunId], pairs: Iterable[Pair] = ()) -> list[str]:
    """Return the names of the env files of runs, and of what the parity certificate compares."""
    needed = {(one.framework, one.device) for some in (runs, pairs) for one in some}
    return sorted({environment_name(*pair) for pair in needed})


def environments_of_jobs(jobs: Iterable[Any], name_of: Callable[[str], str] = str) -> list[str]:
    """Return the names of the env files that jobs of Snakemake run in; the analysis has none here.

    `name_of` gives the name of a rule here from its name in the whole workflow, and nothing for others.
    """
    wildcards = [job.wildcards for job in jobs if name_of(job.rule.name)]
    named = {of.environment for of in wildcards if of.get("environment")}
    of_runs = {environment_name(of.framework, of.device) for of in wildcards if of.get("framework")}
    return sorted(named | of_runs)


def environments_ready(names: Iterable[str], results: str) -> list[str]:
    """Return the marks of environments that were tried."""
    return [f"{results}/environments/{name}.ready" for name in names]


def parity_files(pairs: Sequence[Pair], results: str) -> list[str]:
    """Return the first steps of every pair, in both precisions, and of the reference."""
    names = [f"{'/'.join(pair)}-{precision}" for pair in pairs for precision in ("float64", "float32")]
    names += [f"reference/{dataset}" for dataset in dict.fromkeys(pair.dataset for pair in pairs)]
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


def tables(names: Iterable[str], results: str) -> list[str]:
    """Return all tables of the experiment; `names` are those that people read."""
    files = ["runs.csv", "explore.html", *(f"{name}.html" for name in names)]
    return [f"{results}/tables/{file}" for file in files]


def samples(config: Config, results: str) -> list[str]:
    """Return the pictures of rows of the datasets of one's own."""
    own = [name for name in config["datasets"] if name in config["data"]["own"]]
    return [f"{results}/figures/samples-{name}.svg" for name in own]


def studied(times: str | Path) -> set[tuple[str, str]]:
    """Return the datasets of the published study, each with its frameworks, from its times (CSV)."""
    with Path(times).open(newline="") as file:
        return {(row["dataset"], row["framework"]) for row in csv.DictReader(file)}
