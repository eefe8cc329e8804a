# What every stage shares: the validated config, the plan of runs, and where things lie. Logic is in scripts/,
# where tests can import it; here it meets Snakemake.
import os
import shlex
import sys
from functools import partial
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

# As a module of another workflow, it has that one's `workflow.basedir`.
CHECKOUT = Path(workflow.current_basedir.get_path_or_uri(secret_free=True)).parent
if not Path(CHECKOUT, "scripts").is_dir():
    raise WorkflowError(
        f"{CHECKOUT}: trainclock needs its whole folder, with scripts/ and envs/: clone it, and name"
        " the path of its Snakefile there"
    )
sys.path.insert(0, str(CHECKOUT))  # the root of `scripts`
from scripts import figures as figure_registry
from scripts import tables as table_registry
from scripts.compare.named import check_names
from scripts.core import training_spec
from scripts.core.files import utf8_text
from scripts.core.paths import SCRIPTS
from scripts.data.integrity import check_unchanged
from scripts.data.known_datasets import with_own
from scripts.environments.env_file import environment_name
from scripts.environments.interpreters import Interpreters
from scripts.parity import code as parity_code
from scripts.records import copied, written
from scripts.workflow import (
    as_module,
    fold_jobs,
    messages,
    run_status,
    slurm,
    targets,
    this_machine,
)
from scripts.workflow.config import of_own
from scripts.workflow.config.validate import validate
from scripts.workflow.config.layers import resolved
from scripts.workflow.messages import in_workflow
from scripts.workflow.planning import parity_pairs, plan
from scripts.workflow.stale_lock import clear_leftovers
from scripts.workflow.targets import KIND, RUN, as_json, mirror_option

# One timed run at a time, whatever profile is read: `--resources mem_mb=...` takes the place of a profile's
# `resources`. For throughput instead of clean times: --resources timed_run=4.
if "timed_run" not in workflow.global_resources:
    workflow.register_resource("timed_run", 1)

logger.addFilter(messages.without_commands)
in_workflow(utf8_text, Path(CHECKOUT, "config.yaml"))


configfile: Path(CHECKOUT, "config.yaml")


# Of a module, `config:` of the module statement is the only layer over our own.
MODULE = workflow.modifier
OWN = MODULE.is_main_snakefile()
NAME_OF = as_module.own_name(MODULE)
config.update(
    resolved(Path(CHECKOUT, "config.yaml"), workflow.config_settings if OWN else config)
)
# A job on a node starts Snakemake again: there it need not look at the user's files.
FIRST = workflow.is_main_process
RAW, DATA = targets.SHARED  # by all experiments
OWN_DATA = of_own.entries(config)
DATASETS = with_own(OWN_DATA, MODULE.modify_path(DATA))
in_workflow(
    validate, config, DATASETS, workflow.configfiles if FIRST and OWN else [], FIRST
)
RUNS, LEFT_OUT = plan(config)
PAIRS = parity_pairs(config)

RESULTS = config["results"]
RECORDS = targets.records(RUNS, RESULTS)
PARITY_FILES = targets.parity_files(PAIRS, RESULTS)
# Snakemake puts the prefix of a module before files of rules; before all other paths, these have it.
there = MODULE.modify_path
RESULTS_THERE, DATA_THERE = str(there(RESULTS)), str(there(DATA))
RUNS_FOLDER = f"{RESULTS_THERE}/runs"
PREPARED_INPUTS = targets.prepared_inputs(RUNS, PAIRS, RESULTS)
ENVIRONMENT_NAMES = targets.environments(RUNS, PAIRS)

# Data first: preparing it next to a timed run would disturb the clock, so it takes `timed_run` too.
BEFORE_ALL_RUNS = len(RUNS) + 1

PUBLISHED, MISTAKES = (
    [str(Path(CHECKOUT, "resources", "published", name)) for name in names]
    for names in (
        ("times.csv", "accuracy.csv"),
        ("mistakes.yaml", "tried.csv", "slips.yaml"),
    )
)
TABLES = table_registry.entries()
FIGURES = figure_registry.planned(RUNS, targets.studied(PUBLISHED[0]))
RUNS_IN_REPORT = "5 All runs"  # the last category of the report


wildcard_constraints:
    settings="published|matched",
    dataset="[a-z0-9_]+",
    split="holdout|kfold",
    fold="|".join(map(str, range(config["split"]["folds"]))),
    replicate=r"|/replicate-\d+",  # empty for the first seed
    where="|plan/",  # a forecast of another config must not touch what finished runs were made from


def untracked(value):
    """A param that repeats no job when it changes: Snakemake runs a job again when its params do, except
    those whose function takes `input`. So another folder, interpreter or place of the checkout throws away
    nothing that was made before; records hold a digest of the code that made them.
    """
    return lambda wildcards, input: value


def stem(wildcards, output):
    """The first output's path without its suffix."""
    return str(Path(output[0]).with_suffix(""))


MANIFEST = ancient(str(Path(CHECKOUT, "resources", "datasets.yaml")))


def option(name):
    """A param `--NAME FILE` of the input of that name, where there is one."""
    return lambda wildcards, input: (
        f"--{name} {shlex.quote(input.get(name))}" if input.get(name) else ""
    )


def options_of_run(wildcards, input):
    """What a run is made from, where a shell line cannot say it; one param, as each is evaluated for every run."""
    return " ".join(
        [
            f"--data {shlex.quote(str(Path(input.x).parent))}",
            option("weights")(wildcards, input),
            targets.replicate_option(wildcards, input),
            f"--environment {shlex.quote(PYTHONS.promised_to_run(wildcards, input))}",
        ]
    )


def raw_folder(wildcards):
    return f"{RAW}/{wildcards.dataset}" if DATASETS[wildcards.dataset]["files"] else []


ROWS_OF = partial(run_status.rows_of, config, DATASETS)


def finished_records():
    return {
        *targets.records(
            run_status.finished(config, RUNS, RUNS_FOLDER, ROWS_OF), RESULTS_THERE
        )
    }


def probes(wildcards):
    """Known only when they are asked for: finding what is finished reads all records."""
    return targets.probes(
        run_status.to_make(config, RUNS, RUNS_FOLDER, ROWS_OF), RESULTS
    )


def cores_here(wildcards, input):
    """Cores that timed runs side by side could use; on a cluster each has its own anyway."""
    return workflow.cores if workflow.local_exec else config["threads"]


def present_records():
    return [*filter(os.path.exists, map(str, map(there, RECORDS)))]


def failures():
    """{path: reason} of the runs and first steps that are recorded as failed."""
    return run_status.recorded_reasons(map(str, map(there, [*RECORDS, *PARITY_FILES])))


def warnings_at_start():
    return (
        [*of_own.made_from_another(config, DATA_THERE)]
        + messages.warnings_at_start(
            config,
            LEFT_OUT,
            failures(),
            run_status.made_by_older_code(present_records()),
            workflow.cores if workflow.local_exec else None,
        )
        + slurm.overridden(
            config,
            {} if workflow.local_exec else workflow.resource_settings.default_resources,
        )
    )


def environment_file(name):
    return str(Path(CHECKOUT, "envs", f"{name}.yaml"))


def environment_of_run(wildcards):
    return environment_file(environment_name(wildcards.framework, wildcards.device))


def reported_environment(name):
    return report(
        environment_file(name),
        caption="../report/environment.rst",
        category=table_registry.ENVIRONMENTS,
        labels={"environment": f"3 envs/{name}.yaml (download)"},
    )


def reported_environments():
    """The env files of the planned runs, as files to download from the report."""
    return [*map(reported_environment, targets.environments(RUNS))]
