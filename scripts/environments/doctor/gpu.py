"""GPU and driver against the CUDA that the environments bring."""

from __future__ import annotations

import re
import shutil

from scripts.environments.doctor.result import Plan, Result, dotted, fix, note, ok, output, version_in
from scripts.environments.env_file import Environment

# The least driver and compute capability that a CUDA release works with. Drivers: table 1 of
# docs.nvidia.com/deploy/cuda-compatibility/minor-version-compatibility.html; capabilities: the release
# notes of 12.0 (Kepler dropped) and 13.0 (Maxwell, Pascal and Volta dropped).
CUDA = {11: ((450,), (3, 5)), 12: ((525,), (5, 0)), 13: ((580,), (7, 5))}
# cuDNN has dropped Maxwell, Pascal and Volta in 9.11, on CUDA 12, too (its release notes).
CUDNN, OF_CUDNN = (9, 11), (7, 5)

ASK = "python3 scripts doctor (with your --config)"


def check_gpu(plan: Plan) -> Result:
    """Check GPU and driver. A problem stops only if the config asks for GPU runs."""
    name, bad = "GPU", fix if "gpu" in plan.devices else note
    if not shutil.which("nvidia-smi"):
        if bad is fix and shutil.which("sbatch"):
            return note(name, "none on this node of the cluster", f"on one that has: srun --gpus=1 {ASK}")
        fixes = ["install NVIDIA's driver, or `devices: [cpu]` in the config"] if bad is fix else []
        return bad(name, "none (no nvidia-smi)" + ("" if fixes else "; runs on the CPU need none"), *fixes)
    status, text, last = output("nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader")
    if status != 0 or ", " not in text:
        return bad(name, f"nvidia-smi: {last}", "sudo modprobe nvidia, or install NVIDIA's driver again")
    gpus = text.splitlines()
    model, _, driver = gpus[0].rpartition(", ")
    # Drivers before 510 do not know this question, and they are too old anyway.
    capability = version_in(output("nvidia-smi", "--query-gpu=compute_cap", "--format=csv,noheader")[1])
    messages = [f"{model}, driver {driver}" + (f", and {len(gpus) - 1} more" if len(gpus) > 1 else "")]
    fixes = []
    for environment in plan.gpu:
        cuda = cuda_of(environment)
        if not cuda or cuda[0] not in CUDA:  # () has no GPU; a test checks that all we pin is in the table
            continue
        least, least_capability = CUDA[cuda[0]]
        if cudnn_of(environment) >= CUDNN:
            least_capability = max(least_capability, OF_CUDNN)
        who = f"{environment.name} (CUDA {dotted(cuda)})"
        if version_in(driver) < least:
            messages.append(f"{who} needs driver {dotted(least)} or later")
            fixes.append(f"install NVIDIA's driver {dotted(least)} or later: https://www.nvidia.com/drivers")
        elif capability and capability < least_capability:
            needed = f"compute capability {dotted(least_capability)}, and this GPU has {dotted(capability)}"
            messages.append(f"{who} needs {needed}")
            fixes.append(f"use a newer GPU, or leave {environment.name} out of GPU runs")
        else:
            messages.append(f"enough for {who}")
    message = "; ".join(messages)
    return bad(name, message, *dict.fromkeys(fixes)) if fixes else ok(name, message)


def cuda_of(environment: Environment) -> tuple[int, ...]:
    """Return the CUDA release that an environment brings, as (major, minor); () if none."""
    return pinned(environment, r"(?:cuda-toolkit|nvidia-cuda-runtime(?:-cu\d+)?)(?:\[\S*\])?")


def cudnn_of(environment: Environment) -> tuple[int, ...]:
    """Return the release of cuDNN that an environment brings, likewise."""
    return pinned(environment, r"nvidia-cudnn(?:-cu\d+)?")


def pinned(environment: Environment, package: str) -> tuple[int, ...]:
    """Return the (major, minor) of a package, a regular expression, that an environment pins; () if none."""
    release = re.search(rf"\b{package}==(\d+)\.(\d+)", " ".join(environment.pip))
    return tuple(map(int, release.groups())) if release else ()
