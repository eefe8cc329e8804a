"""What to do about limits of a cluster that jobs have hit, from what Snakemake's SLURM plugin said."""

import re

# {SLURM's status: what happened, and the key that sets the limit}
LIMITS = {
    "TIMEOUT": (
        "ran into the time limit",
        "raise cluster.runtime (minutes of one run, by dataset), or name fewer folds in cluster.bundle",
    ),
    "OUT_OF_MEMORY": ("needed more memory than they were given", "raise memory_mb"),
}


def advice(log):
    """Sentences, from the text of Snakemake's log. Each names the jobs, the reason and the key."""
    found = {}
    for job, status in re.findall(r"SLURM-job '([\d_]+)' failed.*?status is: '(\w+)'", log, re.S):
        found.setdefault(status, []).append(job)
    return [
        f"SLURM jobs that {what} ({status}): {', '.join(dict.fromkeys(found[status]))}; {key}"
        for status, (what, key) in LIMITS.items()
        if status in found
    ]
