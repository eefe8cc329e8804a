"""Real runs that are really disturbed: stopped, kept waiting, doubtful, nearly run side by side."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
import toy
from commands import call
from paths import ENVIRONMENTS, ROOT, SNAKEMAKE
from test_crashes import PLACES, RESULTS, SMALL, processes_of, run_file, until

from scripts.core import record, validity
from scripts.training.supervision.repeat import attempts_folder

STOPPED_S = 4
HOLDOUT = run_file(toy.NAME, "holdout/fold-0")
LIMITS = toy.CONFIG["limits"]


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    return toy.toy_tree(tmp_path_factory.mktemp("toy") / "tree")


def start(tree, folder, *targets, options=(), **config):
    """Snakemake with the toy, in a folder of its own; its output goes to terminal.log there."""
    folder.mkdir()
    file = toy.toy_experiment(folder / "toy.json", **{"epochs": 5, **config})
    command = toy.toy_command(tree, folder, file, *targets, *options)
    with (folder / "terminal.log").open("w") as output:
        return subprocess.Popen(command, stdout=output, stderr=output)


def verdict_and_reasons(made):
    found = validity.doubts_of_record(made, LIMITS)
    return validity.verdict(found), "; ".join(reason for _, _, reason in found)


def pause(process):
    os.kill(process, signal.SIGSTOP)
    time.sleep(STOPPED_S)
    os.kill(process, signal.SIGCONT)


# ---- Stopped, or kept waiting ----


@pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")
def test_a_run_that_was_stopped_in_an_epoch_is_not_clean(tree, tmp_path):
    folder = tmp_path / "here"
    # Epochs of a tenth of a second: what lies between them, where a stop disturbs no time, is short.
    training = {"digits": {"epochs": 200, "batch_size": 2}}
    snakemake = start(tree, folder, HOLDOUT, training=training, repeat={"doubtful": 0})
    log = folder / RESULTS / "logs" / HOLDOUT.relative_to(RESULTS).with_suffix(".log")
    until(lambda: log.exists() and "epoch 3/" in log.read_text())
    (process,) = processes_of(folder, "train")
    for _ in range(2):  # one of them in an epoch
        pause(process)
        time.sleep(0.25)
    assert snakemake.wait(120) == 0
    made = record.read(folder / HOLDOUT)
    _, reasons = verdict_and_reasons(made)
    assert "while an epoch ran" in reasons
    assert made.times.suspended_s < 1


@pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")
def test_a_run_that_was_stopped_while_it_compiled_is_not_clean(tmp_path, environments):
    process = by_hand(tmp_path, environments)
    log = tmp_path / "log"
    until(lambda: log.exists() and "rows, 650 parameters" in log.read_text())  # built, and not yet compiled
    (run,) = (number for number in processes_of(ROOT, "train") if str(tmp_path) in command_of(number))
    pause(run)
    assert process.wait(120) == 0, log.read_text()
    made = record.read(tmp_path / "out" / "fold-0.json")
    assert made.times.compile_idle_s > STOPPED_S - 1
    made.times.build_idle_s = 0.0  # on a busy machine it may have waited longer there, and that is named then
    assert "while it was compiled" in verdict_and_reasons(made)[1]


def test_waiting_for_the_lock_of_theano_is_recorded_and_named(tmp_path, environments):
    """In a cache of its own, which no other test waits for; the compiler's is that of all tests."""
    own, shared = tmp_path / "cache" / "trainclock", Path.home() / ".cache/trainclock/tests"
    own.mkdir(parents=True)
    if shared.exists():
        (own / "tests").symlink_to(shared)
    cached = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    assert by_hand(tmp_path, environments, **cached).wait(300) == 0
    before = record.read(tmp_path / "out" / "fold-0.json")
    (tmp_path / "out" / "fold-0.json").unlink()
    (lock,) = (folder / "lock_dir" for folder in own.rglob("compiledir_*"))
    lock.mkdir()
    try:  # as another process of this machine would hold it
        (lock / "lock").write_text(f"{os.getpid()}_{socket.gethostname()[:7]}")
        process = by_hand(tmp_path, environments, **cached)
        until(lambda: "Waiting for existing lock" in (tmp_path / "log").read_text(), 120)
    finally:
        (lock / "lock").unlink()
        lock.rmdir()
    assert process.wait(300) == 0
    made = record.read(tmp_path / "out" / "fold-0.json")
    assert before.times.lock_wait_s < made.times.lock_wait_s
    assert made.times.lock_wait_s > 2
    assert "for another process to compile" in verdict_and_reasons(made)[1]


def by_hand(folder, environments, **variables):
    """A run of Theano on the quickstart's digits, started by test_crashes.train() in a process of its own."""
    program = (
        f"import sys; sys.path[:0] = {PLACES}; from pathlib import Path; import test_crashes as t;"
        " sys.exit(t.train(Path(sys.argv[1]), 'theano', structure=t.SMALL)[0])"
    )
    assert SMALL["parameters"] == 650 and (ENVIRONMENTS / "theano").exists()
    env = {**os.environ, **variables}
    return subprocess.Popen([sys.executable, "-c", program, str(folder)], env=env, cwd=ROOT)


def command_of(process):
    return Path(f"/proc/{process}/cmdline").read_text()


# ---- Repeated ----


@pytest.fixture(scope="module")
def repeated(tree, tmp_path_factory):
    """An experiment of one run that no limit lets pass, after its end."""
    folder = tmp_path_factory.mktemp("repeated") / "here"
    strict = {"epoch_spread": 0, "epoch_noise_s": 0, "other_cores": 99}
    config = {"splits": ["holdout"], "limits": strict, "repeat": {"doubtful": 2, "wait_s": 0}}
    process = start(tree, folder, **config)
    assert process.wait(300) == 0, (folder / "terminal.log").read_text()
    return folder


def test_a_doubtful_run_is_repeated_and_the_cleanest_attempt_counts(repeated):
    made = record.read(repeated / HOLDOUT)
    attempts = [record.read(file) for file in attempts_folder(repeated / HOLDOUT).glob("*.json")]
    assert made.attempts == len(attempts) == 3
    assert made.started in {attempt.started for attempt in attempts}
    assert len({attempt.started for attempt in attempts}) >= 2  # each is a process of its own


def test_the_terminal_says_why_a_run_is_repeated(repeated):
    said = (repeated / "terminal.log").read_text()
    # Other tests' runs may have had its cores: then that is a reason, too, and stands first.
    assert re.search(f"trainclock: {re.escape(str(HOLDOUT))}: .*the epochs spread by", said)
    assert "repeated (1 of at most 2 times)" in said and "repeated (2 of at most 2 times)" in said


def test_tables_say_how_many_attempts_a_cell_rests_on(repeated):
    (cell,) = pd.read_csv(repeated / RESULTS / "tables/times.csv").to_dict("records")
    assert (cell["folds_doubtful"], cell["attempts"]) == (1, 3)
    assert "Doubtful runs were repeated" in (repeated / RESULTS / "tables/times.md").read_text()


def test_what_is_read_first_is_no_number(repeated):
    table = [repeated / RESULTS / "tables" / name for name in ("runs.parquet", "verdicts.csv")]
    done = call(sys.executable, ROOT / "scripts", "summary", "--runs", table[0], "--verdicts", table[1])
    assert done.stdout.startswith("No answer yet: 1 of 1 runs doubtful. On a calm machine, run make again\n")
    assert " s (?) " in done.stdout


def test_doubtful_runs_can_be_listed_and_made_again(tree, repeated):
    listed = call(sys.executable, ROOT / "scripts", "status", "--doubtful", RESULTS, cwd=repeated)
    assert listed.stdout.split() == [str(HOLDOUT)]


def test_make_again_repeats_them(tree, repeated):
    (tree / "presets" / "toy.yaml").write_text((repeated / "toy.json").read_text())
    shutil.copytree(repeated / "results", tree / "results")
    shutil.copytree(repeated / ".snakemake", tree / ".snakemake")
    before = record.read(tree / HOLDOUT).started
    # As if .venv were there.
    make = ["make", "-f", ROOT / "Makefile", "--no-print-directory", "-o", ".venv/ready"]
    make += [f"BIN={SNAKEMAKE.parent}", "again"]
    done = call(*make, "PRESET=toy", cwd=tree)
    assert done.returncode == 0, done.stdout
    assert record.read(tree / HOLDOUT).started > before
    assert "On a calm machine, run make again PRESET=toy\n" in done.stdout
    done = call(*make, "PRESET=nowhere", cwd=tree)
    assert done.stdout.startswith("error: there is no presets/nowhere.yaml")


def test_without_our_profile_finished_runs_are_safe(tree, repeated):
    command = toy.toy_command(
        tree, repeated, repeated / "toy.json", "--workflow-profile", "none", "--forceall"
    )
    done = call(*command)
    assert done.returncode == 1
    assert "finished runs would be made again after an edit" in done.stdout


# ---- One at a time ----


def test_timed_runs_never_run_side_by_side_by_accident(tree, tmp_path):
    """`--resources` on the command line takes the place of the profile's."""
    folder = tmp_path / "here"
    options = ["--cores", "3", "--resources", "mem_mb=20000"]
    targets = [run_file(toy.NAME, f"kfold/fold-{fold}") for fold in range(3)]
    process = start(tree, folder, *targets, options=options, epochs=100)
    assert process.wait(120) == 0, (folder / "terminal.log").read_text()
    spans = sorted((made.started, made.finished) for made in (record.read(folder / file) for file in targets))
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))
