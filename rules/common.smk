# What every stage shares: the validated config, the plan of runs, and where things lie.
import csv
import json
import os
import shlex
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

sys.path.append(str(Path(workflow.basedir, "scripts")))
import pages
import plots
from cli import UserError
from named import check_names
from failed import recorded_failures, told_failures
from finished import finished
from experiment import (
    bundle_part,
    environment_name,
    known_datasets,
    plan,
    recipe,
    typed,
    validate,
    what_lacks,
)
from older import made_by_older_code
from present import check_unchanged
from trainer import frameworks
from trainer.code import trainer_digest
from trainer.record import RunId

DATASETS = known_datasets()
config.update(typed(config))
try:
    # A job on a node starts Snakemake again: there it need not look at the user's files.
    first = workflow.is_main_process
    validate(config, DATASETS, workflow.configfiles if first else [], here=first)
except UserError as error:
    raise WorkflowError(str(error)) from None
RUNS, LEFT_OUT = plan(config)

RESULTS = config["results"].rstrip("/")
RAW, DATA = "results/raw", "results/data"  # shared by all experiments


wildcard_constraints:
    settings="published|matched",
    dataset="[a-z0-9_]+",
    split="holdout|kfold",
    fold="|".join(map(str, range(config["split"]["folds"]))),


def as_json(value):
    return json.dumps(value, sort_keys=True)


def stem(wildcards, output):
    """The first output's path without its suffix."""
    return str(Path(output[0]).with_suffix(""))


def results_folder(wildcards, input):
    return RESULTS


def runs_folder(wildcards, input):
    return f"{RESULTS}/runs"


def splits_folder(wildcards, input):
    return f"{RESULTS}/splits"


def script(name):
    """A script as an input. ancient: an edit alone must not throw away what was made before; records
    hold a digest of the code that made them."""
    return ancient(str(Path(workflow.basedir, "scripts", name)))


MANIFEST = ancient(str(Path(workflow.basedir, "resources", "datasets.yaml")))


def initial_weights(wildcards):
    """The file of the initial weights: matched settings have one, published ones are left to the library."""
    if wildcards.settings == "published":
        return []
    return f"{RESULTS}/weights/{wildcards.dataset}/fold-{wildcards.fold}.npz"


def on_failure(wildcards, input):
    return config["on_failure"]


def weights_option(wildcards, input):
    return f"--weights {input.weights}" if input.weights else ""


def prepared_inputs():
    """The data of all planned runs; with them and the environments a run needs no network."""
    splits = {(run.dataset, run.split) for run in RUNS}
    splits |= {(dataset, "holdout") for _, _, dataset in PAIRS}
    return [f"{RESULTS}/splits/{name}/{split}.npz" for name, split in sorted(splits)]


def raw_folder(wildcards):
    return f"{RAW}/{wildcards.dataset}" if DATASETS[wildcards.dataset]["files"] else []


def raw_option(wildcards, input):
    return f"--raw {input.raw}" if DATASETS[wildcards.dataset]["files"] else ""


KIND = "{settings}/{device}/{framework}/{implementation}/{dataset}"
RUN = f"{KIND}/{{split}}/fold-{{fold}}"
PRIORITY = {run: len(RUNS) - at for at, run in enumerate(RUNS)}
# Data first: preparing it beside a timed run would disturb the clock, so it takes `timed_run` too.
BEFORE_ALL_RUNS = len(RUNS) + 1


def records():
    return [str(run.path(f"{RESULTS}/runs")) for run in RUNS]


def finished_records():
    """Paths of the records that are there and were made from what the config says."""
    folder = f"{RESULTS}/runs"
    return {str(run.path(folder)) for run in finished(config, RUNS, folder)}


def training_code():
    """FRAMEWORK=DIGEST of the present training code: a change makes the tables anew, and no run."""
    return [f"{name}={trainer_digest(name)}" for name in config["frameworks"]]


def priority_of_run(wildcards):
    """Runs start in the order of the plan, in which frameworks alternate."""
    return PRIORITY.get(RunId(**{**wildcards, "fold": int(wildcards.fold)}), 0)


# What can be compared with matched settings: framework, implementation, dataset.
PAIRS = [
    (framework, implementation, dataset)
    for dataset in config["datasets"]
    for framework in config["frameworks"]
    for implementation in config["implementations"]
    if not what_lacks(frameworks.module(framework), "matched", "cpu", implementation)
]


def parity_files():
    """First steps of every pair, in both precisions, and of the reference."""
    names = [
        f"{framework}/{way}/{dataset}-{precision}"
        for framework, way, dataset in PAIRS
        for precision in ("float64", "float32")
    ]
    names += [f"reference/{name}" for name in dict.fromkeys(pair[2] for pair in PAIRS)]
    return [f"{RESULTS}/parity/{name}.npz" for name in names]


def parity_folder(wildcards, input):
    return f"{RESULTS}/parity"


def kinds_to_probe():
    """Kinds of run of which at least one is not finished."""
    done = finished(config, RUNS, f"{RESULTS}/runs")
    return sorted({KIND.format(**vars(run)) for run in RUNS if run not in done})


def probes(wildcards):
    return [f"{RESULTS}/plan/{kind}.json" for kind in kinds_to_probe()]


def cores_here(wildcards, input):
    """Cores that timed runs side by side could use; on a cluster each has its own anyway."""
    return workflow.cores if workflow.local_exec else config["threads"]


def parity():
    """The certificate, its figure, and the check that fails if a framework does."""
    if not PAIRS:
        return []
    files = ("tables/parity.html", "figures/parity.svg", "parity/passed")
    return [f"{RESULTS}/{file}" for file in files]


PUBLISHED = [
    str(Path(workflow.basedir, "resources", "published", f"{name}.csv"))
    for name in ("times", "accuracy")
]
# Categories of the report next to those of the tables (scripts/pages) and figures (scripts/plots).
CHECKS_IN_REPORT, SOFTWARE_IN_REPORT = pages.CHECKS, pages.ENVIRONMENTS
RUNS_IN_REPORT = "5 All runs"

TABLES = pages.entries()
with open(PUBLISHED[0], newline="") as file:
    STUDIED = {row["dataset"] for row in csv.DictReader(file)}
FIGURES = plots.planned(RUNS, STUDIED)


def tables():
    found = [f"{RESULTS}/tables/{table.name}.html" for table in TABLES]
    return [f"{RESULTS}/tables/runs.csv", f"{RESULTS}/tables/explore.html", *found]


def figures():
    return [f"{RESULTS}/figures/{figure.file}.svg" for figure in FIGURES]


def mirror_option(wildcards, input):
    mirror = config["data"]["mirror"]
    return f"--mirror {shlex.quote(mirror)}" if mirror else ""


def check_data():
    """Raise WorkflowError if somebody changed prepared arrays, which runs would train on unnoticed."""
    try:
        for dataset in {run.dataset for run in RUNS}:
            check_unchanged(f"{DATA}/{dataset}")
    except UserError as error:
        raise WorkflowError(str(error)) from None


def check_compared():
    """Raise WorkflowError if what the config names to compare is not there."""
    try:
        check_names(config["compare"])
    except UserError as error:
        raise WorkflowError(str(error)) from None


def say_failures(failures, end):
    """What failed and why, by path, the first five of it; then `end`."""
    lines = [f"  {path}: {reason}" for path, reason in [*failures.items()][:5]]
    more = [f"  and {len(failures) - 5} more"] if len(failures) > 5 else []
    head = f"trainclock: {len(failures)} jobs of training or of the parity certificate failed:"
    logger.error("\n".join([head, *lines, *more, end]))


def failures_on_record():
    found = recorded_failures([*records(), *(parity_files() if PAIRS else [])])
    return {path: failure.reason for path, failure in found.items()}


TRY_AGAIN = (
    "tables and report name them. To try them again, add to your command:"
    f" --forcerun $(python3 scripts/failed.py {RESULTS})"
)


def say_at_error():
    """What of the runs failed in a workflow that did."""
    failures = told_failures(Path(RESULTS), [*records(), *parity_files()])
    if failures:
        say_failures(
            failures,
            "What is finished stays, and the same command tries the rest again. For tables without them, add"
            " --config on_failure=record",
        )


def say_at_end():
    """What a target found, after all that Snakemake says."""
    failures = failures_on_record()
    if failures:
        say_failures(failures, TRY_AGAIN)
    for name in ("plan", "compare"):
        if name in workflow.dag_settings.targets:
            folder = Path(RESULTS, name)
            print("", (folder / "summary.txt").read_text(), sep="\n")
            print(f"Table: {folder}/{name}.html", flush=True)


def say_at_start():
    logger.info(
        f"trainclock: {len(RUNS)} training runs planned ({', '.join(config['frameworks'])};"
        f" {', '.join(config['datasets'])}; {', '.join(config['splits'])}); results in {RESULTS}/"
    )
    for sentence in LEFT_OUT:
        logger.warning(f"trainclock: not planned: {sentence}")
    failures = failures_on_record()
    if failures:
        logger.warning(
            f"trainclock: {len(failures)} jobs are recorded as failed and are not tried again; {TRY_AGAIN}"
        )
    older = made_by_older_code(path for path in records() if Path(path).exists())
    if older:
        logger.warning(
            f"trainclock: {len(older)} finished runs were made by older training code; they stay, and the"
            " table of flags names them. To make them anew, add to your command:"
            f" --forcerun $(python scripts/older.py {RESULTS}/runs)"
        )
    if workflow.local_exec and config["threads"] > workflow.cores:
        logger.warning(
            f"trainclock: threads: {config['threads']} in the config is lowered to --cores"
            f" {workflow.cores}; records and report say so. Times with other thread counts are"
            " other measurements."
        )
