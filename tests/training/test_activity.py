"""What a machine tells of itself, on machines laid out as files: every probe, and what none tells."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scripts.core import record
from scripts.training import timing
from scripts.training.machine import activity, cgroup, nvml, settings
from scripts.training.machine.procfs import allowed_cpus, cpu_list


def lay_out(root, files):
    """Write files below `root`: {path: content}."""
    for path, content in files.items():
        file = Path(root, path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{content}\n")
    return root


def stat(*cpus):
    """/proc/stat of CPUs (user, idle, steal) in ticks."""
    rows = [f"cpu{n} {user} 0 0 {idle} 7 0 0 {steal} 0 0" for n, (user, idle, steal) in enumerate(cpus)]
    user, idle, steal = (sum(values) for values in zip(*cpus, strict=True))
    return "\n".join([f"cpu  {user} 0 0 {idle} 7 0 0 {steal} 0 0", *rows, "intr 1 2 3"])


# ---- a machine that tells nothing ----


def test_a_machine_that_tells_nothing_gives_nulls(tmp_path):
    """No /proc and no /sys, as on macOS; what the process knows of itself stays."""
    watch = activity.Watch(root=tmp_path)
    watch.before()
    watch.after()
    found = vars(watch.describe())
    assert found.pop("peak_memory_mb") > 1
    assert set(found.values()) == {None} == {watch.computing}
    found = vars(settings.describe(root=tmp_path))
    assert found.pop("load_before") >= 0
    assert set(found.values()) == {None}


def test_a_clock_that_never_ran_gives_nulls(tmp_path):
    lay_out(tmp_path, {"proc/stat": stat((1, 1, 1))})
    assert activity.Watch(root=tmp_path).describe().other_cores is None


# ---- while the clock runs ----


@pytest.fixture
def still(monkeypatch):
    """A clock and a process whose seconds are set by hand."""
    now = {"wall": 100.0, "own": 5.0}
    monkeypatch.setattr(activity, "default_timer", lambda: now["wall"])
    monkeypatch.setattr(activity, "own_cpu_s", lambda: now["own"])
    return now


def test_others_and_steal_are_what_changed_during_the_epochs_alone(tmp_path, still):
    ticks = round(1 / activity.TICK_S)
    first, second, stolen = 10 * ticks, 20 * ticks, ticks

    def write():
        lay_out(tmp_path, {"proc/stat": stat((first, 5, stolen), (second, 5, 0))})

    write()
    watch = activity.Watch(pinned=[1], root=tmp_path)
    for _ in range(2):
        watch.before()
        still["wall"] += 10  # in 10 s this run used 8 s; CPU 0 was busy for 3 s, CPU 1 for 9 s
        still["own"] += 8
        first, second, stolen = first + 3 * ticks, second + 9 * ticks, stolen + ticks * 3 // 2
        write()
        watch.after()
        still["wall"] += 1000  # between the epochs nothing counts
        first += 99 * ticks
        write()
    found = watch.describe()
    assert found.other_cores == pytest.approx((12 - 8) / 10)
    assert found.other_cores_on_pinned == pytest.approx((9 - 8) / 10)
    assert found.steal_share == pytest.approx(1.5 / (12 + 1.5))


def test_the_reading_after_an_epoch_serves_the_next_one_at_once(tmp_path, still):
    files = VERSION_2 | {"sys/fs/cgroup/cpu.stat": "throttled_usec 0"}
    watch = activity.Watch(root=lay_out(tmp_path, files))
    for seconds in (1, 2):
        watch.before()
        lay_out(tmp_path, {"sys/fs/cgroup/cpu.stat": f"throttled_usec {seconds}000000"})
        watch.after()
        lay_out(tmp_path, {"sys/fs/cgroup/cpu.stat": "throttled_usec 90000000"})
        still["wall"] += 0.001
    assert watch.describe().quota_throttled_s == 2


def write_threads(root, ticks):
    """Lay out threads: {(number, when it started): ticks}, half of them in the kernel; one's name is odd."""
    files = {}
    for (thread, start), spent in ticks.items():
        fields = f"S {'0 ' * 10}{spent - spent // 2} {spent // 2} {'0 ' * 6}{start} 0 0"
        files[f"proc/self/task/{thread}/stat"] = f"{thread} (a) b ({thread}) {fields}"
    lay_out(root, files)


def test_threads_that_took_cpu_time_while_the_epochs_ran_are_counted(tmp_path):
    watch = activity.Watch(root=tmp_path)
    write_threads(tmp_path, {(1, 0): 500, (2, 5): 900, (3, 5): 400, (4, 5): 7})
    for spent in (50, 100):
        watch.before()
        # 2 only compiled, 4 woke up now and then; 5 began later, and 3 ended and gave its number to another.
        write_threads(tmp_path, {(1, 0): 500 + spent, (3, 9): spent // 5, (4, 5): 9, (5, 9): spent})
        watch.after()
    watch.describe()
    assert watch.computing == 3


def test_no_thread_is_counted_where_none_took_a_tick(tmp_path):
    watch = activity.Watch(root=tmp_path)
    write_threads(tmp_path, {(1, 0): 500, (2, 0): 0})
    watch.before()
    watch.after()
    watch.describe()
    assert watch.computing is None


def test_rounding_never_gives_negative_cores(tmp_path, still):
    lay_out(tmp_path, {"proc/stat": stat((1000, 0, 0))})
    watch = activity.Watch(root=tmp_path)
    watch.before()
    still["wall"] += 1
    still["own"] += 0.009
    watch.after()
    assert watch.describe().other_cores == 0


def test_heat_and_swap_are_counted(tmp_path):
    cpu = allowed_cpus()[0]
    folder = f"sys/devices/system/cpu/cpu{cpu}/thermal_throttle"
    counts = {f"{folder}/core_throttle_count": 3, f"{folder}/package_throttle_count": 10}
    lay_out(tmp_path, {**counts, "proc/vmstat": "pgfault 5\npswpin 100\npswpout 1"})
    watch = activity.Watch(root=tmp_path)
    watch.before()
    counts = {f"{folder}/core_throttle_count": 5, f"{folder}/package_throttle_count": 11}
    lay_out(tmp_path, {**counts, "proc/vmstat": "pgfault 9\npswpin 100\npswpout 41"})
    watch.after()
    found = watch.describe()
    assert (found.thermal_throttles, found.swapped_pages) == (3, 40)


def rapl(root, uj, **more):
    files = {"name": "package-0", "max_energy_range_uj": 999_999, "energy_uj": uj, **more}
    other = {"intel-rapl:1/name": "psys", "intel-rapl:1/energy_uj": 5, "intel-rapl:0:0/name": "core"}
    files = {f"intel-rapl:0/{name}": content for name, content in files.items()}
    return lay_out(root, {f"sys/class/powercap/{path}": text for path, text in (files | other).items()})


def test_energy_goes_on_when_its_counter_wraps(tmp_path):
    energy = activity.ProcessorEnergy(rapl(tmp_path, 900_000, constraint_0_power_limit_uw=50_000))
    assert energy.joules(now=0) == 0
    rapl(tmp_path, 950_000)
    assert energy.joules(now=1) == pytest.approx(0.05)
    rapl(tmp_path, 100_000)  # 50,000 to the end and 100,000 from the start
    assert energy.joules(now=2) == pytest.approx(0.2)


def test_energy_is_unknown_when_the_counter_may_have_wrapped_twice(tmp_path):
    energy = activity.ProcessorEnergy(rapl(tmp_path, 0, constraint_0_power_limit_uw=50_000))
    energy.joules(now=0)
    assert energy.joules(now=21) is None  # at 0.05 W a range of 1 J lasts for 20 s
    assert energy.joules(now=22) is None


def test_energy_that_may_not_be_read_is_null(tmp_path):
    rapl(tmp_path, "")
    assert activity.ProcessorEnergy(tmp_path).joules() is None


# ---- control groups ----

VERSION_2 = {"proc/self/cgroup": "0::/job/step", "sys/fs/cgroup/cgroup.controllers": "cpu memory"}
VERSION_1 = {"proc/self/cgroup": "4:memory:/job\n3:cpu,cpuacct:/job\n0::/job"}


def test_quota_and_limit_of_version_2_are_the_tightest_of_all_levels(tmp_path):
    files = {"job/cpu.max": "150000 100000", "job/step/cpu.max": "max 100000", "job/memory.max": 2**31}
    files |= {"job/step/memory.max": "max", "job/cpu.stat": "usage_usec 9\nthrottled_usec 2500000"}
    files |= {"job/step/cpu.stat": "throttled_usec 500000"}
    lay_out(tmp_path, VERSION_2 | {f"sys/fs/cgroup/{path}": text for path, text in files.items()})
    assert cgroup.quota_cores(tmp_path) == 1.5
    assert cgroup.memory_limit_mb(tmp_path) == 2048
    assert cgroup.Throttling(tmp_path).seconds() == 3.0


def test_quota_and_limit_of_version_1(tmp_path):
    files = {"cpu/job/cpu.cfs_quota_us": 50000, "cpu/job/cpu.cfs_period_us": 100000}
    files |= {"cpu/cpu.cfs_quota_us": -1, "cpu/cpu.cfs_period_us": 100000}
    files |= {"cpu/job/cpu.stat": "nr_throttled 3\nthrottled_time 1500000000"}
    files |= {"memory/job/memory.limit_in_bytes": 2**30, "memory/memory.limit_in_bytes": 2**63 - 4096}
    lay_out(tmp_path, VERSION_1 | {f"sys/fs/cgroup/{path}": text for path, text in files.items()})
    assert cgroup.quota_cores(tmp_path) == 0.5
    assert cgroup.memory_limit_mb(tmp_path) == 1024
    assert cgroup.Throttling(tmp_path).seconds() == 1.5


def test_no_limits_are_null(tmp_path):
    lay_out(tmp_path, VERSION_2 | {"sys/fs/cgroup/job/cpu.max": "max 100000"})
    assert cgroup.quota_cores(tmp_path) is None
    assert cgroup.memory_limit_mb(tmp_path) is None


def test_a_group_outside_of_the_container_is_not_looked_for(tmp_path):
    lay_out(tmp_path, VERSION_2 | {"proc/self/cgroup": "0::/../other", "sys/fs/cgroup/cpu.max": "1 2"})
    assert cgroup.quota_cores(tmp_path) == 0.5


# ---- the machine's state ----


def test_state_of_a_laptop(tmp_path):
    cpus = "sys/devices/system/cpu"
    files = {f"{cpus}/intel_pstate/no_turbo": 0, f"{cpus}/smt/active": 1}
    for cpu in allowed_cpus():
        files[f"{cpus}/cpu{cpu}/cpufreq/scaling_governor"] = "powersave"
        files[f"{cpus}/cpu{cpu}/cpufreq/scaling_cur_freq"] = 2_400_000
    files["proc/cpuinfo"] = "flags\t\t: fpu sse\ncpu MHz\t\t: 800.0"
    found = settings.describe(root=lay_out(tmp_path, files))
    assert (found.turbo, found.smt, found.governor) == (True, True, "powersave")
    assert (found.cpu_mhz, found.virtual) == (2400, False)


def test_state_of_a_virtual_machine(tmp_path):
    files = {"proc/cpuinfo": "flags\t\t: fpu hypervisor\ncpu MHz\t\t: 2000.0\ncpu MHz\t\t: 3000.0"}
    found = settings.describe(root=lay_out(tmp_path, files | {"sys/devices/system/cpu/cpufreq/boost": 0}))
    assert (found.turbo, found.virtual, found.cpu_mhz, found.governor) == (False, True, 2500, None)


def test_cpu_lists():
    assert cpu_list("0-2,8,10-11") == [0, 1, 2, 8, 10, 11]
    assert cpu_list("") == cpu_list(None) == []


# ---- the GPU ----

STAND_IN = """
typedef struct {unsigned long long total, free, used;} memory;
typedef struct {unsigned long long when, ns;} violation;
static unsigned long long turn = 0;
int nvmlInit_v2(void) {return 0;}
int nvmlDeviceGetCount_v2(unsigned *n) {*n = 2; return 0;}
int nvmlDeviceGetHandleByIndex_v2(unsigned i, void **d) {*d = (void *)(0x1234567800000000 + i); return i > 1;}
int nvmlDeviceGetHandleByUUID(const char *u, void **d) {*d = (void *)1; return u[4] != 'a';}
int nvmlDeviceGetTotalEnergyConsumption(void *d, unsigned long long *mj) {*mj = 5000 * ++turn; return 0;}
int nvmlDeviceGetViolationStatus(void *d, int p, violation *v) {v->ns = (p + 1) * turn * 1000000000;
  return 0;}
int nvmlDeviceGetCurrentClocksThrottleReasons(void *d, unsigned long long *r) {*r = 0x45; return 0;}
int nvmlDeviceGetClockInfo(void *d, int kind, unsigned *mhz) {*mhz = 1000 + kind - turn; return 0;}
int nvmlDeviceGetMaxClockInfo(void *d, int kind, unsigned *mhz) {*mhz = 1980; return kind != 1;}
int nvmlDeviceGetTemperature(void *d, int sensor, unsigned *c) {*c = 60 + turn; return sensor;}
int nvmlDeviceGetMemoryInfo(void *d, memory *m) {m->used = 3 * 1048576ull; return 0;}
int nvmlDeviceGetPersistenceMode(void *d, unsigned *on) {return 3;}
"""


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory):
    """A library with the functions of NVML, of a GPU that answers most questions."""
    if not shutil.which("cc"):
        pytest.skip("needs a C compiler")
    folder = tmp_path_factory.mktemp("nvml")
    (folder / "nvml.c").write_text(STAND_IN)
    library = folder / "libnvidia-ml.so.1"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, folder / "nvml.c"], check=True)
    return str(library)


def test_gpu_is_read_before_and_after_each_epoch(stand_in, tmp_path):
    gpu = nvml.find("0", stand_in)
    assert gpu.handle.value == 0x1234567800000000  # the whole pointer is handed over
    watch = activity.Watch(gpu=gpu, root=tmp_path)
    for _ in range(2):
        watch.before()  # each reading takes the turn one further; that after an epoch serves the next
        watch.after()
    found = watch.describe()
    assert found.gpu_energy_j == 10.0
    assert (found.gpu_power_capped_s, found.gpu_hot_s) == (2, 4)
    assert found.gpu_slowed_by == ["hot (hardware)", "power cap"]
    assert (found.gpu_least_mhz, found.gpu_most_c, found.gpu_used_memory_mb) == (998, 63, 3)
    before = settings.describe(gpu, tmp_path)
    assert before.gpu_highest_mhz == 1980
    assert before.gpu_power_limit_w is None  # a function that the library lacks
    assert before.gpu_persistence is None  # a question that the GPU does not answer


def test_a_gpu_is_found_by_number_or_name(stand_in, monkeypatch):
    assert nvml.find("GPU-a", stand_in) and not nvml.find("GPU-b", stand_in)
    assert nvml.find("1", stand_in) and not nvml.find("7", stand_in)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3, GPU-a")
    assert nvml.visible_gpus(stand_in) == ["3", "GPU-a"]
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    assert nvml.visible_gpus(stand_in) == ["0", "1"]
    assert nvml.visible_gpus("libno-such-library.so") == []


def test_without_the_library_there_is_no_gpu(tmp_path):
    assert nvml.find("0", "libno-such-library.so") is None
    if not shutil.which("cc"):
        pytest.skip("needs a C compiler")
    (tmp_path / "empty.c").write_text("int unrelated;")
    library = tmp_path / "empty.so"
    subprocess.run(["cc", "-shared", "-o", library, tmp_path / "empty.c"], check=True)
    assert nvml.find("0", str(library)) is None  # a library without these functions


# ---- the clock ----


class Order:
    """A device and a watch that write down in which order they are asked."""

    def __init__(self):
        self.said = []

    def synchronize(self):
        self.said.append("synchronize")

    def before(self):
        self.said.append("before")

    def after(self):
        self.said.append("after")


def test_readings_lie_outside_the_clock(monkeypatch):
    order, now = Order(), [0.0]
    monkeypatch.setattr(timing, "default_timer", lambda: order.said.append("wall") or now[0])
    monkeypatch.setattr(timing.time, "process_time", lambda: order.said.append("cpu") or 2 * now[0])
    clock = timing.EpochClock(order.synchronize, 1, order)
    clock.start()
    assert order.said == ["wall", "synchronize", "before", "cpu", "wall"]
    del order.said[:]
    now[0] = 3.0
    clock.stop(lambda: order.said.append("loss") or 0.5)
    assert order.said == ["synchronize", "wall", "cpu", "after", "wall", "loss"]
    assert (clock.seconds, clock.cpu_seconds, clock.losses) == ([3.0], [6.0], [0.5])


def test_instrument_seconds_are_those_of_the_readings(monkeypatch):
    now = [0.0]

    class Slow(Order):
        def before(self):
            now[0] += 1

        def after(self):
            now[0] += 2

    monkeypatch.setattr(timing, "default_timer", lambda: now[0])
    clock = timing.EpochClock(lambda: None, 2, Slow())
    for _ in range(2):
        clock.start()
        now[0] += 10
        clock.stop(lambda: 0.0)
    assert clock.seconds == [10, 10]
    assert clock.own_seconds == 6


def test_calibration_counts_the_operations_of_the_best_product(monkeypatch):
    seconds, now = iter([9.0, 0.5, 0.25, 2.0]), [0.0]
    monkeypatch.setattr(timing, "default_timer", lambda: now[0])

    def product():
        now[0] += next(seconds)

    assert timing.calibration_gflops(product, 1000) == 2 * 1000**3 / 0.25 / 1e9


def test_on_this_machine_every_value_fits_the_record():
    watch = activity.Watch()
    watch.before()
    end = time.process_time() + 0.05
    while time.process_time() < end:
        sum(n * n for n in range(1000))
    watch.after()
    found = watch.describe()
    assert isinstance(found, record.Surroundings)
    if sys.platform == "linux":
        assert watch.computing == 1
        assert found.other_cores >= 0 and found.swapped_pages >= 0
        assert 0 <= (found.steal_share or 0) <= 1
