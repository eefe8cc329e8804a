"""What is wrong in `cluster:`, before a job is submitted."""

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from scripts.workflow.config.errors import unknown

# Options of sbatch that have a key of their own: in `cluster.extra` they would be given twice.
KEY_OF_OPTION = {
    **{f"--{key}": f"cluster.{key}" for key in ("partition", "account", "constraint", "qos", "exclusive")},
    **{"-p": "cluster.partition", "-A": "cluster.account", "-C": "cluster.constraint", "-q": "cluster.qos"},
    **{"--time": "cluster.runtime", "-t": "cluster.runtime"},
    **{"--gres": "cluster.gpu", "--gpus": "cluster.gpu", "-G": "cluster.gpu"},
    **{"--mem": "memory_mb", "--mem-per-cpu": "memory_mb", "--cpus-per-task": "threads", "-c": "threads"},
}
# Those that make something else of a job than one run.
NO_RUN = ("--array", "-a", "--wrap", "--test-only", "--wait", "-W")


def mistakes(cluster: Mapping[str, Any], datasets: Iterable[str]) -> Iterator[str]:
    """Yield mistakes in the names of datasets, and options that are in the wrong place."""
    yield from unknown_names("cluster.runtime", cluster["runtime"], datasets)
    yield from (f"cluster.extra: {line}" for line in wrong_options(cluster["extra"]))


def unknown_names(key: str, entries: Iterable[str], datasets: Iterable[str]) -> Iterator[str]:
    """Yield mistakes in the names of a mapping of datasets with a default."""
    known = [*datasets, "default"]
    yield from (f"{key}: {unknown(name, known)}" for name in entries if name not in known)


def wrong_options(extra: str) -> Iterator[str]:
    """Yield what sbatch, or Snakemake's plugin before it, would refuse job by job."""
    try:
        words = shlex.split(extra)
    except ValueError as error:
        yield f"{extra!r}: {str(error).lower()}"
        return
    takes_value = False  # the word before is an option, `--name` without `=value`
    for word in words:
        option = word.partition("=")[0] if word.startswith("--") else word[:2]
        if not word.startswith("-"):
            if not takes_value:
                yield f"{word!r} is no option of sbatch: options begin with -, as in --reservation=course"
        elif option in KEY_OF_OPTION:
            yield f"{option} has a key of its own, {KEY_OF_OPTION[option]}"
        elif option in NO_RUN or set_by_snakemake(option):
            yield f"{option} is not for users: each job is one that Snakemake submits, names and follows"
        takes_value = word.startswith("-") and "=" not in word


def set_by_snakemake(option: str) -> bool:
    """Return whether Snakemake's plugin for SLURM refuses an option, which it sets itself."""
    with suppress(ImportError):  # without the plugin there are no such jobs
        from snakemake_executor_plugin_slurm.validation import get_forbidden_slurm_options

        return any(re.match(pattern, f"{option} ") for pattern in get_forbidden_slurm_options())
    return False
