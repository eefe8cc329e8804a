"""A GPU of its own for each run, so that runs side by side do not share one.

Snakemake counts GPUs but gives no run its own. So a GPU is claimed as cores are (core_affinity.py): its file,
named after its UUID, is locked until the process ends. Only GPUs that the process may see anyway
are claimed, so a scheduler's or the user's CUDA_VISIBLE_DEVICES is kept. Needs NVML.
"""

import os
from itertools import takewhile

from scripts.training.machine import core_affinity, nvml


class Lease:
    """The GPU that this run uses, as CUDA_VISIBLE_DEVICES names it; `file` is locked while it is the run's
    own, and None if all GPUs were taken."""

    def __init__(self, name, gpu, file):
        self.name, self.gpu, self.file = name, gpu, file

    @property
    def own(self):
        """Whether no other run has it; None where the system has no such locks."""
        return None if core_affinity.fcntl is None else self.file is not None

    def release(self):
        if self.file is not None:
            os.close(self.file)
        self.file = None


def take_gpu(folder=None, library=nvml.LIBRARY):
    """Claim the first free GPU and hide all others, before the framework is imported: the Lease, which must
    be kept. If none is free it is of the first one, shared. None without NVML, or without a GPU."""
    found = [(name, nvml.find(name, library)) for name in nvml.visible_gpus(library)]
    found = list(takewhile(lambda pair: pair[1], found))  # CUDA, too, ends the list where it knows none
    if not found:
        return None
    lease = claim(found, core_affinity.shared_folder() if folder is None else folder)
    os.environ["CUDA_VISIBLE_DEVICES"] = lease.name
    return lease


def claim(found, folder):
    """The Lease of the first GPU of `found`, pairs of name and Gpu, that no other run has."""
    if core_affinity.fcntl is None:
        return Lease(*found[0], None)
    try:
        folder = core_affinity.own_folder(folder)
        for name, gpu in found:
            file = core_affinity.lock(folder / f"gpu-{gpu.uuid() or name}")
            if file is not None:
                return Lease(name, gpu, file)
    except OSError:
        pass  # no folder for locks: as if none were free
    return Lease(*found[0], None)
