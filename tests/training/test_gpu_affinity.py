"""Runs side by side get a GPU each: real processes, and a library that stands in for NVML."""

import json
import os
import select
import shutil
import subprocess
import sys

import pytest
from paths import ROOT

from scripts.training.machine import gpu_affinity, hardware

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="locks are tried on Linux only")

# Two GPUs, numbered 0 and 1, named GPU-00 and GPU-11; two parts of a third, which have names alone.
STAND_IN = """
#include <string.h>
static const char *names[] = {"GPU-00", "GPU-11", "MIG-22", "MIG-33"};
int nvmlInit_v2(void) {return 0;}
int nvmlDeviceGetCount_v2(unsigned *n) {*n = 2; return 0;}
int nvmlDeviceGetHandleByIndex_v2(unsigned i, void **d) {*d = (void *)(unsigned long)(i + 1); return i > 1;}
int nvmlDeviceGetHandleByUUID(const char *u, void **d) {
  for (unsigned long i = 0; i < 4; i++) if (!strcmp(u, names[i])) {*d = (void *)(i + 1); return 0;}
  return 1;}
int nvmlDeviceGetUUID(void *d, char *u, unsigned n) {strcpy(u, names[(unsigned long)d - 1]); return 0;}
int nvmlDeviceGetName(void *d, char *u, unsigned n) {strcpy(u, d > (void *)2 ? "A100 MIG 1g.5gb" : "A100");
  return 0;}
int nvmlSystemGetDriverVersion(char *u, unsigned n) {strcpy(u, "555.1"); return 0;}
int nvmlDeviceGetMemoryInfo(void *d, unsigned long long *m) {m[0] = 4864ull << 20; return 0;}
"""
HOLDER = """
import json, os, sys
sys.path.insert(0, sys.argv[1])
from scripts.training.machine import gpu_affinity, hardware
lease = gpu_affinity.take_gpu(sys.argv[2], sys.argv[3])
print(json.dumps([lease.gpu.uuid(), lease.own, os.environ["CUDA_VISIBLE_DEVICES"]]), flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    if not shutil.which("cc"):
        pytest.skip("needs a C compiler")
    folder = tmp_path_factory.mktemp("gpus")
    (folder / "nvml.c").write_text(STAND_IN)
    library = folder / "libnvidia-ml.so.1"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, folder / "nvml.c"], check=True)
    return str(library)


class Holder:
    """A process that takes a GPU and holds it until it is killed; `visible` is what it may see."""

    def __init__(self, folder, library, visible=None):
        environment = {name: value for name, value in os.environ.items() if name != "CUDA_VISIBLE_DEVICES"}
        environment |= {} if visible is None else {"CUDA_VISIBLE_DEVICES": visible}
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(ROOT), str(folder), library],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        assert select.select([self.process.stdout], [], [], 60)[0], "it does not answer"
        self.uuid, self.own, self.visible = json.loads(self.process.stdout.readline())

    def kill(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def hold(tmp_path, library):
    holders = []

    def start(visible=None):
        holders.append(Holder(tmp_path / "locks", library, visible))
        return holders[-1]

    yield start
    for holder in holders:
        holder.kill()
        holder.process.stdin.close()
        holder.process.stdout.close()


def test_two_runs_get_a_gpu_each_a_third_shares_and_kill_frees_it(hold):
    first, second, third = hold(), hold(), hold()
    assert (first.uuid, first.own, first.visible) == ("GPU-00", True, "0")
    assert (second.uuid, second.own, second.visible) == ("GPU-11", True, "1")
    assert (third.uuid, third.own, third.visible) == ("GPU-00", False, "0")
    second.kill()  # SIGKILL: nothing can be tidied up
    again = hold()
    assert (again.uuid, again.own) == ("GPU-11", True)


def test_only_gpus_that_the_process_may_see_are_claimed_by_whatever_name(hold):
    """A scheduler gave each of them one GPU, by number or by name: it is the same GPU, and one lock."""
    first = hold("1")
    assert (first.uuid, first.own, first.visible) == ("GPU-11", True, "1")
    second = hold("GPU-11")
    assert (second.uuid, second.own, second.visible) == ("GPU-11", False, "GPU-11")
    third = hold("GPU-11, GPU-00")
    assert (third.uuid, third.own, third.visible) == ("GPU-00", True, "GPU-00")


def test_names_may_be_shortened_as_cuda_allows(hold):
    first, second = hold("GPU-1,GPU-0"), hold("GPU-1,GPU-0")
    assert (first.uuid, first.own, first.visible) == ("GPU-11", True, "GPU-1")
    assert (second.uuid, second.own, second.visible) == ("GPU-00", True, "GPU-0")


def test_parts_of_a_gpu_are_claimed_by_their_names(hold):
    first, second = hold("MIG-22,MIG-33"), hold("MIG-22,MIG-33")
    assert (first.uuid, first.own, first.visible) == ("MIG-22", True, "MIG-22")
    assert (second.uuid, second.own, second.visible) == ("MIG-33", True, "MIG-33")


@pytest.mark.parametrize(("name", "model"), [("1", "A100"), ("GPU-1", "A100"), ("MIG-33", "A100 MIG 1g.5gb")])
def test_a_record_names_the_gpu_whatever_name_it_was_given_by(library, tmp_path, monkeypatch, name, model):
    """nvidia-smi knows no shortened names, and no parts of a GPU; here there is none at all."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", name)
    monkeypatch.setenv("PATH", str(tmp_path))
    machine = hardware.describe("gpu", gpu_affinity.take_gpu(tmp_path / "locks", library))
    assert (machine.gpu, machine.gpu_memory_mb, machine.driver) == (model, 4864, "555.1")


@pytest.mark.parametrize("visible", ["-1", "-1,0", "7", "", "GPU-"])
def test_a_gpu_that_is_hidden_stays_hidden(library, tmp_path, monkeypatch, visible):
    """CUDA ends the list where it knows no such GPU."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert gpu_affinity.take_gpu(tmp_path / "locks", library) is None
    assert os.environ["CUDA_VISIBLE_DEVICES"] == visible


def test_a_released_gpu_is_free(library, tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    lease, other = (gpu_affinity.take_gpu(tmp_path / "locks", library) for _ in range(2))
    assert lease.own and not other.own
    lease.release()
    assert gpu_affinity.take_gpu(tmp_path / "locks", library).own


def test_without_nvml_or_a_folder_of_our_own_the_run_goes_on(library, tmp_path, monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert gpu_affinity.take_gpu(tmp_path, "libno-such-library.so") is None
    assert "CUDA_VISIBLE_DEVICES" not in os.environ
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    (tmp_path / "file").write_text("")
    assert not gpu_affinity.take_gpu(tmp_path / "file", library).own
