"""What to do about limits of a cluster that jobs have hit, from what Snakemake and SLURM have logged."""

import re
from collections.abc import Iterable
from pathlib import Path

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
