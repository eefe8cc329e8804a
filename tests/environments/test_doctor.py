"""Each thing that the doctor looks at is shown whole, and broken in turn: its fix is named."""

import argparse
import dataclasses
import errno
import io
import os
import shutil
import socket
import ssl
import subprocess
import sys
import threading
from collections import namedtuple
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.error import URLError

import pytest
import yaml
from commands import call
from paths import ROOT

from scripts.core.errors import UserError
from scripts.data import manifest
from scripts.environments import env_file
from scripts.environments.doctor import (
    addresses,
    disk,
    gpu,
    machine,
    network,
    plain_yaml,
    programs,
    result,
    run,
)
from scripts.environments.doctor.result import dotted, fix, note
from scripts.environments.env_file import Environment

Usage = namedtuple("Usage", "total used free")
CONDA = """case "$*" in
  --version) echo "conda {version}" ;;
  "config --get channel_priority --json") echo '{{"get": {{{priority}}}}}' ;;
  *) exit 2 ;;
esac"""
NVIDIA = """case "$*" in
  *name,driver_version*) echo "NVIDIA H100, {driver}" ;;
  *compute_cap*) echo "{capability}" ;;
  *) exit 2 ;;
esac"""
PYTHON = """case "$*" in
  *Python.h*) echo {headers} ;;
  *) echo 3.8 ;;
esac"""


@pytest.fixture
def plan(tmp_path, monkeypatch):
    """What `make quickstart` needs, in a checkout where nothing is made and with no setting of this user."""
    settings = ("CXX", "PYTHONPATH", "PYTHONHOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")
    for name in [*os.environ]:
        if (
            name.startswith(("UV_", "PIP_", "TRAINCLOCK_"))
            or name in settings
            or name.lower().endswith("_proxy")
        ):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PYENV_ROOT", os.environ.get("PYENV_ROOT", str(Path.home() / ".pyenv")))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    root = tmp_path / "checkout"
    root.mkdir()
    nothing = argparse.Namespace(config=[], frameworks=None, mirror=None)
    return run.plan_of(nothing)._replace(root=root, folder=root / ".envs")


@pytest.fixture
def path(tmp_path, monkeypatch):
    """A PATH of one empty folder; path(NAME, SCRIPT) puts a program there."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "no-pyenv"))

    def put(name, script):
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)

    return put


@pytest.fixture
def server():
    """A web server that has the addresses in its set `has`."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.send_response(200 if self.path in self.server.has else 404)
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.has = set()
        running.url = f"http://127.0.0.1:{running.server_port}"
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture
def closed():
    """An address where nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    return f"http://127.0.0.1:{port}"


def expect(result, state, *parts):
    """The state, and words that stand in what was found or in the fixes."""
    text = "\n".join([result.message, *result.fixes])
    assert result.state == state, text
    for part in parts:
        assert part in text
    # What is wrong has a way out.
    assert result.fixes or state != "fix"
    return text


def make_everything(plan):
    """As `make quickstart` leaves the folders behind."""
    for file in ("pyproject.toml", "envs/analysis.yaml", "envs/isolated.pth", ".venv/ready"):
        (plan.root / file).parent.mkdir(exist_ok=True)
        (plan.root / file).touch()
    for folder in (plan.root / ".venv", *(plan.folder / one.name for one in plan.environments)):
        (folder / "bin").mkdir(parents=True)
        (folder / "bin" / "python").touch()
    for one in plan.environments:
        (plan.folder / one.name / env_file.RECEIPT).write_text(f'{{"digest": "{one.digest}"}}')


# ---- Our own files, read without PyYAML ----


@pytest.mark.parametrize("file", sorted((ROOT / "envs").glob("*.yaml")), ids=lambda file: file.stem)
def test_env_files_are_read_as_yaml_reads_them(file):
    assert plain_yaml.read_environment(file) == env_file.read_environment(file)


def test_the_manifest_is_read_as_yaml_reads_it():
    file = ROOT / "resources" / "datasets.yaml"
    found = plain_yaml.read_manifest(file)
    names = list(yaml.safe_load(file.read_text()))
    for name in names:
        official = manifest.read(file, name)
        facts = [(f.name, f.size, f.urls, f.mirror_names) for f in official.files]
        archive = official.archive
        assert (name in found) == bool(facts)
        if facts:
            ours = found[name]
            assert [(f.name, f.size, tuple(f.urls), tuple(f.mirror_names)) for f in ours.files] == facts
            others = [f.unpacked for f in official.files if f.unpacked]
            unpacked = [f.others[0] for f in ours.files if f.others]
            assert [(o.name, o.size, (*o.mirror_names,)) for o in unpacked] == [
                (o.name, o.size, o.mirror_names) for o in others
            ]
            assert [(*f.others[1].mirror_names,) for f in ours.files if f.others] == [
                tuple(place for place, _ in one.arrays) for one in others
            ]
            assert bool(ours.archive) == bool(archive)
            if archive:
                assert (ours.archive.name, ours.archive.size) == (archive.name, archive.size)
                assert (*ours.archive.urls,) == archive.urls
                assert (*ours.archive.mirror_names,) == archive.mirror_names


@pytest.mark.parametrize(
    "file", [ROOT / "config.yaml", *sorted((ROOT / "presets").rglob("*.yaml"))], ids=lambda file: file.stem
)
def test_configs_are_read_as_yaml_reads_them(file):
    found, truth = plain_yaml.read_config(file), yaml.safe_load(file.read_text())
    assert found.keys() == truth.keys()
    for key, value in truth.items():
        if not isinstance(value, dict):
            plain = "null" if value is None else str(value)
            assert found[key] == ([str(item) for item in value] if isinstance(value, list) else plain)


def test_other_ways_to_write_a_config(tmp_path):
    file = tmp_path / "own.yaml"
    file.write_text(
        "frameworks:  # two\n  - pytorch\n  - 'theano'\ndatasets: [mnist,\n  letter]\ndata: {mirror: /m}\n"
    )
    found = plain_yaml.read_config(file)
    assert found["frameworks"] == ["pytorch", "theano"]
    assert found["datasets"] == ["mnist", "letter"]
    assert plain_yaml.mirror_of(found) == "/m"
    file.write_text('data:\n  mirror: "https://host/files"  # ours\nthreads: 3\n')
    assert plain_yaml.mirror_of(plain_yaml.read_config(file)) == "https://host/files"
    assert plain_yaml.mirror_of(plain_yaml.read_config(ROOT / "config.yaml")) == ""
    file.write_bytes(b"\xef\xbb\xbfthreads: 3\r\ndata:\r\n  mirror: /m\r\n")  # of Windows
    found = plain_yaml.read_config(file)
    assert (found["threads"], plain_yaml.mirror_of(found)) == ("3", "/m")
    file.write_bytes("threads: 3\n".encode("utf-16"))
    with pytest.raises(UserError, match=r"own\.yaml: not in UTF-8 but, it seems, in UTF-16"):
        plain_yaml.read_config(file)


# ---- The machine ----


def test_a_user_without_a_name(plan, monkeypatch):
    """As in a container that runs under any user id."""
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    assert machine.check_user(plan) == []
    monkeypatch.setattr(os, "getuid", lambda: 2**31 - 7)
    (result,) = machine.check_user(plan)
    expect(result, "fix", "the user id 2147483641 has no name", "export LOGNAME=me")
    monkeypatch.setenv("LOGNAME", "me")
    assert machine.check_user(plan) == []


@pytest.mark.parametrize(
    "machine_is, library, expected",
    [
        (("Linux", "x86_64"), ("glibc", "2.36"), ("ok", "glibc 2.36")),
        (("Linux", "x86_64"), ("glibc", "2.17"), ("fix", "glibc 2.28 or later")),
        (("Linux", "x86_64"), ("", ""), ("fix", "glibc 2.28 or later")),
        (("Linux", "aarch64"), ("glibc", "2.36"), ("note", "tested on Linux x86_64")),
        (("Darwin", "arm64"), ("", ""), ("fix", "trainclock runs on Linux")),
    ],
)
def test_system(plan, monkeypatch, machine_is, library, expected):
    system, processor = machine_is
    monkeypatch.setattr(machine.platform, "libc_ver", lambda: library)
    monkeypatch.setattr(machine.platform, "system", lambda: system)
    monkeypatch.setattr(machine.platform, "machine", lambda: processor)
    expect(machine.check_system(plan), *expected)


@pytest.fixture
def cgroups(tmp_path, monkeypatch):
    """cgroups(OWN, {FILE: TEXT}): what this process belongs to, and what the files there say."""
    monkeypatch.setattr(machine, "CGROUPS", tmp_path / "cgroup")
    monkeypatch.setattr(machine, "OWN_CGROUP", tmp_path / "own")
    monkeypatch.setattr(machine.hardware, "cores", lambda: 8)
    monkeypatch.setattr(machine.hardware, "memory_mb", lambda: 16000)

    def put(own, files):
        (tmp_path / "own").write_text(own)
        for name, text in files.items():
            file = tmp_path / "cgroup" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)

    return put


def test_cores_and_memory_without_a_limit(plan, cgroups):
    cgroups("0::/job\n", {"job/cpu.max": "max 100000\n", "job/memory.max": "max\n"})
    expect(machine.check_cores(plan), "ok", "8; a run takes 2")
    expect(machine.check_memory(plan), "ok", "16000 MB")
    expect(machine.check_cores(plan._replace(threads=16)), "note", "`threads: 16`", "lowered")
    expect(machine.check_memory(plan._replace(memory_mb=20000)), "note", "20000 MB")


@pytest.mark.parametrize(
    "own, files",
    [
        ("0::/pod/job\n", {"pod/cpu.max": "150000 100000\n", "pod/job/memory.max": "2147483648\n"}),
        (
            "4:memory:/job\n1:cpu,cpuacct:/job\n0::/\n",
            {
                "cpu/job/cpu.cfs_quota_us": "150000\n",
                "cpu/job/cpu.cfs_period_us": "100000\n",
                "memory/job/memory.limit_in_bytes": "2147483648\n",
            },
        ),
    ],
    ids=["version 2", "version 1"],
)
def test_a_container_with_less_than_the_machine(plan, cgroups, own, files):
    cgroups(own, files)
    expect(machine.check_cores(plan), "note", "may use 1.5 of them", "--cores 1")
    expect(machine.check_memory(plan), "note", "2048 MB", "memory_mb")


# ---- Disk ----


def test_a_full_disk(plan, monkeypatch):
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda folder: Usage(0, 0, 50 * disk.GB))
    expect(disk.check_disk(plan), "ok", "50.0 GB free")
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda folder: Usage(0, 0, 2 * disk.GB))
    text = expect(disk.check_disk(plan), "fix", "2.0 GB free", "TRAINCLOCK_ENVS=")
    # Two small environments and one with CUDA, .venv, results.
    assert "10.0 GB needed" in text and "free 8.0 GB there" in text
    assert "environments to make, GB: " in text and "pytorch 6" in text and "theano 1.5" in text
    make_everything(plan)
    expect(disk.check_disk(plan), "ok", "0.1 GB needed")
    expect(disk.check_disk(plan._replace(asked=True)), "ok", "1.3 GB needed")


@pytest.mark.parametrize(
    ("pins", "size"),
    [
        (["torch==2.12.0", "keras==3.15.1", "nvidia-cuda-runtime-cu12==12.8.90"], 6),
        (["torch==2.13.0", "cuda-toolkit[cudart,nvrtc]==13.0.2"], 6),
        (["jax==0.12.0", "jaxlib==0.12.0"], 1.5),
        (["numpy==2.1.0"], 1.5),
    ],
)
def test_the_size_of_an_environment_follows_from_its_pins(pins, size):
    assert disk.environment_size(Environment("any", "", "3.12", [], pins)) == size * disk.GB


def test_a_cache_on_another_disk_needs_as_much_again(plan, monkeypatch):
    monkeypatch.setenv("UV_CACHE_DIR", "/proc/self")  # surely another file system
    sizes = {"/proc/self": 1, str(plan.root): 50}
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda folder: Usage(0, 0, sizes[str(folder)] * disk.GB))
    expect(disk.check_disk(plan), "fix", "1.0 GB free for uv's cache, 9.9 GB needed", "UV_CACHE_DIR=")


def test_folders(plan, monkeypatch):
    expect(disk.check_folders(plan), "ok", "writable")
    expect(
        disk.check_folders(plan._replace(folder=Path("/proc/trainclock"))),
        "fix",
        "/proc",
        "TRAINCLOCK_ENVS",
    )
    make_everything(plan)  # perhaps by somebody else: it need not be written
    assert str(plan.folder) not in expect(disk.check_folders(plan), "ok", "writable")

    expect(disk.check_cache(plan), "ok", "home/.cache")
    monkeypatch.setenv("HOME", "/proc/nobody")
    expect(disk.check_cache(plan), "fix", "/proc/nobody/.cache", "export XDG_CACHE_HOME=")

    def no_locks(*_):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(disk.fcntl, "flock", no_locks)
    expect(disk.check_folders(plan), "fix", "no file locks", "another file system")


# ---- Software ----


def test_python(plan, monkeypatch):
    expect(programs.check_python(plan), "ok", "with venv")
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")  # no step heeds it
    expect(programs.check_python(plan), "ok", "with venv")
    monkeypatch.setenv("PYTHONHOME", "/elsewhere")
    expect(programs.check_python(plan), "note", "unset PYTHONHOME")
    monkeypatch.setattr(programs, "find_spec", lambda name: None if name == "ensurepip" else name)
    expect(programs.check_python(plan), "fix", "lacks venv", "-venv")
    monkeypatch.delenv("PYTHONHOME")
    make_everything(plan)
    expect(programs.check_python(plan), "ok", ".venv is made")
    assert result.venv_is_ready(plan) and not result.lacking(plan)
    for folder in (plan.root / ".venv", plan.folder / "theano"):  # its Python was taken off the machine
        (folder / "bin" / "python").unlink()
    assert not result.venv_is_ready(plan)
    assert [environment.name for environment in result.lacking(plan)] == ["theano"]


def the_one_of(results, version):
    return next(result for result in results if result.name == f"Python {version}")


def test_a_python_that_uv_does_not_download_is_named_before_anything_is_asked(
    plan, path, closed, monkeypatch
):
    monkeypatch.setenv("UV_PYTHON_INSTALL_MIRROR", closed)
    cntk = plan._replace(environments=[plain_yaml.read_environment(ROOT / "envs" / "cntk.yaml")])
    (found,) = programs.check_interpreters(cntk)
    shared = "PYTHON_CONFIGURE_OPTS=--enable-shared pyenv install 3.6"
    expect(found, "fix", "cntk", "uv has no such one to download", shared)
    path("python3.6", 'case "$*" in *Python.h*) echo True ;; *libpython*) echo False ;; *) echo 3.6 ;; esac')
    (found,) = programs.check_interpreters(cntk)
    expect(found, "fix", "cntk", "lacks its library (libpython3.6m.so.1.0)", shared)
    path("python3.6", 'case "$*" in *Python.h*|*libpython*) echo True ;; *) echo 3.6 ;; esac')
    (found,) = programs.check_interpreters(cntk)
    expect(found, "ok", "cntk", "bin/python3.6")


def test_interpreters(plan, path, server, closed, monkeypatch):
    monkeypatch.setenv("UV_PYTHON_INSTALL_MIRROR", server.url + "/pythons")
    server.has.add("/pythons")
    expect(the_one_of(programs.check_interpreters(plan), "3.8"), "ok", "theano", "uv will download it")

    monkeypatch.setenv("UV_PYTHON_INSTALL_MIRROR", closed)
    results = programs.check_interpreters(plan)
    expect(
        the_one_of(results, "3.8"),
        "fix",
        "theano",
        "connection refused",
        "pyenv install 3.8",
        "--config 'frameworks=[tensorflow, pytorch]'",
    )
    assert "--use-conda" not in str(results)
    expect(the_one_of(results, "3.12"), "fix", "tensorflow, pytorch", "pyenv install 3.12")

    path("conda", "true")
    monkeypatch.setenv("UV_PYTHON_DOWNLOADS", "never")
    expect(the_one_of(programs.check_interpreters(plan), "3.8"), "fix", "UV_PYTHON_DOWNLOADS", "--use-conda")

    path("python3.8", PYTHON.format(headers=False))
    expect(the_one_of(programs.check_interpreters(plan), "3.8"), "fix", "Python.h", "python3.8-dev")
    path("python3.8", PYTHON.format(headers=True))
    expect(the_one_of(programs.check_interpreters(plan), "3.8"), "ok", "bin/python3.8")
    path("python3.8", "exit 1")  # pyenv's stub of a version that is not active
    expect(the_one_of(programs.check_interpreters(plan), "3.8"), "fix", "not on this machine")

    make_everything(plan)
    expect(the_one_of(programs.check_interpreters(plan), "3.8"), "ok", "are made")
    expect(programs.check_interpreters(plan._replace(isolated=False))[0], "note", "environments: current")


def test_pythons_of_uv_and_pyenv_are_found(tmp_path, path, plan, monkeypatch):
    for folder in ("pyenv/versions/3.8.18", "uv/cpython-3.8.20-linux"):
        (tmp_path / folder / "bin").mkdir(parents=True)
        path("python3", "echo 3.8")
        shutil.move(tmp_path / "bin" / "python3", tmp_path / folder / "bin" / "python3")
    assert programs.find_interpreter("3.8") is None
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    assert "3.8.18" in programs.find_interpreter("3.8")
    monkeypatch.setenv("UV_PYTHON_INSTALL_DIR", str(tmp_path / "uv"))
    assert "3.8.20" in programs.find_interpreter("3.8")


def test_the_real_compiler(plan):
    text = expect(programs.check_compiler(plan), "ok", "compiles")
    assert ("Python 3.8's headers" in text) == bool(programs.find_interpreter("3.8"))


def test_compiler(plan, path, monkeypatch):
    expect(
        programs.check_compiler(plan),
        "fix",
        "g++ is not on PATH",
        "theano",
        "apt install g++",
        "frameworks=[",
    )
    path("dnf", "true")
    assert programs.check_compiler(plan).fixes[0] == "sudo dnf install gcc-c++"
    path("g++", "echo 'cannot find crti.o' >&2; exit 1")
    expect(programs.check_compiler(plan), "fix", "cannot compile a small file: cannot find crti.o")
    monkeypatch.setenv("CXX", "icpx")
    expect(programs.check_compiler(plan), "fix", "icpx is not on PATH")
    theano = next(one for one in plan.environments if one.name == "theano")
    another = dataclasses.replace(theano, name="another")
    two = plan._replace(environments=[*plan.environments, another])
    expect(programs.check_compiler(two), "fix", "theano, another compile their networks")
    others = [one for one in plan.environments if one.name != "theano"]
    expect(programs.check_compiler(plan._replace(environments=others)), "ok", "not needed")


def test_make_and_git(plan, path):
    expect(programs.check_tools(plan), "fix", "make and git missing", "install make git")
    path("make", "true")
    expect(programs.check_tools(plan), "note", "git is missing", "install git")
    path("git", "true")
    expect(programs.check_tools(plan), "ok")


@pytest.mark.parametrize(
    "script, state, parts",
    [
        (CONDA.format(version="26.9.0", priority='"channel_priority": "strict"'), "ok", ["26.9.0", "strict"]),
        (
            CONDA.format(version="24.7.0", priority=""),
            "note",
            ["24.7.0 is too old", "24.7.1", "conda update"],
        ),
        (
            CONDA.format(version="24.7.1", priority='"channel_priority": "flexible"'),
            "note",
            ["priority is flexible", "conda config --set channel_priority strict"],
        ),
        (CONDA.format(version="25.1.0", priority=""), "note", ["not set", "channel_priority strict"]),
        ("echo 'no libmamba' >&2; exit 1", "note", ["conda --version fails: no libmamba"]),
        (None, "note", ["not here", "--use-conda"]),
    ],
    ids=["whole", "old", "flexible", "not set", "broken", "absent"],
)
def test_conda(plan, path, script, state, parts):
    if script:
        path("conda", script)
    expect(programs.check_conda(plan), state, *parts)


def test_the_least_conda_is_snakemakes_own():
    from snakemake.deployment.conda import MIN_CONDA_VER

    assert dotted(programs.SNAKEMAKE_CONDA) == MIN_CONDA_VER


def test_slurm(plan, path):
    expect(programs.check_slurm(plan), "note", "not here", "profiles/slurm")
    path("sinfo", "printf 'cpu* up 3\\ngpu up 1\\nold down 9\\n'")
    expect(programs.check_slurm(plan), "note", "sbatch, squeue is not on PATH", "module load slurm")
    path("sbatch", "true")
    path("squeue", "true")
    text = expect(programs.check_slurm(plan), "ok", "cpu (3 nodes)", "gpu (1 nodes)")
    assert "old" not in text
    path("sinfo", "echo 'old down 9'")
    expect(programs.check_slurm(plan), "note", "no partition is up")
    path("sinfo", "echo 'Unable to contact slurm controller' >&2; exit 1")
    expect(programs.check_slurm(plan), "note", "Unable to contact slurm controller", "scontrol ping")


def test_a_command_that_hangs_is_not_waited_for(plan, path, monkeypatch):
    monkeypatch.setattr(result, "PROBE_S", 0.2)
    for name in ("sinfo", "sbatch", "squeue"):
        path(name, "exec /bin/sleep 600")
    expect(programs.check_slurm(plan), "note", "no answer within 0.2 s")


# ---- GPU ----


@pytest.mark.parametrize(
    "script, parts",
    [
        (None, ["no nvidia-smi"]),
        ("echo 'could not communicate with the NVIDIA driver'; exit 9", ["nvidia-smi: could not comm"]),
        ("echo 'No devices were found'", ["No devices were found", "modprobe"]),
        (
            NVIDIA.format(driver="570.86.15", capability="9.0"),
            ["driver 570.86.15", "pytorch", "driver 580 or"],
        ),
        (NVIDIA.format(driver="580.65.06", capability="7.0"), ["compute capability 7.5", "has 7.0"]),
    ],
    ids=["absent", "broken", "no device", "old driver", "old GPU"],
)
def test_gpu_that_does_not_serve(plan, path, script, parts):
    if script:
        path("nvidia-smi", script)
    expect(gpu.check_gpu(plan), "note", *parts)
    expect(gpu.check_gpu(plan._replace(devices=["gpu"])), "fix", *parts)


def test_a_login_node_need_not_have_a_gpu(plan, path):
    path("sbatch", "exit 0")
    found = gpu.check_gpu(plan._replace(devices=["gpu"]))
    expect(found, "note", "none on this node of the cluster", "srun --gpus=1 python3 scripts doctor")


@pytest.mark.parametrize("driver", ["580.65.06", "595.3"])
def test_gpu_that_serves(plan, path, driver):
    path("nvidia-smi", NVIDIA.format(driver=driver, capability="9.0"))
    expect(gpu.check_gpu(plan._replace(devices=["gpu"])), "ok", "NVIDIA H100", driver, "pytorch (CUDA 13.2)")


def test_the_cuda_of_an_environment():
    def cuda(pin):
        return gpu.cuda_of(env_file.Environment("some", "", "3.12", [], ["six==1.17.0", pin]))

    assert cuda("cuda-toolkit==13.2.2 ; sys_platform == 'linux'") == (13, 2)
    assert cuda("cuda-toolkit[cublas,cudart]==13.0.1") == (13, 0)
    assert cuda("nvidia-cuda-runtime-cu12==12.5.82") == (12, 5)
    assert cuda("numpy==13.0") == ()


def test_every_cuda_that_we_pin_is_known():
    pinned = [gpu.cuda_of(plain_yaml.read_environment(file)) for file in (ROOT / "envs").glob("*.yaml")]
    assert any(pinned)
    assert all(cuda[0] in gpu.CUDA for cuda in pinned if cuda)


def test_cudnn_may_ask_for_a_newer_gpu_than_cuda(plan, path):
    path("nvidia-smi", NVIDIA.format(driver="580.65.06", capability="7.0"))
    tensorflow = plain_yaml.read_environment(ROOT / "envs" / "tensorflow-gpu.yaml")
    assert gpu.cuda_of(tensorflow)[0] == 12 and gpu.cudnn_of(tensorflow) >= (9, 11)
    found = gpu.check_gpu(plan._replace(devices=["gpu"], gpu=[tensorflow]))
    expect(found, "fix", "tensorflow-gpu", "compute capability 7.5", "has 7.0")


# ---- Network ----


def test_packages(plan, server, closed, monkeypatch):
    server.has.add("/simple/uv/")
    monkeypatch.setenv("UV_DEFAULT_INDEX", server.url + "/simple")
    monkeypatch.setenv("PIP_INDEX_URL", server.url + "/simple/")
    expect(network.check_packages(plan), "ok", server.url)

    with_password = closed.replace("//", "//me:secret@")
    monkeypatch.setenv("UV_DEFAULT_INDEX", with_password)
    text = expect(network.check_packages(plan), "fix", f"uv asks {closed}", "refused", "UV_DEFAULT_INDEX=URL")
    assert "secret" not in text and "pip asks" not in text
    # uv takes packages from the first index that has them.
    monkeypatch.setenv("UV_INDEX", f"ours={server.url}/simple")
    expect(network.check_packages(plan), "ok")
    monkeypatch.setenv("PIP_INDEX_URL", server.url + "/wrong")
    expect(network.check_packages(plan), "fix", "pip asks", "HTTP status 404")
    uv = plan.root / "uv.toml"
    uv.write_text("[pip]\ntarget = '/elsewhere'\n")
    monkeypatch.setenv("UV_CONFIG_FILE", str(uv))
    expect(network.check_packages(plan), "fix", "sets target under [pip]", "uv.toml")
    monkeypatch.delenv("UV_CONFIG_FILE")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    expect(network.check_packages(plan), "ok", "pip's own links")

    monkeypatch.delenv("UV_INDEX")
    make_everything(plan)
    expect(network.check_packages(plan), "ok", "no download needed")


def test_a_registry_named_in_files(plan, tmp_path, monkeypatch):
    config = tmp_path / "home" / ".config"
    for name, text in {
        "pip/pip.conf": "[global]\nindex-url = https://pip.example/simple\n",
        "uv/uv.toml": '[[index]]\nurl = "https://more.example"\n'
        '[[index]]\nurl = "https://uv.example"\ndefault = true\n',
    }.items():
        (config / name).parent.mkdir(parents=True)
        (config / name).write_text(text)
    assert addresses.pip_indexes() == ["https://pip.example/simple"]
    assert addresses.uv_indexes() == ["https://more.example", "https://uv.example"]
    monkeypatch.setenv("PIP_INDEX_URL", "https://own.example")
    monkeypatch.setenv("UV_DEFAULT_INDEX", "mine=https://own.example/?a=b")
    assert addresses.pip_indexes() == ["https://own.example"]
    assert addresses.uv_indexes() == ["https://more.example", "https://own.example/?a=b"]
    monkeypatch.setenv("UV_NO_INDEX", "1")
    assert addresses.uv_indexes() == []


def test_an_address_that_never_answers_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(addresses, "TIMEOUT_S", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        assert addresses.ask([url]) == {url: "no answer within 0.2 s"}


def test_a_name_that_is_looked_up_for_ever_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(addresses, "TIMEOUT_S", 0.2)
    answer = threading.Event()
    monkeypatch.setattr(
        addresses, "ask_one", lambda url: "" if url == "quick" else answer.wait(60) and "late"
    )
    assert addresses.ask(["quick", "slow"]) == {"quick": "", "slow": "no answer within 0.2 s"}
    answer.set()


def test_an_unknown_certificate_is_only_noted(plan, monkeypatch):
    def refuse(*_, **__):
        raise URLError(ssl.SSLCertVerificationError("self-signed certificate"))

    monkeypatch.setattr(addresses, "urlopen", refuse)
    expect(network.check_packages(plan), "note", "certificate not accepted", "SSL_CERT_FILE=")


def official_at(plan, base):
    """The plan with all official addresses moved to another host."""

    def moved(item):
        return item and item._replace(urls=[f"{base}/{url.split('/', 3)[3]}" for url in item.urls])

    return plan._replace(
        datasets=[
            one._replace(files=[moved(file) for file in one.files], archive=moved(one.archive))
            for one in plan.datasets
        ]
    )


def fill(folder, items):
    """Files of the right names and sizes, without their bytes."""
    for item in items:
        (folder / item.name).parent.mkdir(parents=True, exist_ok=True)
        with (folder / item.name).open("wb") as file:
            file.truncate(item.size)


def test_data_from_the_official_addresses(plan, server, closed):
    unreachable = official_at(plan, closed)
    expect(network.check_data(unreachable), "note", "mnist, cifar10, cifar100, letter", "TRAINCLOCK_MIRROR=")
    expect(network.check_data(unreachable._replace(asked=True)), "fix", "TRAINCLOCK_MIRROR=")
    expect(network.check_data(plan._replace(datasets=[])), "ok", "no download needed")

    reachable = official_at(plan, server.url)
    server.has = {network.official(one)[-1][len(server.url) :] for one in reachable.datasets}
    expect(network.check_data(reachable._replace(asked=True)), "ok", "official addresses answer: mnist, ")
    wrong = reachable._replace(mirror="/no/such/folder")
    expect(network.check_data(wrong), "note", "mirror /no/such/folder: no such folder", "or unset it")

    for one in unreachable.datasets[:-1]:
        fill(plan.root / "results" / "raw" / one.name, one.files)
    text = expect(network.check_data(unreachable), "note", "no answer for letter")
    assert "mnist" not in text
    (plan.root / "results" / "data" / "letter").mkdir(parents=True)
    (plan.root / "results" / "data" / "letter" / "x.npy").touch()
    expect(network.check_data(unreachable), "ok", "no download needed")


def test_data_from_a_mirror(plan, closed, tmp_path):
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    asked = official_at(plan, closed)._replace(asked=True, mirror=str(mirror))
    expect(network.check_data(asked), "fix", f"mirror {mirror}: lacks mnist, cifar10, cifar100, letter")
    datasets = {one.name: one for one in asked.datasets}
    fill(mirror / "MNIST" / "raw", datasets["mnist"].files)  # torchvision's layout
    fill(mirror, [datasets["cifar10"].archive])
    fill(mirror, datasets["cifar100"].files)
    expect(network.check_data(asked), "fix", "lacks letter")
    fill(mirror, datasets["letter"].files)
    expect(network.check_data(asked), "ok", "mirror: mnist, cifar10, cifar100, letter")
    (mirror / "letter-recognition.data").write_text("a web page")
    expect(network.check_data(asked), "fix", "lacks letter")


@pytest.mark.parametrize("form", [0, 1], ids=["unpacked", "mnist.npz"])
def test_mnist_in_another_form(plan, closed, tmp_path, form):
    asked = official_at(plan, closed)._replace(asked=True, mirror=str(tmp_path / "mirror"))
    (mnist,) = (one for one in asked.datasets if one.name == "mnist")
    forms = [file.others[form] for file in mnist.files]
    fill(tmp_path / "mirror" / "datasets", [one._replace(size=one.size or 1) for one in forms])
    expect(network.check_data(asked._replace(datasets=[mnist])), "ok", "mirror: mnist")


def test_data_from_a_mirror_on_the_web(plan, server, closed):
    asked = official_at(plan, closed)._replace(asked=True, mirror=server.url + "/files")
    server.has = {f"/files/{network.of_mirror(one)[-1]}" for one in asked.datasets[1:]}
    expect(network.check_data(asked), "fix", "lacks mnist", "no answer for mnist (127.0.0.1")
    server.has.add("/files/train-images-idx3-ubyte.gz")
    expect(network.check_data(asked), "ok", "mirror: mnist, ")


# ---- All together ----


def test_only_problems_fail(monkeypatch, capsys):
    def a_note(plan):
        return note("conda", "not here")

    def a_problem(plan):
        return [fix("disk", "full", "free 1 GB"), note("GPU", "none")]

    def check_accident(plan):
        raise OSError(errno.ENOSPC, "no space", "/tmp/x")

    monkeypatch.setattr(sys, "argv", ["doctor.py"])
    monkeypatch.setattr(run, "CHECKS", [a_note])
    run.main()
    assert capsys.readouterr().out.endswith("\nReady: make quickstart\n")
    monkeypatch.setattr(run, "CHECKS", [a_problem, check_accident])
    with pytest.raises(SystemExit) as stop:
        run.main()
    assert stop.value.code == 1
    said = capsys.readouterr().out
    assert said.endswith("\n2 problems to fix first\n")
    assert "  fix   disk          full\n                      -> free 1 GB\n" in said
    assert "/tmp/x" in said


def test_who_calls_it_from_elsewhere_learns_where_its_commands_belong(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(sys, "argv", ["doctor.py"])
    monkeypatch.setattr(run, "CHECKS", [lambda plan: note("conda", "not here")])
    for folder, expected in ((ROOT, False), (tmp_path, True)):
        monkeypatch.setenv("PWD", str(folder))
        run.main()
        assert (f"trainclock's folder: cd {ROOT}\n" in capsys.readouterr().out) == expected


def test_colour_is_for_terminals(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    assert run.wants_colour(Terminal())
    assert not run.wants_colour(io.StringIO())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not run.wants_colour(Terminal())
    assert "\033[31mfix" in run.shown(fix("disk", "full"), True)
    assert "\033" not in run.shown(fix("disk", "full"), False)


def test_make_doctor():
    done = call("make", "doctor")
    assert done.returncode == 0, done.stdout
    assert done.stdout.endswith("\nReady: make quickstart\n")
    assert "  fix " not in done.stdout


def test_make_doctor_without_python():
    done = call("make", "doctor", "PYTHON=no-such-python")
    assert done.returncode != 0
    assert "no-such-python is not on PATH" in done.stdout


@pytest.fixture
def fresh(tmp_path):
    """A checkout where nothing was made yet."""
    for name in ("scripts", "envs", "presets", "resources"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Makefile", "config.yaml", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def test_a_linked_venv_is_not_emptied(fresh):
    target = fresh / "precious"
    target.mkdir()
    (target / "file").touch()
    (fresh / ".venv").symlink_to(target)
    done = call("make", "setup", cwd=fresh)
    assert done.returncode != 0
    assert "rm .venv" in done.stdout
    assert (target / "file").exists()


def set_up_of_one_package(folder):
    """Cut a checkout down to uv and one small package with a command."""
    project = "[project]\nname = 'x'\nversion = '0'\ndependencies = ['tabulate']\n"
    (folder / "pyproject.toml").write_text(project)
    (folder / "envs" / "analysis.yaml").write_text("")


def test_the_set_up_heeds_no_settings_but_those_of_the_index_and_can_be_moved(fresh):
    set_up_of_one_package(fresh)
    pip = fresh / "pip.conf"
    pip.write_text(f"[install]\nuser = true\ntarget = {fresh}/elsewhere\n")
    settings = {
        "PIP_USER": "1",
        "PIP_CONFIG_FILE": str(pip),
        "PIP_NO_BINARY": ":all:",
        "PIP_CONSTRAINT": "/none",
    }
    settings |= {"UV_CONSTRAINT": "/none", "UV_EXCLUDE_NEWER": "2010-01-01", "PYTHONPATH": "/none"}
    done = call("make", "setup", cwd=fresh, env={**os.environ, **settings})
    assert done.returncode == 0, done.stdout
    assert not (fresh / "elsewhere").exists()
    moved = fresh.rename(fresh.with_name("My Drive (1)"))
    assert call(".venv/bin/tabulate", "--help", cwd=moved).returncode == 0
    assert "Setting up" not in call("make", "setup", cwd=moved).stdout
    (moved / ".venv" / "bin" / "python").unlink()  # as in a copy on a machine that has another Python
    assert "Setting up" in call("make", "--dry-run", "setup", cwd=moved).stdout


def doctor_in(folder, *options, before=(), python=sys.executable):
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("UV_", "TRAINCLOCK_"))}
    command = [*before, python, "scripts", "doctor", *options]
    return call(*command, cwd=folder, env=environ, timeout=60)


def test_without_a_network(fresh):
    alone = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--net"]
    if subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine does not let users make a network of their own (unshare)")
    done = doctor_in(fresh, "--config", "presets/smoke.yaml", before=alone)
    assert done.returncode == 1, done.stdout
    assert "  fix   packages" in done.stdout
    assert "/simple: the host's name is not found" in done.stdout
    assert "  fix   data " in done.stdout
    assert "  ok    make, git" in done.stdout
    assert "presets/smoke.yaml` needs" in done.stdout


def test_an_old_python_is_told_so(fresh):
    python = programs.find_interpreter("3.8")
    if not python:
        pytest.skip("there is no Python 3.8 on this machine")
    done = doctor_in(fresh, python=python)
    assert done.returncode == 1
    assert "is too old: Snakemake needs Python 3.11 or later" in done.stdout
    assert "make setup PYTHON=" in done.stdout
    assert "Traceback" not in done.stdout


def test_a_python_too_old_for_the_doctor():
    pretend = (
        "import difflib, runpy, sys; sys.version_info = (3, 6, 8); sys.argv = ['scripts', 'doctor'];"
        " runpy.run_path('scripts', run_name='__main__')"
    )
    assert_too_old(call(sys.executable, "-c", pretend))


@pytest.mark.parametrize("version", ["3.6", "3.7"])
def test_a_real_python_too_old_for_the_doctor(version):
    """It parses the list of steps first."""
    python = programs.find_interpreter(version)
    if not python:
        pytest.skip(f"there is no Python {version} on this machine")
    assert_too_old(call(python, "scripts", "doctor"))


def assert_too_old(done):
    assert done.returncode == 1
    assert done.stdout.startswith("error: trainclock needs Python 3.11 or later")
    assert len(done.stdout.splitlines()) == 1


@pytest.mark.parametrize(
    "options, message",
    [
        (["--config", "nowhere.yaml"], "nowhere.yaml: No such file"),
        (["--frameworks", "abacus"], "envs/abacus.yaml"),
    ],
)
def test_mistakes_in_options_are_named(options, message):
    done = doctor_in(ROOT, *options)
    assert done.returncode == 1
    assert message in done.stdout
    assert "Traceback" not in done.stdout
