"""What NVIDIA's management library reports of the GPU of this run.

Without it, or for a question that the GPU does not answer, the answer is None. Nothing is ever set.
"""

import ctypes
import os
from typing import Any, List, Optional, TypeVar

LIBRARY = "libnvidia-ml.so.1"
SM_CLOCK, GPU_TEMPERATURE = 1, 0
TEXT_LENGTH = 96  # bytes, the most that the library needs for a name
POWER, THERMAL = 0, 1  # policies that hold clocks back
REASONS = {  # bits of the clocks' event reasons that slow a GPU down, in words
    0x04: "power cap",
    0x08: "hardware slowdown",
    0x20: "hot (software)",
    0x40: "hot (hardware)",
    0x80: "power brake",
}


class Memory(ctypes.Structure):
    """nvmlMemory_t, in bytes."""

    _fields_ = [(name, ctypes.c_ulonglong) for name in ("total", "free", "used")]


class Violation(ctypes.Structure):
    """nvmlViolationTime_t."""

    _fields_ = [(name, ctypes.c_ulonglong) for name in ("reference_time_us", "violation_time_ns")]


Answer = TypeVar("Answer", ctypes.c_uint, ctypes.c_ulonglong, Memory, Violation)


def visible_gpus(library: str = LIBRARY) -> List[str]:
    """List the GPUs that this process may use: numbers, or names as in `GPU-5c89...` or `MIG-5c89...`."""
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is not None:  # empty: none, as CUDA takes it
        return [name.strip() for name in named.split(",") if name.strip()]
    try:
        nvml = ctypes.CDLL(library)
        return [] if nvml.nvmlInit_v2() else [str(number) for number in range(count(nvml))]
    except (OSError, AttributeError):
        return []


def count(nvml: ctypes.CDLL) -> int:
    """Count the GPUs of the machine. Raises AttributeError without the function for it."""
    found = ctypes.c_uint()
    return 0 if nvml.nvmlDeviceGetCount_v2(ctypes.byref(found)) else found.value


def find(which: Optional[str] = None, library: str = LIBRARY) -> "Optional[Gpu]":
    """Find the Gpu of that number or name, else the first visible one; None without library or such a GPU."""
    which = which or next(iter(visible_gpus(library)), "")
    try:
        nvml = ctypes.CDLL(library)
        if nvml.nvmlInit_v2():
            return None
        if which.isdigit():
            return by_number(nvml, int(which))
        handle = ctypes.c_void_p()
        missing = nvml.nvmlDeviceGetHandleByUUID(which.encode(), ctypes.byref(handle))
        return by_beginning(nvml, which) if missing else Gpu(nvml, handle)
    except (OSError, AttributeError):
        return None


def by_number(nvml: ctypes.CDLL, number: int) -> "Optional[Gpu]":
    """Find the Gpu of that number. Raises AttributeError without the function for it."""
    handle = ctypes.c_void_p()
    missing = nvml.nvmlDeviceGetHandleByIndex_v2(ctypes.c_uint(number), ctypes.byref(handle))
    return None if missing else Gpu(nvml, handle)


def by_beginning(nvml: ctypes.CDLL, name: str) -> "Optional[Gpu]":
    """Find the one Gpu whose name begins so: CUDA takes shortened names, this library does not."""
    gpus = [by_number(nvml, number) for number in range(count(nvml))]
    found = [gpu for gpu in gpus if gpu and name and (gpu.uuid() or "").startswith(name)]
    return found[0] if len(found) == 1 else None


class Gpu:
    """One GPU, by its handle in the library; every question may have the answer None."""

    def __init__(self, nvml: ctypes.CDLL, handle: ctypes.c_void_p) -> None:
        self.nvml, self.handle = nvml, handle

    def ask(self, function: str, answer: Answer, *more: Any) -> Optional[Answer]:
        """Have `answer` filled in by the library's function; None if the GPU does not report it."""
        call = getattr(self.nvml, function, None)
        if call is None or call(self.handle, *more, ctypes.byref(answer)):
            return None
        return answer

    def number(self, function: str, *more: Any) -> Optional[int]:
        """Ask the library's function for a whole number."""
        answer = self.ask(function, ctypes.c_uint(), *more)
        return None if answer is None else answer.value

    def words(self, function: str, *of: Any) -> Optional[str]:
        """Ask the library's function for a text; `of` is the handle, for what belongs to one GPU."""
        answer = ctypes.create_string_buffer(TEXT_LENGTH)
        call = getattr(self.nvml, function, None)
        if call is None or call(*of, answer, ctypes.c_uint(TEXT_LENGTH)):
            return None
        return answer.value.decode(errors="replace")

    def uuid(self) -> Optional[str]:
        """Read its name, which no other GPU has: GPU-5c89..."""
        return self.words("nvmlDeviceGetUUID", self.handle)

    def model(self) -> Optional[str]:
        """Read what kind of GPU it is; of a part of one (MIG), with its size."""
        return self.words("nvmlDeviceGetName", self.handle)

    def driver(self) -> Optional[str]:
        """Read the version of the driver."""
        return self.words("nvmlSystemGetDriverVersion")

    def memory_mb(self) -> Optional[int]:
        """Read the MiB of its memory."""
        memory = self.ask("nvmlDeviceGetMemoryInfo", Memory())
        return None if memory is None else memory.total // 2**20

    def energy_j(self) -> Optional[float]:
        """Read the joules since the driver was loaded."""
        energy = self.ask("nvmlDeviceGetTotalEnergyConsumption", ctypes.c_ulonglong())
        return None if energy is None else energy.value / 1000

    def held_back_s(self, policy: int) -> Optional[float]:
        """Read the seconds since the driver was loaded for which a policy (POWER, ...) held clocks back."""
        time = self.ask("nvmlDeviceGetViolationStatus", Violation(), policy)
        return None if time is None else time.violation_time_ns / 1e9

    def slowed_by(self) -> Optional[List[str]]:
        """List those of REASONS that hold at this moment."""
        bits = self.ask("nvmlDeviceGetCurrentClocksThrottleReasons", ctypes.c_ulonglong())
        return None if bits is None else [reason for bit, reason in REASONS.items() if bits.value & bit]

    def clock_mhz(self) -> Optional[int]:
        """Read the clock of its multiprocessors at this moment."""
        return self.number("nvmlDeviceGetClockInfo", SM_CLOCK)

    def highest_clock_mhz(self) -> Optional[int]:
        """Read the highest clock that its multiprocessors can have."""
        return self.number("nvmlDeviceGetMaxClockInfo", SM_CLOCK)

    def temperature_c(self) -> Optional[int]:
        """Read its temperature in degrees Celsius."""
        return self.number("nvmlDeviceGetTemperature", GPU_TEMPERATURE)

    def power_limit_w(self) -> Optional[float]:
        """Read the power limit that holds, in watts."""
        milliwatts = self.number("nvmlDeviceGetEnforcedPowerLimit")
        return None if milliwatts is None else milliwatts / 1000

    def persistence(self) -> Optional[bool]:
        """Check whether the driver stays loaded between runs."""
        mode = self.number("nvmlDeviceGetPersistenceMode")
        return None if mode is None else bool(mode)

    def used_memory_mb(self) -> Optional[float]:
        """Read the MiB that all processes together use."""
        memory = self.ask("nvmlDeviceGetMemoryInfo", Memory())
        return None if memory is None else memory.used / 2**20
