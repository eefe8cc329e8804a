"""GPU and driver against the CUDA that the environments bring."""

import re
import shutil

from scripts.environments.doctor.result import dotted, fix, note, ok, output, version_in

# The least driver and compute capability that a CUDA release works with. Drivers: table 1 of
# docs.nvidia.com/deploy/cuda-compatibility/minor-version-compatibility.html; capabilities: the release
# notes of 12.0 (Kepler dropped) and 13.0 (Maxwell, Pascal and Volta dropped).
CUDA = {(11,): ((450,), (3, 5)), (12,): ((525,), (5, 0)), (13,): ((580,), (7, 5))}


def check_gpu(plan):
    """A problem stops only if the config asks for GPU runs."""
    name, bad = "GPU", fix if "gpu" in plan.devices else note
    if not shutil.which("nvidia-smi"):
        fixes = ["install NVIDIA's driver, or `devices: [cpu]` in the config"] if bad is fix else []
        return bad(name, "none (no nvidia-smi)" + ("" if fixes else "; runs on the CPU need none"), *fixes)
    status, text, last = output("nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader")
    if status != 0 or ", " not in text:
        return bad(name, f"nvidia-smi: {last}", "sudo modprobe nvidia, or install NVIDIA's driver again")
    gpus = text.splitlines()
    model, _, driver = gpus[0].rpartition(", ")
    # Drivers before 510 do not know this question, and they are too old anyway.
    capability = version_in(output("nvidia-smi", "--query-gpu=compute_cap", "--format=csv,noheader")[1])
    found = [f"{model}, driver {driver}" + (f", and {len(gpus) - 1} more" if len(gpus) > 1 else "")]
    fixes = []
    for one in plan.gpu:
        cuda = cuda_of(one)
        if cuda[:1] not in CUDA:  # () has no GPU; a test says that all we pin is in the table
            continue
        least, least_capability = CUDA[cuda[:1]]
        who = f"{one.name} (CUDA {dotted(cuda)})"
        if version_in(driver) < least:
            found.append(f"{who} needs driver {dotted(least)} or later")
            fixes.append(f"install NVIDIA's driver {dotted(least)} or later: https://www.nvidia.com/drivers")
        elif capability and capability < least_capability:
            needed = f"compute capability {dotted(least_capability)}, and this GPU has {dotted(capability)}"
            found.append(f"{who} needs {needed}")
            fixes.append(f"use a newer GPU, or leave {one.name} out of GPU runs")
        else:
            found.append(f"enough for {who}")
    return bad(name, "; ".join(found), *dict.fromkeys(fixes)) if fixes else ok(name, "; ".join(found))


def cuda_of(environment):
    """The CUDA release that an environment brings, as (major, minor); () if none."""
    pins = " ".join(environment.pip)
    found = re.search(r"\b(?:cuda-toolkit|nvidia-cuda-runtime(?:-cu\d+)?)(?:\[\S*\])?==(\d+)\.(\d+)", pins)
    return tuple(map(int, found.groups())) if found else ()
