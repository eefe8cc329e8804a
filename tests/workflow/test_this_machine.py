"""GPU runs without a GPU, and more threads than CPUs, end before environments and data are made."""

import os
from types import SimpleNamespace

import pytest
from commands import snakemake
from paths import ROOT

from scripts.core.errors import UserError
from scripts.training.machine import nvml
from scripts.workflow import this_machine


def job(device="cpu", threads=1, rule="train"):
    wildcards = SimpleNamespace(device=device)
    return SimpleNamespace(rule=SimpleNamespace(name=rule), wildcards=wildcards, threads=threads)


@pytest.fixture
def no_gpu(monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(nvml, "visible_gpus", list)


@pytest.mark.usefixtures("no_gpu")
def test_gpu_runs_without_a_gpu_are_refused(tmp_path):
    with pytest.raises(UserError, match=r"devices: gpu: this machine has no GPU.*, and 2 jobs would"):
        this_machine.check([job("gpu"), job("gpu", rule="first_steps"), job()], devices=tmp_path)
    this_machine.check([job(), SimpleNamespace(rule=SimpleNamespace(name="collect"))], devices=tmp_path)


@pytest.mark.usefixtures("no_gpu")
@pytest.mark.parametrize("device", ["nvidia0", "dxg"])
def test_a_device_is_enough_where_a_container_has_no_nvml(tmp_path, monkeypatch, device):
    (tmp_path / device).touch()
    this_machine.check([job("gpu")], devices=tmp_path)
    for hidden in ("", "-1", "NoDevFiles"):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", hidden)
        with pytest.raises(UserError, match=f"CUDA_VISIBLE_DEVICES={hidden} hides all GPUs"):
            this_machine.check([job("gpu")], devices=tmp_path)


def test_more_threads_than_cpus_are_refused(monkeypatch):
    monkeypatch.setattr(this_machine, "allowed_cpus", lambda: [3])
    with pytest.raises(UserError, match=r"threads: 2, but this process may use 1 CPU.*--cores 1 lowers"):
        this_machine.check([job(threads=2)])
    this_machine.check([job(threads=1), job(threads=2, rule="first_steps")])
    monkeypatch.setattr(this_machine, "allowed_cpus", lambda: None)  # not known on all systems
    this_machine.check([job(threads=2)])


def test_snakemake_asks_before_anything_is_made(tmp_path):
    done = snakemake(
        *("--configfile", ROOT / "presets" / "quickstart.yaml", "--config", "devices=[gpu]"),
        directory=tmp_path,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": "", "TRAINCLOCK_ENVS": str(tmp_path / "envs")},
        preexec_fn=lambda: os.sched_setaffinity(0, [min(os.sched_getaffinity(0))]),
    )
    assert done.returncode == 1
    assert "devices: gpu: CUDA_VISIBLE_DEVICES= hides all GPUs, and 6 jobs" in done.stdout, done.stdout
    assert "threads: 2, but this process may use 1 CPU" in done.stdout
    assert "Traceback" not in done.stdout
    assert not (tmp_path / "envs").exists() and not (tmp_path / "results").exists()
