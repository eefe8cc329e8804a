"""How the machine is set before a run: each setting by itself, best effort. Nothing is changed."""

import os
import re
from pathlib import Path
from typing import Optional

from scripts.core.paths import AnyPath
from scripts.core.record import State
from scripts.training.machine import cgroup, nvml
from scripts.training.machine.procfs import allowed_cpus, cpu_folder, number, text


def describe(gpu: Optional[nvml.Gpu] = None, root: AnyPath = "/") -> State:
    """Fill the section `state` of a record; `gpu` is nvml's Gpu, or None for a CPU run."""
    return State(
        turbo=turbo(root),
        governor=governor(root),
        smt=smt(root),
        cpu_quota_cores=cgroup.quota_cores(root),
        memory_limit_mb=cgroup.memory_limit_mb(root),
        cpu_mhz=cpu_mhz(root),
        load_before=load_average(),
        virtual=virtual(root),
        gpu_highest_mhz=gpu and gpu.highest_clock_mhz(),
        gpu_power_limit_w=gpu and gpu.power_limit_w(),
        gpu_persistence=gpu and gpu.persistence(),
    )


def turbo(root: AnyPath = "/") -> Optional[bool]:
    """Check whether cores may run faster than their base clock."""
    folder = Path(root, "sys/devices/system/cpu")
    off, on = number(folder / "intel_pstate/no_turbo"), number(folder / "cpufreq/boost")
    if off is not None:
        return off == 0
    return None if on is None else on == 1


def governor(root: AnyPath = "/") -> Optional[str]:
    """Read what chooses the clock of the cores that this process may use; several joined by a comma."""
    governors = {text(cpu_folder(cpu, root) / "cpufreq/scaling_governor") for cpu in allowed_cpus() or []}
    return ", ".join(sorted(filter(None, governors))) or None


def smt(root: AnyPath = "/") -> Optional[bool]:
    """Check whether two logical CPUs share one core (simultaneous multithreading)."""
    active = number(Path(root, "sys/devices/system/cpu/smt/active"))
    return None if active is None else active == 1


def cpu_mhz(root: AnyPath = "/") -> Optional[float]:
    """Read the mean clock of the cores that this process may use, at this moment."""
    khz = [number(cpu_folder(cpu, root) / "cpufreq/scaling_cur_freq") for cpu in allowed_cpus() or []]
    mhz = [value / 1000 for value in khz if value]
    if not mhz:
        cpuinfo = text(Path(root, "proc/cpuinfo")) or ""
        mhz = [float(value) for value in re.findall(r"(?m)^cpu MHz\s*: ([\d.]+)$", cpuinfo)]
    return sum(mhz) / len(mhz) if mhz else None


def virtual(root: AnyPath = "/") -> Optional[bool]:
    """Check whether a hypervisor runs below; x86 reports it, other processors do not."""
    flags = re.search(r"(?m)^flags\s*:(.*)$", text(Path(root, "proc/cpuinfo")) or "")
    return None if flags is None else "hypervisor" in flags.group(1).split()


def load_average() -> Optional[float]:
    """Read the load of the last minute."""
    try:
        return os.getloadavg()[0]
    except (AttributeError, OSError):
        return None
