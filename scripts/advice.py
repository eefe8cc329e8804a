"""What to do about limits of a cluster that jobs have hit, from what Snakemake and SLURM have logged."""

import re

# What happened, the key that sets the limit, and how Snakemake's SLURM plugin (of single jobs) and SLURM
# itself (of bundles, too) tell it; each pattern gives the job's id.
LIMITS = [
    (
        "ran into their time limit",
        "raise cluster.runtime (minutes of one run, by dataset), or put fewer folds into a job (cluster.bundle)",
        r"SLURM-job '(\d+)' failed, SLURM status is: 'TIMEOUT'|JOB (\d+) ON \S+ CANCELLED AT \S+ DUE TO TIME LIMIT",
    ),
    (
        "needed more memory than they had asked for",
        "raise memory_mb",
        r"SLURM-job '(\d+)' failed, SLURM status is: 'OUT_OF_MEMORY'|oom.kill events? in StepId=(\d+)",
    ),
]


def advice(log):
    """Sentences, from the text of Snakemake's log. Each names the jobs, the reason and the key."""
    found = []
    for reason, key, pattern in LIMITS:
        jobs = {first or second for first, second in re.findall(pattern, log)}
        if jobs:
            found.append(f"SLURM jobs that {reason}: {', '.join(sorted(jobs, key=int))}; {key}")
    return found
