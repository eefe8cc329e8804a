"""Runs side by side get cores of their own: real processes, and machines laid out as files."""

import json
import select
import subprocess
import sys
from pathlib import Path

import pytest
from paths import ROOT

from scripts.training.machine import core_affinity

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="cores are claimed on Linux only")

HOLDER = """
import json, os, sys, threading
sys.path.insert(0, sys.argv[1])
from scripts.training.machine import core_affinity
from pathlib import Path
core_affinity.shared_folder = lambda: Path(sys.argv[2])
waiting = threading.Thread(target=sys.stdin.read)
waiting.start()  # like NumPy's threads, which start before the cores are chosen
claim = core_affinity.take_cores(int(sys.argv[3]))
where = [os.sched_getaffinity(int(thread)) for thread in os.listdir("/proc/self/task")]
print(json.dumps([claim and claim.cpus, [sorted(cpus) for cpus in where]]), flush=True)
waiting.join()
"""


class Holder:
    """A process that takes cores and holds them until it is reported to end."""

    def __init__(self, folder, threads=1):
        command = [sys.executable, "-c", HOLDER, ROOT, folder, str(threads)]
        self.process = subprocess.Popen(
            [str(part) for part in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert select.select([self.process.stdout], [], [], 60)[0], "it does not answer"
        self.cpus, self.where = json.loads(self.process.stdout.readline())

    def kill(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def hold(tmp_path):
    holders = []

    def start(*args):
        holders.append(Holder(tmp_path / "cores", *args))
        return holders[-1]

    yield start
    for holder in holders:
        holder.kill()
        holder.process.stdin.close()
        holder.process.stdout.close()


def test_two_runs_get_disjoint_cores_a_third_none_and_kill_frees_them(hold):
    cores = len(core_affinity.physical_cores(core_affinity.allowed_cpus()))
    if cores < 2:
        pytest.skip("needs two cores")
    halves = [cores // 2, cores - cores // 2]
    first, second = hold(halves[0]), hold(halves[1])
    assert not set(first.cpus) & set(second.cpus)
    for holder, threads in ((first, halves[0]), (second, halves[1])):
        assert len(holder.cpus) == threads
        assert holder.where == [holder.cpus] * 2, "not every thread is pinned"
    third = hold(1)
    assert third.cpus is None
    assert third.where == [core_affinity.allowed_cpus()] * 2
    first.kill()  # SIGKILL: nothing can be tidied up
    assert hold(halves[0]).cpus == first.cpus


def test_a_claim_too_large_holds_nothing_back(tmp_path):
    cores = len(core_affinity.allowed_cpus())
    assert core_affinity.claim(cores + 1, folder=tmp_path) is None
    everything = core_affinity.claim(cores, folder=tmp_path)
    assert everything.cpus == core_affinity.allowed_cpus()
    everything.release()
    assert core_affinity.claim(1, folder=tmp_path) is not None


def test_only_cpus_that_the_process_may_use_are_claimed(tmp_path):
    one = core_affinity.allowed_cpus()[-1:]
    assert core_affinity.claim(1, cpus=one, folder=tmp_path).cpus == one
    assert core_affinity.claim(1, cpus=one, folder=tmp_path) is None


def test_a_folder_of_somebody_else_is_not_used(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert core_affinity.claim(1, folder=tmp_path / "link") is None
    (tmp_path / "file").write_text("")
    assert core_affinity.claim(1, folder=tmp_path / "file") is None


# ---- which cores: 2 NUMA nodes of 2 cores with 2 CPUs each, numbered as Linux does: core n has n, n + 4 ----


@pytest.fixture
def server(tmp_path):
    system = tmp_path / "sys/devices/system"
    for node, cpus in enumerate(("0-1,4-5", "2-3,6-7")):
        Path(system, f"node/node{node}").mkdir(parents=True)
        Path(system, f"node/node{node}/cpulist").write_text(f"{cpus}\n")
    for cpu in range(8):
        folder = Path(system, f"cpu/cpu{cpu}/topology")
        folder.mkdir(parents=True)
        (folder / "thread_siblings_list").write_text(f"{cpu % 4},{cpu % 4 + 4}\n")
    return tmp_path


@pytest.mark.parametrize(
    ("threads", "wanted"),
    [
        ([1], [[0]]),
        ([2], [[0, 1]]),
        ([1, 1], [[0], [1]]),  # a core each, not two CPUs of one core
        ([1, 2], [[0], [2, 3]]),  # in one node
        ([1, 2, 1], [[0], [2, 3], [1]]),
        ([3], [[0, 1, 2]]),
        ([3, 1, 1], [[0, 1, 2], [3], None]),
        ([6], [[0, 1, 2, 3, 4, 5]]),  # more threads than cores
        ([9], [None]),
    ],
)
def test_cores_are_physical_and_of_one_node_if_possible(server, tmp_path, threads, wanted):
    claims = [core_affinity.claim(n, range(8), tmp_path / "cores", server) for n in threads]
    assert [claim and claim.cpus for claim in claims] == wanted


def test_cores_that_others_keep_busy_are_taken_last(server, tmp_path, monkeypatch):
    """CPUs 0 and 5 are busy, so cores 0 and 1: as those of another user's run, which locks nothing here."""

    def write(busy):
        ticks = [busy if cpu in (0, 5) else 100 for cpu in range(8)]
        (server / "proc").mkdir(exist_ok=True)
        (server / "proc/stat").write_text("".join(f"cpu{n} {t} 0 0 9 0 0 0 0\n" for n, t in enumerate(ticks)))

    write(100)
    monkeypatch.setattr(core_affinity.time, "sleep", lambda seconds: write(109))
    assert core_affinity.claim(1, range(8), tmp_path / "cores", server).cpus == [2]
    write(100)
    assert core_affinity.claim(2, range(8), tmp_path / "cores", server).cpus == [0, 1]


def test_the_cpus_of_a_scheduler_are_kept(server, tmp_path):
    found = core_affinity.claim(
        2, [2, 6], tmp_path / "cores", server
    )  # SLURM gave one core with both its CPUs
    assert found.cpus == [2, 6]
    assert core_affinity.claim(1, range(8), tmp_path / "cores", server).cpus == [
        3
    ]  # the node with fewer free
