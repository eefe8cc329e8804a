"""A GPU of its own for each run, so that runs at the same time do not share one.

Snakemake counts GPUs but gives no run its own. So a GPU is claimed as cores are (core_affinity.py): its file,
named after its UUID, is locked until the process ends. Only GPUs that the process may see anyway
are claimed, so a scheduler's or the user's CUDA_VISIBLE_DEVICES is kept. Needs NVML.
"""

import os
from typing import Optional, Sequence, Tuple

from scripts.core.paths import AnyPath
from scripts.training.machine import core_affinity, nvml


class Lease:
    """The GPU that this run uses, as CUDA_VISIBLE_DEVICES names it.

    `file` is locked while it is the run's own, and None if all GPUs were taken.
    """

    def __init__(self, name: str, gpu: nvml.Gpu, file: Optional[int]) -> None:
        self.name, self.gpu, self.file = name, gpu, file

    @property
    def own(self) -> Optional[bool]:
        """Whether no other run has it; None where the system has no such locks."""
        return None if core_affinity.fcntl is None else self.file is not None

    def release(self) -> None:
        """Unlock it, for another run to claim."""
        if self.file is not None:
            os.close(self.file)
        self.file = None


def take_gpu(folder: Optional[AnyPath] = None, library: str = nvml.LIBRARY) -> Optional[Lease]:
    """Claim the first free GPU and hide all others, before the framework is imported.

    The Lease must be kept. If none is free it is of the first one, shared. None without NVML, or without a
    GPU.
    """
    gpus = []
    for name in nvml.visible_gpus(library):
        gpu = nvml.find(name, library)
        if gpu is None:
            break  # CUDA, too, ends the list where it knows none
        gpus.append((name, gpu))
    if not gpus:
        return None
    lease = claim(gpus, core_affinity.shared_folder() if folder is None else folder)
    os.environ["CUDA_VISIBLE_DEVICES"] = lease.name
    return lease


def claim(gpus: Sequence[Tuple[str, nvml.Gpu]], folder: AnyPath) -> Lease:
    """Claim the first of some GPUs, pairs of name and Gpu, that no other run has."""
    if core_affinity.fcntl is None:
        return Lease(*gpus[0], None)
    try:
        folder = core_affinity.own_folder(folder)
        for name, gpu in gpus:
            file = core_affinity.lock(folder / f"gpu-{gpu.uuid() or name}")
            if file is not None:
                return Lease(name, gpu, file)
    except OSError:
        pass  # no folder for locks: as if none were free
    return Lease(*gpus[0], None)
