"""The step train-folds: folds are forks of one process, fail alone, and are kept until all are there.

The framework is the toy of plain NumPy, in the Python that is here.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import toy
from commands import call

from scripts.core import record, training_spec
from scripts.training.supervision import folds

FOLDS = (0, 1, 2)
LONG = 400  # epochs: some seconds
needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    folder = toy.toy_tree(tmp_path_factory.mktemp("toy") / "tree")
    with (folder / "scripts/training/frameworks" / toy.NAME / "__init__.py").open("a") as module:
        module.write("\n\ndef import_ahead():\n    import numpy\n")
    for words in (
        ["prepare", "digits", "--manifest", folder / "resources/datasets.yaml", "--out", folder / "digits"],
        [
            "split",
            "--y",
            folder / "digits/y.npy",
            "--split",
            "kfold",
            "--folds",
            3,
            "--out",
            folder / "kfold.npz",
        ],
    ):
        done = call(sys.executable, folder / "scripts", *words)
        assert done.returncode == 0, done.stdout
    return folder


class Job:
    """A call of train-folds in a folder of its own."""

    def __init__(self, tree, folder, epochs=2, settings="published", *, python=sys.executable, name=toy.NAME):
        self.tree, self.folder, self.python = tree, folder, python
        training = toy.CONFIG["training"]["digits"] | {"epochs": epochs}
        spec = training_spec.TrainingSpec("digits", 2020, toy.DIGITS, training)
        training_spec.write(spec, folder / "network.json")
        self.outs = [folder / "kfold" / f"fold-{fold}.json" for fold in FOLDS]
        self.logs = [folder / "logs" / f"fold-{fold}.log" for fold in FOLDS]
        self.train = [python, tree / "scripts", "train", "--framework", name, "--device", "cpu"]
        self.train += ["--settings", settings, "--dataset", "digits", "--split", "kfold"]
        self.train += ["--network", folder / "network.json", "--data", tree / "digits"]
        self.train += ["--splits", tree / "kfold.npz"]

    def command(self, *options):
        words = [self.python, self.tree / "scripts", "train-folds", "--folds", *FOLDS]
        words += ["--outputs", *self.outs, "--logs", *self.logs, *options, "--", *self.train]
        return [str(word) for word in words]

    def run(self, *options):
        return call(*self.command(*options))

    def start(self, *options):
        return subprocess.Popen(
            self.command(*options),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def made(self):
        """{fold: its record}, finished or kept."""
        kept = [self.folder / "kfold" / "kept" / f"{fold}.json" for fold in FOLDS]
        return {
            fold: record.read(next(path for path in paths if path.exists()))
            for fold, *paths in zip(FOLDS, self.outs, kept, strict=True)
            if any(path.exists() for path in paths)
        }


@pytest.fixture
def job(tree, tmp_path):
    return Job(tree, tmp_path)


def until(happened, seconds=60):
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.02)


def children(process):
    return [int(number) for number in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


@pytest.mark.framework("cntk")
def test_folds_are_trained_by_the_oldest_python_of_an_environment(tree, tmp_path, environments):
    job = Job(tree, tmp_path, python=environments / "cntk" / "bin" / "python", name="cntk")
    done = job.run()
    assert done.returncode == 0, done.stdout
    made = job.made()
    assert [*made] == [*FOLDS] and {one.software.python[:3] for one in made.values()} == {"3.6"}


def test_folds_are_forks_that_learn_what_processes_of_their_own_do(job, tmp_path):
    done = job.run()
    assert done.returncode == 0, done.stdout
    made = job.made()
    assert all(path.exists() for path in job.outs)
    assert not (tmp_path / "kfold" / "kept").exists()
    assert {one.times.import_shared for one in made.values()} == {True}
    for fold in FOLDS:
        alone = tmp_path / f"alone-{fold}.json"
        done = call(*job.train, "--fold", fold, "--out", alone)
        assert done.returncode == 0, done.stdout
        own = record.read(alone)
        assert (own.learning, own.times.import_shared) == (made[fold].learning, False)
        assert own.software == made[fold].software
        assert (own.run, own.origin) == (made[fold].run, made[fold].origin)
        assert f"fold {fold}" in job.logs[fold].read_text()


def test_a_framework_that_must_not_fork_has_a_process_for_each_fold(tree, tmp_path, monkeypatch):
    module = tree / "scripts/training/frameworks" / toy.NAME / "__init__.py"
    text = module.read_text()
    try:
        module.write_text(text.replace("def import_ahead", "def something_else"))
        job = Job(tree, tmp_path)
        done = job.run()
        assert done.returncode == 0, done.stdout
        assert {one.times.import_shared for one in job.made().values()} == {False}
    finally:
        module.write_text(text)


def test_a_framework_that_cannot_be_imported_is_reported_by_each_fold(tree, tmp_path):
    module = tree / "scripts/training/frameworks" / toy.NAME / "__init__.py"
    text = module.read_text()
    broken = '    raise OSError("libx.so: cannot open")\n'
    try:
        for name in ("def set_up", "def import_ahead"):
            head, rest = module.read_text().split(name, 1)
            line, body = rest.split("\n", 1)
            module.write_text(f"{head}{name}{line}\n{broken}{body}")
        job = Job(tree, tmp_path)
        done = job.run()
        assert done.returncode == 1
        assert "error: folds that failed: 0, 1, 2; their logs name the reasons" in done.stdout
        for log in job.logs:
            assert "error: libx.so: cannot open" in log.read_text().splitlines()[-1]
    finally:
        module.write_text(text)


def fork_of(process):
    """The fork that trains now, once it has begun an epoch."""
    (server,) = children(process.pid)
    (fork,) = children(server)
    return fork


def until_trains(job, fold):
    until(lambda: job.logs[fold].exists() and "epoch 2/" in job.logs[fold].read_text())


@needs_proc
def test_a_fold_that_is_killed_stops_no_other_and_alone_is_made_again(tree, tmp_path):
    job = Job(tree, tmp_path, epochs=LONG)
    process = job.start()
    until_trains(job, 1)
    os.kill(fork_of(process), signal.SIGKILL)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "error: folds that failed: 1; their logs name the reasons" in output
    assert job.logs[1].read_text().splitlines()[-1].startswith("error: killed by SIGKILL")
    assert not any(path.exists() for path in job.outs)
    before = job.made()
    assert set(before) == {0, 2}
    done = job.run()
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("kept from an earlier try") == 2
    assert all(path.exists() for path in job.outs)
    assert before.items() <= job.made().items()


@needs_proc
def test_a_failure_can_be_recorded_in_the_place_of_a_fold(tree, tmp_path):
    job = Job(tree, tmp_path, epochs=LONG)
    process = job.start("--on-failure", "record")
    until_trains(job, 0)
    os.kill(fork_of(process), signal.SIGSEGV)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    assert record.read_failure(job.outs[0]).reason.startswith("killed by SIGSEGV")
    assert record.read(job.outs[1]) and record.read(job.outs[2])


@needs_proc
def test_a_new_process_imports_the_framework_where_the_first_was_killed(tree, tmp_path):
    job = Job(tree, tmp_path, epochs=LONG)
    process = job.start()
    until_trains(job, 1)
    (server,) = children(process.pid)
    os.kill(server, signal.SIGKILL)
    output, _ = process.communicate(timeout=60)
    assert "folds that failed: 1;" in output
    assert job.logs[1].read_text().splitlines()[-1].startswith("error: killed by SIGKILL")
    assert set(job.made()) == {0, 2}


@needs_proc
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_ends_all_and_is_no_failure(tree, tmp_path, number):
    job = Job(tree, tmp_path, epochs=LONG)
    process = job.start("--on-failure", "record")
    until_trains(job, 1)
    running = [process.pid, *children(process.pid), fork_of(process)]
    os.killpg(process.pid, number) if number == signal.SIGINT else process.terminate()
    process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert job.logs[1].read_text().splitlines()[-1] == f"error: interrupted by {number.name}"
    until(lambda: not any(Path(f"/proc/{one}").exists() for one in running))
    assert set(job.made()) == {0} and not any(path.exists() for path in job.outs)


@needs_proc
def test_no_fold_trains_on_where_its_job_was_killed(tree, tmp_path):
    job = Job(tree, tmp_path, epochs=LONG)
    process = job.start()
    until_trains(job, 0)
    running = [*children(process.pid), fork_of(process)]
    process.kill()
    process.communicate(timeout=60)
    until(lambda: not any(Path(f"/proc/{one}").exists() for one in running))
    assert f"epoch {LONG}/{LONG}" not in job.logs[0].read_text()  # it was ended, and did not come to its end


def test_a_doubtful_fold_is_repeated_and_all_attempts_are_kept(tree, tmp_path):
    job = Job(tree, tmp_path, epochs=4)
    limits = toy.CONFIG["limits"] | {"epoch_spread": 0, "epoch_noise_s": 0, "other_cores": 99}
    done = job.run("--repeat", json.dumps({"doubtful": 1, "wait_s": 0, "longest_s": 900, "limits": limits}))
    assert done.returncode == 0, done.stdout
    for out, log in zip(job.outs, job.logs, strict=True):
        assert record.read(out).attempts == 2
        assert {path.name for path in out.with_suffix(".attempts").iterdir()} == {"1.json", "2.json"}
        assert (
            log.read_text().count("epoch 4/4") == 2 and "repeated (1 of at most 1 times)" in log.read_text()
        )


@needs_proc
def test_what_was_kept_counts_for_the_same_run_only(tree, tmp_path):
    job = Job(tree, tmp_path, epochs=LONG)
    process = job.start()
    until_trains(job, 2)
    process.kill()
    process.communicate(timeout=60)
    assert set(job.made()) == {0, 1}
    other = Job(tree, tmp_path, epochs=2)
    done = other.run()
    assert done.returncode == 0, done.stdout
    assert "kept" not in done.stdout
    assert {len(one.times.epochs_s) for one in other.made().values()} == {2}


def test_where_openmp_is_bound_to_cores_each_fold_is_a_process_of_its_own(monkeypatch):
    """It reads that once, when it is imported: before the forks have cores of their own."""
    command = ["train", "--framework", "pytorch", "--device", "cpu"]
    for name in folds.PLACES:
        monkeypatch.delenv(name, raising=False)
    assert folds.server_of(command)
    monkeypatch.setenv("OMP_PROC_BIND", "close")
    assert folds.server_of(command) is None
