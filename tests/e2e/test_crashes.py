"""Real crashes of real runs: nothing finished is lost or made twice, nothing half is taken for whole."""

import contextlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import toy
from commands import call, snakemake
from paths import ENVIRONMENTS, ROOT

from scripts.core import record
from scripts.training.supervision import kept
from scripts.workflow import run_status

QUICKSTART = ["--configfile", ROOT / "presets" / "quickstart.yaml", "--config"]
SHORT = "training={digits: {epochs: 2}}"
RESULTS = Path("results", "quickstart")
RUNS = ["holdout/fold-0", *(f"kfold/fold-{fold}" for fold in range(3))]
KILLS = 20
PLACES = [str(ROOT / folder) for folder in ("", "tests/support", "tests/e2e")]  # to import this file from


def run_file(framework, name):
    return RESULTS / "runs" / "published" / "cpu" / framework / "idiomatic" / "digits" / f"{name}.json"


def log_text(folder, framework, name):
    file = run_file(framework, name)
    return run_status.log_of(folder / RESULTS, folder / file).read_text()


def processes_of(folder, step=None):
    """Ids of all processes that work in this folder, or of those that run a step there."""
    ids = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_text().split("\0")
            if (process / "cwd").resolve() == folder and words != [""] and step in (None, *words[2:4]):
                ids.append(int(process.name))
        except OSError:
            continue
    return ids


def until(happened, seconds=60):
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.02)


# ---- Killed at any moment ----


MOMENTS = ("starting", "training", "written")


def wait_for(moment, process, folder, chance):
    """Wait until a moment of the workflow, or its end: while it starts, while a run trains, or as soon as one
    more record is there."""
    before = len(whole_records(folder))
    happened = {
        "starting": lambda: True,
        "training": lambda: processes_of(folder, "train"),
        "written": lambda: len(whole_records(folder)) > before,
    }[moment]
    until(lambda: happened() or process.poll() is not None)
    time.sleep({"starting": chance.uniform(0.5, 4), "training": chance.uniform(0, 1)}.get(moment, 0))


def kill(process, what, folder):
    """Kill Snakemake or a run without warning, or interrupt all as Ctrl-C does."""
    if what == "Ctrl-C":
        os.killpg(process.pid, signal.SIGINT)
    elif what == "snakemake":
        process.kill()
    else:
        for run in processes_of(folder, "train"):
            os.kill(run, signal.SIGKILL)


def whole_records(folder):
    """{path: content} of the records that are there; each of them can be read.

    Those of folds whose job has not ended are kept in another place, with a note when they are whole.
    """
    records = {}
    for path in [folder / run_file(toy.NAME, name) for name in RUNS]:
        waiting = kept.place(path) if kept.note(path).exists() else path
        with contextlib.suppress(FileNotFoundError):  # moved just now
            where = path if path.exists() else waiting
            assert record.read(where)
            records[path] = where.read_bytes()
    return records


@pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")
def test_killed_at_any_moment_the_same_command_goes_on(tmp_path):
    tree, folder = toy.toy_tree(tmp_path / "tree"), tmp_path / "here"
    config = toy.toy_experiment(tmp_path / "toy.json", epochs=30)
    command = toy.toy_command(tree, folder, config, *(run_file(toy.NAME, name) for name in RUNS))
    folder.mkdir()
    chance, kept, killed, made = random.Random(2020), {}, [], 0
    while len(killed) < KILLS:
        with (tmp_path / "output").open("w") as output:
            process = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)
        what, moment = chance.choice(["snakemake", "snakemake", "run", "Ctrl-C"]), chance.choice(MOMENTS)
        try:
            wait_for(moment, process, folder, chance)
            if process.poll() is None:
                kill(process, what, folder)
                killed.append((what, moment))
            process.wait(300)
        finally:
            process.kill()
        until(lambda: not processes_of(folder))  # nobody trains on for nobody
        there = whole_records(folder)
        assert kept.items() <= there.items(), "a finished run was lost or made again"
        kept = there
        if len(kept) == len(RUNS):
            made += 1
            shutil.rmtree(folder / RESULTS / "runs")
            kept = {}
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(whole_records(folder)) == len(RUNS)
    assert not [*(folder / RESULTS).rglob(".*")]
    assert not [path for path in (folder / ".snakemake" / "incomplete").rglob("*") if path.is_file()]
    assert made >= 1
    assert {moment for _, moment in killed} == set(MOMENTS)


# ---- Failures of single runs: the others go on ----

# What Python runs first: when a run in PyTorch opens its data, it is allowed no more memory than it has, as
# if `ulimit -v` were reached there.
LITTLE_MEMORY = """
import resource, sys
words = open("/proc/self/cmdline").read().split("\\0")

def limit(event, arguments):
    if event == "open" and str(arguments[0]).endswith("/x.npy"):
        pages = int(open("/proc/self/statm").read().split()[0])
        resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize(),) * 2)

if words[3:4] in (["train"], ["first-steps"]) and "pytorch" in words:
    sys.addaudithook(limit)
"""


def link(source, target):
    """Link a file, or copy it to another file system."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


@pytest.fixture
def broken(tmp_path):
    """Environments in which Theano cannot be imported and PyTorch runs out of memory."""
    folder = tmp_path / "broken"
    for name in ("theano", "pytorch"):
        shutil.copytree(ENVIRONMENTS / name, folder / name, symlinks=True, copy_function=link)
    (folder / "tensorflow").symlink_to(ENVIRONMENTS / "tensorflow")
    (theano,) = folder.glob("theano/lib/python*/site-packages/theano/__init__.py")
    (pytorch,) = folder.glob("pytorch/lib/python*/site-packages/")
    theano.unlink()
    theano.write_text("raise ImportError('libblas.so.3: cannot open')")
    (pytorch / "sitecustomize.py").write_text(LITTLE_MEMORY)
    return {**os.environ, "TRAINCLOCK_ENVS": str(folder), "PWD": str(ROOT)}


@pytest.mark.skipif(sys.platform != "linux", reason="memory cannot be limited elsewhere")
def test_failed_runs_are_named_recorded_and_made_again(tmp_path, environments, broken):
    folder = tmp_path / "here"
    options = [*QUICKSTART, "splits=[holdout]", SHORT]
    # Stop: what can be made is made, and the message says what failed and how to go on.
    done = snakemake(*options, directory=folder, env=broken)
    assert done.returncode == 1
    good = folder / run_file("tensorflow", "holdout/fold-0")
    assert record.read(good)
    said = done.stdout[done.stdout.index("jobs of training or of the parity certificate failed:") :]
    assert "theano cannot be imported (libblas.so.3: cannot open); its environment is" in said
    assert "the same command tries the rest again" in said and "on_failure=record" in said
    for framework, words in {"theano": "cannot be imported", "pytorch": "memory"}.items():
        last = log_text(folder, framework, "holdout/fold-0").splitlines()[-1]
        assert last.startswith("error: ") and words in last.lower(), last
        assert not (folder / run_file(framework, "holdout/fold-0")).exists()
    # Record: the same experiment ends, with holes that tables and report name.
    made = good.stat().st_mtime_ns
    done = snakemake(*options, "on_failure=record", directory=folder, env=broken)
    assert done.returncode == 0, done.stdout
    runs = pq.read_table(folder / RESULTS / "tables" / "runs.parquet").to_pandas()
    of = dict(zip(runs["framework"], runs.to_dict("records"), strict=True))
    assert {name: row["status"] for name, row in of.items()} == {
        "tensorflow": "ok",
        "pytorch": "failed",
        "theano": "failed",
    }
    assert "cannot be imported" in of["theano"]["failure"] and "memory" in of["pytorch"]["failure"].lower()
    flags = (folder / RESULTS / "tables" / "flags.md").read_text()
    assert "| failed | 2 | it ended without a result |" in flags and "libblas.so.3" in flags
    parity = (folder / RESULTS / "tables" / "parity.md").read_text()
    assert (
        "1 of 3 agree" in parity
        and "not tested: theano cannot be imported (libblas.so.3: cannot open)" in parity
    )
    # Fixed: the command that was printed makes the failed ones, and no other.
    advised = re.search(r"--forcerun \$\((.+)\)$", done.stdout, flags=re.M)
    assert advised, done.stdout
    again = call("bash", "-c", advised[1]).stdout.split()
    assert len(again) == 2 + 4  # runs, and first steps in two precisions
    done = snakemake("--forcerun", *again, *options, directory=folder)
    assert done.returncode == 0, done.stdout
    runs = pq.read_table(folder / RESULTS / "tables" / "runs.parquet").to_pandas()
    assert list(runs["status"]) == ["ok"] * 3
    assert good.stat().st_mtime_ns == made


# ---- One run by hand, on data that the quickstart has prepared ----


# Theano compiles a quarter of the programs for it that it compiles for one with convolutions.
LAYERS = [{"type": "flatten"}, {"type": "dense", "units": 10, "activation": "softmax"}]
SMALL = {"layers": LAYERS, "parameters": 650}


def train(folder, framework="pytorch", change=None, structure=(), **options):
    """One holdout run of digits as the workflow starts it: its exit status, and its log."""
    network = json.loads((ROOT / RESULTS / "networks" / "published" / "digits.json").read_text())
    network["network"].update(structure)
    network["training"].update({"epochs": 2, **(change or {})})
    (folder / "network.json").write_text(json.dumps(network))
    out, environment = folder / "out" / "fold-0.json", ENVIRONMENTS / framework
    python = environment / "bin" / "python"
    words = [python, ROOT / "scripts", "supervise", "--log", folder / "log", "--outputs", out, "--"]
    words += [python, ROOT / "scripts", "train", "--framework", framework, "--dataset", "digits"]
    words += ["--split", "holdout", "--network", folder / "network.json", "--environment", environment]
    words += ["--data", ROOT / "results" / "data" / "digits", "--out", out]
    words += ["--splits", ROOT / RESULTS / "splits" / "digits" / "holdout.npz"]
    with (folder / "log").open("w") as log:
        command = [str(word) for word in words]
        done = subprocess.run(command, stdout=log, stderr=log, check=False, **options)
    return done.returncode, (folder / "log").read_text()


@pytest.mark.parametrize("framework", ["tensorflow", "pytorch", "theano"])
def test_a_loss_that_is_no_number_ends_the_run_at_once(tmp_path, environments, framework):
    optimizer = {"name": "rmsprop", "learning_rate": 1e30}
    status, log = train(tmp_path, framework, {"optimizer": optimizer, "epochs": 50})
    assert status == 1
    assert log.splitlines()[-1] == "error: the loss is nan in epoch 1 of 50: it diverged"
    assert not (tmp_path / "out").exists()


def test_a_full_disk_leaves_no_half_record(tmp_path, environments):
    small = tmp_path / "out"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", small]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here: not root, or not allowed in this container")
    try:
        (small / "filler").write_bytes(bytes(4096 * 3))
        status, log = train(tmp_path)
        assert status == 1
        assert log.splitlines()[-1] == f"error: {small}/fold-0.json: No space left on device"
        assert [path.name for path in small.iterdir()] == ["filler"]
        (small / "filler").unlink()
        assert train(tmp_path)[0] == 0
        assert record.read(small / "fold-0.json")
    finally:
        subprocess.run(["umount", small], check=True)


# ---- Side by side ----


def test_a_second_snakemake_in_the_folder_is_refused(tmp_path):
    tree, folder = toy.toy_tree(tmp_path / "tree"), tmp_path / "here"
    config = toy.toy_experiment(tmp_path / "toy.json", epochs=100_000)
    command = toy.toy_command(tree, folder, config, run_file(toy.NAME, "holdout/fold-0"))
    folder.mkdir()
    with (tmp_path / "output").open("w") as output:
        first = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)
    try:
        until(lambda: processes_of(folder, "train"))
        done = call(*command)
        assert done.returncode == 1
        assert "Directory cannot be locked" in done.stdout
        assert first.poll() is None and processes_of(folder, "train")
    finally:
        os.killpg(first.pid, signal.SIGINT)
        first.wait(60)
    until(lambda: not processes_of(folder))


def test_two_folders_compile_with_theano_at_the_same_time(tmp_path, environments):
    """Both begin with the same empty folder of compiled modules. A third one keeps nothing new."""
    env = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache"), "CXX": ""}  # the compiler itself
    for name in ("one", "two", "three"):
        (tmp_path / name).mkdir()
    program = (
        f"import sys; sys.path[:0] = {PLACES}; from pathlib import Path; import test_crashes as t;"
        " sys.exit(t.train(Path(sys.argv[1]), 'theano', structure=t.SMALL)[0])"
    )

    def start(name):
        return subprocess.Popen([sys.executable, "-c", program, str(tmp_path / name)], env=env)

    both = [start(name) for name in ("one", "two")]
    logs = [tmp_path / name / "log" for name in ("one", "two")]
    assert [process.wait(300) for process in both] == [0, 0], [log.read_text() for log in logs]
    one, two = (record.read(tmp_path / name / "out" / "fold-0.json") for name in ("one", "two"))
    assert one.learning == two.learning
    kept = sorted((tmp_path / "cache" / "trainclock" / "theano").rglob("*.so"))
    assert kept and start("three").wait(300) == 0
    assert sorted((tmp_path / "cache" / "trainclock" / "theano").rglob("*.so")) == kept
