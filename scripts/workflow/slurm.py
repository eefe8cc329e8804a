"""What a job asks SLURM for, from `cluster:` in the config, and what to do about limits that jobs have hit.

What a key leaves empty is asked for as the user's --default-resources say; None leaves a request out.
The names of requests are those of snakemake-executor-plugin-slurm. Snakemake calls each with the wildcards of
a job, some with the number of the attempt, too: memory and time grow with it.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from scripts.workflow.planning import Config

FIRST_STEPS_MINUTES, PROBE_MINUTES = 10, 15


# The key of the config that decides about each request, where it is not empty.
KEYS = {
    "slurm_partition": "cluster.partition",
    "slurm_account": "cluster.account",
    "constraint": "cluster.constraint",
    "qos": "cluster.qos",
    "slurm_extra": "cluster.extra",
    "runtime": "cluster.runtime",
    "gpu": "cluster.gpu",
    "gres": "cluster.gpu",
    "mem_mb": "memory_mb",
}
WORDS = ("slurm_partition", "slurm_account", "constraint", "qos", "slurm_extra")  # left out where empty


def requests(config: Config, defaults: Mapping[str, Any] | None) -> dict[str, Callable[..., Any]]:
    """Return what jobs ask for that go to the cluster, but their time.

    `defaults` are the user's --default-resources, of the command line or a profile. A job on the CPU asks for
    no GPU, whatever they say.
    """
    cluster, default = config["cluster"], defaults_of(defaults)
    found = {
        "slurm_partition": or_else(
            lambda wildcards: partition(cluster, on_gpu(wildcards)), default("slurm_partition")
        ),
        "slurm_account": or_else(lambda wildcards: str(cluster["account"]), default("slurm_account")),
        "constraint": or_else(lambda wildcards: str(cluster["constraint"]), default("constraint")),
        "qos": or_else(lambda wildcards: str(cluster["qos"]), default("qos")),
        "gpu": lambda wildcards: gpus(cluster, int) if on_gpu(wildcards) else None,
        "gres": lambda wildcards: gpus(cluster, str) if on_gpu(wildcards) else None,
        # With a number of GPUs alone: `gres` names their kind itself.
        "gpu_model": lambda wildcards, **more: (
            default("gpu_model")(wildcards, **more) if on_gpu(wildcards) and gpus(cluster, int) else None
        ),
        "slurm_extra": further_options(cluster, default("slurm_extra")),
        "mem_mb": lambda wildcards, attempt: config["memory_mb"] * attempt,
    }
    return {name: request for name, request in found.items() if name in wanted(config, defaults)}


def wanted(config: Config, defaults: Mapping[str, Any] | None) -> set[str]:
    """Return the names of the requests that the config or the user's defaults can fill.

    Snakemake evaluates a request for every job, also where it always asks for nothing.
    """
    cluster = config["cluster"]
    filled = {name for name in WORDS if cluster[KEYS[name].removeprefix("cluster.")]}
    if cluster["gpu_partition"]:
        filled.add("slurm_partition")
    if cluster["exclusive"]:
        filled.add("slurm_extra")
    if "gpu" in config["devices"]:
        filled |= {"gpu", "gres"}
    return {"mem_mb", *filled, *(defaults or ())}


def defaults_of(defaults: Mapping[str, Any] | None) -> Callable[[str], Callable[..., Any]]:
    """Return the function that gives the user's default request of a name; it asks for None without one."""
    from snakemake.resources import Resources

    resources = Resources.from_mapping(defaults or {})
    return lambda name: lambda wildcards, **more: resources.get(name).evaluate(wildcards, **more).value


def or_else(own: Callable[[Any], str], default: Callable[..., Any]) -> Callable[..., Any]:
    """Return the request for `own`, and for the default where that is empty."""
    return lambda wildcards, **more: own(wildcards) or default(wildcards, **more)


def overridden(config: Config, defaults: Mapping[str, Any] | None) -> list[str]:
    """Return a sentence on each of the user's --default-resources that a key of the config overrides.

    Snakemake's own defaults, such as of memory, are not the user's: they have no text (`raw`).
    """
    from snakemake.resources import Resources

    values = {**{f"cluster.{key}": value for key, value in config["cluster"].items()}, **config}
    given = {name: resource.raw for name, resource in Resources.from_mapping(defaults or {}).items()}
    return [
        f"trainclock: {name}={given[name]} of --default-resources is not used: {key} in the config decides,"
        " and is not empty; change it there"
        for name, key in KEYS.items()
        if given.get(name) is not None and values[key] not in ("", given[name])
    ]


def on_gpu(wildcards: Any) -> bool:
    """Return whether a job is of a GPU; those without a device, as of the NumPy reference, are of the CPU."""
    return wildcards.get("device") == "gpu"


def partition(cluster: Config, gpu: bool) -> str:
    """Return the partition of a job; empty if the config names none."""
    own = cluster["gpu_partition"] if gpu else ""
    return str(own or cluster["partition"])


def gpus(cluster: Config, kind: type) -> Any:
    """Return the GPUs of a run if the config gives their number (int), or their kind and number (str)."""
    return cluster["gpu"] if isinstance(cluster["gpu"], kind) else None


def further_options(cluster: Config, default: Callable[..., Any]) -> Callable[..., str | None]:
    """Return the request for more options of sbatch: `exclusive` comes on top of the user's default."""
    whole = ["--exclusive"] if cluster["exclusive"] else []
    own = or_else(lambda wildcards: " ".join(cluster["extra"].split()), default)
    return lambda wildcards, **more: " ".join([*whole, own(wildcards, **more) or ""]).strip() or None


def minutes_of_run(config: Config, folds: int = 1) -> Callable[[Any, int], int]:
    """Return the function that gives the time limit of a job of so many runs."""
    minutes = config["cluster"]["runtime"]
    return lambda wildcards, attempt: folds * minutes.get(wildcards.dataset, minutes["default"]) * attempt


def minutes(count: int) -> Callable[[Any, int], int]:
    """Return the function that gives a time limit that is the same for all datasets."""
    return lambda wildcards, attempt: count * attempt


def one_job(groups: dict[str, str], name: str) -> str:
    """Return the group `name`, whose members all share one job: profiles/slurm joins those of `bundle`.

    `groups` are Snakemake's groups of groups.
    """
    groups[name] = "bundle"
    return name


# ---- Limits that jobs have hit, from what Snakemake and SLURM have logged ----

# What happened, and the key that sets the limit; then how Snakemake's SLURM plugin logs it of single jobs,
# and how SLURM itself does, of groups too. Both give the job's id; that of a task of an array is 10_2.
LIMITS = [
    (
        "ran into their time limit",
        "raise cluster.runtime (minutes of one run, by dataset), or lower folds_per_job",
        r"SLURM-job '(\d+(?:_\d+)?)' failed, SLURM status is: 'TIMEOUT'",
        r"JOB (\d+) ON \S+ CANCELLED AT \S+ DUE TO TIME LIMIT",
    ),
    (
        "needed more memory than they had asked for",
        "raise memory_mb",
        r"SLURM-job '(\d+(?:_\d+)?)' failed, SLURM status is: 'OUT_OF_MEMORY'",
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
            sentences.append(f"SLURM jobs that {reason}: {', '.join(sorted(jobs, key=place))}; {key}")
    return sentences


def place(job: str) -> list[int]:
    """Return the numbers in the id of a job, by which jobs are sorted."""
    return [int(part) for part in job.split("_")]
