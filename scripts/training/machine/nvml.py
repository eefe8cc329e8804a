"""What NVIDIA's management library tells of the GPU of this run. Without it, or for a question that
the GPU does not answer, the answer is None. Nothing is ever set."""

import ctypes
import os

LIBRARY = "libnvidia-ml.so.1"
SM_CLOCK, GPU_TEMPERATURE = 1, 0
UUID_LENGTH = 96  # bytes
POWER, THERMAL = 0, 1  # policies that hold clocks back
REASONS = {  # bits of the clocks' event reasons that slow a GPU down, in words
    0x04: "power cap",
    0x08: "hardware slowdown",
    0x20: "hot (software)",
    0x40: "hot (hardware)",
    0x80: "power brake",
}


class Memory(ctypes.Structure):
    _fields_ = [(name, ctypes.c_ulonglong) for name in ("total", "free", "used")]


class Violation(ctypes.Structure):
    _fields_ = [(name, ctypes.c_ulonglong) for name in ("reference_time_us", "violation_time_ns")]


def visible_gpus(library=LIBRARY):
    """The GPUs that this process may use: numbers, or names as in `GPU-5c89...`."""
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named:
        return [name.strip() for name in named.split(",")]
    count = ctypes.c_uint()
    try:
        nvml = ctypes.CDLL(library)
        if nvml.nvmlInit_v2() or nvml.nvmlDeviceGetCount_v2(ctypes.byref(count)):
            return []
    except (OSError, AttributeError):
        return []
    return [str(number) for number in range(count.value)]


def find(which=None, library=LIBRARY):
    """The Gpu of that number or name, else the first visible one; None without library or such a GPU."""
    which = which or next(iter(visible_gpus(library)), "")
    handle = ctypes.c_void_p()
    try:
        nvml = ctypes.CDLL(library)
        if nvml.nvmlInit_v2():
            return None
        if which.isdigit():
            missing = nvml.nvmlDeviceGetHandleByIndex_v2(ctypes.c_uint(int(which)), ctypes.byref(handle))
        else:
            missing = nvml.nvmlDeviceGetHandleByUUID(which.encode(), ctypes.byref(handle))
    except (OSError, AttributeError):
        return None
    return None if missing else Gpu(nvml, handle)


class Gpu:
    def __init__(self, nvml, handle):
        self.nvml, self.handle = nvml, handle

    def ask(self, function, answer, *more):
        """`answer` filled in by the library's function, or None if the GPU does not tell."""
        call = getattr(self.nvml, function, None)
        if call is None or call(self.handle, *more, ctypes.byref(answer)):
            return None
        return answer

    def number(self, function, *more):
        found = self.ask(function, ctypes.c_uint(), *more)
        return None if found is None else found.value

    def uuid(self):
        """Its name, which no other GPU has: GPU-5c89..."""
        name = ctypes.create_string_buffer(UUID_LENGTH)
        call = getattr(self.nvml, "nvmlDeviceGetUUID", None)
        if call is None or call(self.handle, name, ctypes.c_uint(UUID_LENGTH)):
            return None
        return name.value.decode(errors="replace")

    def energy_j(self):
        """Joules since the driver was loaded."""
        found = self.ask("nvmlDeviceGetTotalEnergyConsumption", ctypes.c_ulonglong())
        return None if found is None else found.value / 1000

    def held_back_s(self, policy):
        """Seconds since the driver was loaded for which a policy (POWER, THERMAL) held clocks back."""
        found = self.ask("nvmlDeviceGetViolationStatus", Violation(), policy)
        return None if found is None else found.violation_time_ns / 1e9

    def slowed_by(self):
        """Words of REASONS that hold at this moment."""
        found = self.ask("nvmlDeviceGetCurrentClocksThrottleReasons", ctypes.c_ulonglong())
        return None if found is None else [word for bit, word in REASONS.items() if found.value & bit]

    def clock_mhz(self):
        return self.number("nvmlDeviceGetClockInfo", SM_CLOCK)

    def highest_clock_mhz(self):
        return self.number("nvmlDeviceGetMaxClockInfo", SM_CLOCK)

    def temperature_c(self):
        return self.number("nvmlDeviceGetTemperature", GPU_TEMPERATURE)

    def power_limit_w(self):
        found = self.number("nvmlDeviceGetEnforcedPowerLimit")
        return None if found is None else found / 1000

    def persistence(self):
        found = self.number("nvmlDeviceGetPersistenceMode")
        return None if found is None else bool(found)

    def used_memory_mb(self):
        """MiB that all processes together use."""
        found = self.ask("nvmlDeviceGetMemoryInfo", Memory())
        return None if found is None else found.used / 2**20
