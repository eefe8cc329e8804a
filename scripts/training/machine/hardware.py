"""Facts about the machine, best effort: what cannot be found is None, and nothing here fails a run."""

import os
import platform
import subprocess
from pathlib import Path
from typing import Optional, Tuple

from scripts.core.paths import AnyPath
from scripts.core.record import Machine
from scripts.training.machine.gpu_affinity import Lease


def describe(device: str, lease: Optional[Lease] = None) -> Machine:
    """Fill the section `machine` of a record; the GPU is looked up for GPU runs only."""
    gpu, gpu_memory, driver = gpu_facts(lease) if device == "gpu" else (None, None, None)
    return Machine(
        host=platform.node(),
        system=f"{platform.system()} {platform.release()}",
        cpu=cpu_model(),
        cores=cores(),
        memory_mb=memory_mb(),
        gpu=gpu,
        gpu_memory_mb=gpu_memory,
        gpu_uuid=lease and lease.gpu.uuid(),
        gpu_own=lease and lease.own,
        driver=driver,
        slurm_job=os.environ.get("SLURM_JOB_ID"),
        slurm_node=os.environ.get("SLURMD_NODENAME"),
    )


def cpu_model() -> str:
    """Read the processor's name."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.lower().startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def cores() -> int:
    """Count the cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def memory_mb() -> int:
    """Read the memory of the machine in MiB; 0 if that is not known."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    except (AttributeError, OSError, ValueError):
        return 0


def gpu_facts(lease: Optional[Lease]) -> Tuple[Optional[str], Optional[int], Optional[str]]:
    """Give model, memory in MiB and driver of the run's GPU, from NVML or else from nvidia-smi."""
    model = lease and lease.gpu.model()
    return (model, lease.gpu.memory_mb(), lease.gpu.driver()) if lease and model else nvidia()


def nvidia() -> Tuple[Optional[str], Optional[int], Optional[str]]:
    """Ask for the same of the first visible GPU; it knows no part of one (MIG) and no shortened name."""
    first = os.environ.get("CUDA_VISIBLE_DEVICES", "0").split(",")[0] or "0"
    answer = output(
        "nvidia-smi",
        f"--id={first}",
        "--query-gpu=name,memory.total,driver_version",
        "--format=csv,noheader,nounits",
    )
    parts = [part.strip() for part in (answer or "").split(",")]
    return (parts[0], int(parts[1]), parts[2]) if len(parts) == 3 else (None, None, None)


def workflow_commit(folder: AnyPath) -> Optional[str]:
    """Name the commit of the workflow, marked `-dirty` if files were changed since; None outside git."""
    return output("git", "-C", str(folder), "describe", "--always", "--dirty", "--abbrev=12")


def output(*command: str) -> Optional[str]:
    """Run a command and give what it prints; None if it fails."""
    try:
        finished = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return finished.stdout.decode(errors="replace").strip()
