"""Whether this machine can do what is planned on it, asked before environments and data are made.

On a cluster nobody asks: runs are on other machines than the one that submits them.
"""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from scripts.core.errors import UserError
from scripts.core.text import many
from scripts.training.machine import nvml
from scripts.training.machine.procfs import allowed_cpus

TIMED = ("train", "probe")  # what the names of rules begin with
ON_DEVICE = (*TIMED, "first_steps")
HIDDEN = ("", "-1", "NoDevFiles")  # CUDA_VISIBLE_DEVICES without a GPU; SLURM sets the last one


def check(jobs: Iterable[Any], name_of: Callable[[str], str] = str, devices: Path = Path("/dev")) -> None:
    """Raise UserError for jobs of Snakemake that lack their GPU, and timed ones that lack CPUs here.

    `name_of` gives the name of a rule here from its name in the whole workflow; `devices` is /dev.
    """
    named = [(name_of(job.rule.name), job) for job in jobs]
    timed = [job for name, job in named if name.startswith(TIMED)]
    on_gpu = sum(job.wildcards.device == "gpu" for name, job in named if name.startswith(ON_DEVICE))
    threads, cpus = max((job.threads for job in timed), default=0), allowed_cpus()
    lines = []
    missing = missing_gpu(devices) if on_gpu else None
    if missing:
        lines.append(
            f"devices: gpu: {missing}, and {many(on_gpu, 'job')} would run on one:"
            " --config 'devices=[cpu]', or start it where there is one"
        )
    if cpus and threads > len(cpus):
        lines.append(
            f"threads: {threads}, but this process may use {many(len(cpus), 'CPU')} (taskset, container or"
            f" job): threads that take turns give no times. --cores {len(cpus)} lowers them"
        )
    if lines:
        raise UserError("\n".join(lines))


def missing_gpu(devices: Path) -> str | None:
    """Return why no GPU can be used; None if there seems to be one. Not all containers have NVML, too."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None and visible.strip() in HIDDEN:
        return f"CUDA_VISIBLE_DEVICES={visible} hides all GPUs"
    if any(devices.glob("nvidia[0-9]*")) or (devices / "dxg").exists():  # dxg: Windows' subsystem for Linux
        return None
    seen = any(nvml.find(name) for name in nvml.visible_gpus())
    return None if seen else "this machine has no GPU, or no driver for it"
