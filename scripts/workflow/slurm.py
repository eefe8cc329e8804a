"""What a job asks SLURM for, from `cluster:` in the config, and what to do about limits that jobs have hit.

None leaves a request out.
The names of requests are those of snakemake-executor-plugin-slurm. Snakemake calls each with the wildcards of
a job, some with the number of the attempt, too: memory and time grow with it.
"""

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from scripts.workflow.planning import Config, bundle_part

FIRST_STEPS_MINUTES, PROBE_MINUTES = 10, 15


def requests(config: Config) -> dict[str, Callable[..., Any]]:
    """Return what every job asks for that goes to the cluster, but its time."""
    cluster = config["cluster"]
    return {
        "slurm_partition": lambda wildcards: partition(cluster, on_gpu(wildcards)),
        "slurm_account": lambda wildcards: str(cluster["account"]) or None,
        "constraint": lambda wildcards: str(cluster["constraint"]) or None,
        "qos": lambda wildcards: str(cluster["qos"]) or None,
        "gpu": lambda wildcards: gpus(cluster, int) if on_gpu(wildcards) else None,
        "gres": lambda wildcards: gpus(cluster, str) if on_gpu(wildcards) else None,
        "slurm_extra": lambda wildcards: further_options(cluster),
        "mem_mb": lambda wildcards, attempt: config["memory_mb"] * attempt,
    }


def on_gpu(wildcards: Any) -> bool:
    """Return whether a job is of a GPU; the parity certificate has no device, since it is of the CPU."""
    return wildcards.get("device") == "gpu"


def partition(cluster: Config, gpu: bool) -> str | None:
    """Return the partition of a job."""
    own = cluster["gpu_partition"] if gpu else ""
    return str(own or cluster["partition"]) or None


def gpus(cluster: Config, kind: type) -> Any:
    """Return the GPUs of a run if the config gives their number (int), or their kind and number (str)."""
    return cluster["gpu"] if isinstance(cluster["gpu"], kind) else None


def further_options(cluster: Config) -> str | None:
    """Return more options of sbatch."""
    options = ["--exclusive"] if cluster["exclusive"] else []
    return " ".join(options + cluster["extra"].split()) or None


def minutes_of_run(config: Config) -> Callable[[Any, int], int]:
    """Return the function that gives the time limit of a run."""
    minutes = config["cluster"]["runtime"]
    return lambda wildcards, attempt: minutes.get(wildcards.dataset, minutes["default"]) * attempt


def minutes(count: int) -> Callable[[Any, int], int]:
    """Return the function that gives a time limit that is the same for all datasets."""
    return lambda wildcards, attempt: count * attempt


def bundle_of_run(config: Config, wildcards: Any) -> str | None:
    """Return the group of a run that shares its job with other folds; None: a job of its own."""
    part = bundle_part(config, wildcards.dataset, wildcards.split, int(wildcards.fold))
    if part is None:
        return None
    words = [value.strip("/") for name, value in wildcards.items() if name != "fold"]
    return "-".join([*filter(None, words), str(part)])


def one_job(groups: dict[str, str], name: str | None) -> str | None:
    """Return the group `name`, whose members all share one job: profiles/slurm joins those of `bundle`.

    `groups` are Snakemake's groups of groups.
    """
    if name is not None:
        groups[name] = "bundle"
    return name


# ---- Limits that jobs have hit, from what Snakemake and SLURM have logged ----

# What happened, and the key that sets the limit; then how Snakemake's SLURM plugin logs it of single jobs,
# and how SLURM itself does, of bundles too. Both give the job's id.
LIMITS = [
    (
        "ran into their time limit",
        "raise cluster.runtime (minutes of one run, by dataset), or bundle fewer folds (cluster.bundle)",
        r"SLURM-job '(\d+)' failed, SLURM status is: 'TIMEOUT'",
        r"JOB (\d+) ON \S+ CANCELLED AT \S+ DUE TO TIME LIMIT",
    ),
    (
        "needed more memory than they had asked for",
        "raise memory_mb",
        r"SLURM-job '(\d+)' failed, SLURM status is: 'OUT_OF_MEMORY'",
        r"oom.kill events? in StepId=(\d+)",
    ),
]


def advice_on(logs: Iterable[str | Path]) -> list[str]:
    """Return the advice on what is in these logs of Snakemake."""
    return advice("\n".join(Path(log).read_text(errors="replace") for log in logs))


def advice(log: str) -> list[str]:
    """Return sentences, from the text of Snakemake's log. Each names the jobs, the reason and the key."""
    sentences = []
    for reason, key, *patterns in LIMITS:
        jobs = {job for pattern in patterns for job in re.findall(pattern, log)}
        if jobs:
            sentences.append(f"SLURM jobs that {reason}: {', '.join(sorted(jobs, key=int))}; {key}")
    return sentences
