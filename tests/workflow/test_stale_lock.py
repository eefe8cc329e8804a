"""What a killed Snakemake leaves behind is cleared; what a living one holds is not. Limits are explained."""

import base64
import os
import platform
import subprocess
import sys

import pytest
from paths import ROOT

from scripts.workflow import stale_lock
from scripts.workflow.slurm import advice


@pytest.fixture
def folder(tmp_path):
    """A working directory with a lock of Snakemake, left by a call on this machine."""
    (tmp_path / ".snakemake/locks").mkdir(parents=True)
    lock(tmp_path).write_text("results/a\n")
    (tmp_path / ".snakemake/alive").write_text(platform.node())
    return tmp_path


def lock(folder):
    return folder / ".snakemake/locks/0.output.lock"


def clear(folder, after="", **options):
    """What a call in this folder says; it holds the folder until it ends, so it has a process of its own."""
    code = (
        f"import sys, time; sys.path.append({str(ROOT)!r});"
        " from scripts.workflow import stale_lock; stale_lock.POLL_INTERVAL_S = 0;"
        f" stale_lock.clear_leftovers('.', print, **{options}); {after}"
    )
    command = [sys.executable, "-c", code]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)


def said(folder, **options):
    return clear(folder, **options).communicate()[0]


@pytest.fixture
def squeue(tmp_path_factory, monkeypatch):
    """A squeue that tells lines, once; then nothing."""
    place = tmp_path_factory.mktemp("bin")

    def says(*lines):
        (place / "answer").write_text("".join(f"{line}\n" for line in lines))
        program = place / "squeue"
        program.write_text(f"#!/bin/sh\ncat {place}/answer; : > {place}/answer\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{place}{os.pathsep}{os.environ['PATH']}")

    return says


def test_a_lock_of_the_dead_is_removed(folder):
    assert "left its lock" in said(folder)
    assert not lock(folder).exists()


def test_a_dry_run_touches_nothing(folder):
    assert said(folder, dryrun=True) == ""
    assert lock(folder).exists()


def test_a_lock_of_the_living_stays(folder):
    lock(folder).unlink()
    with clear(folder, after="print('held', flush=True); time.sleep(60)") as living:
        assert living.stdout.readline() == "held\n"
        lock(folder).write_text("results/a\n")
        assert said(folder) == ""
        assert lock(folder).exists()
        living.kill()
    assert "left its lock" in said(folder)


def test_a_lock_of_another_machine_stays_and_is_explained(folder):
    (folder / ".snakemake/alive").write_text("login7")
    assert "started in this folder on login7" in said(folder)
    assert lock(folder).exists()


def test_what_is_whole_is_not_made_anew(folder, tmp_path):
    marks = folder / ".snakemake/incomplete"
    marks.mkdir()
    names = ["results/runs/a.json", "results/runs/b.json", "results/runs/" + 300 * "c" + ".json"]
    for name in names:
        coded = base64.urlsafe_b64encode(name.encode()).decode()
        *folders, last = [coded[n : n + 254] for n in range(0, len(coded), 254)]
        place = marks.joinpath(*(f"@{part}" for part in folders), last)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("{}")
    stale_lock.clear_leftovers(folder, print, dryrun=True, finished=lambda: {*names})
    assert len([path for path in marks.rglob("*") if path.is_file()]) == 3
    stale_lock.keep_finished(marks, lambda: {names[0], names[2]})
    (left,) = (path for path in marks.rglob("*") if path.is_file())
    assert base64.urlsafe_b64decode(left.name).decode() == names[1]


def test_slurm_jobs_of_the_dead_are_waited_for(folder, squeue):
    ours = "a4de261f-33c6-4498-a736-471c8c22f8e8"
    squeue(f"7|{ours}|{folder}", f"8|{ours}|/elsewhere", f"9|interactive|{folder}")
    words = said(folder)
    assert "waiting for SLURM jobs" in words
    assert "scancel 7\n" in words
    assert not lock(folder).exists()


def test_limits_name_their_key():
    log = """
    message: SLURM-job '12' failed, SLURM status is: 'TIMEOUT'. Detailed failure reason unavailable
    slurmstepd-node2: error: *** STEP 4.0 ON node2 CANCELLED AT 2026-11-23T16:25:06 DUE TO TIME LIMIT ***
    slurmstepd-node2: error: *** JOB 4 ON node2 CANCELLED AT 2026-11-23T16:25:06 DUE TO TIME LIMIT ***
    slurmstepd: error: *** JOB 5 ON node2 CANCELLED AT 2026-11-23T16:25:06 ***
    message: SLURM-job '15' failed, SLURM status is: 'OUT_OF_MEMORY'. Reason: Unknown.
    slurmstepd: error: Detected 1 oom_kill event in StepId=14.batch.
    message: SLURM-job '16' failed due to a node failure, SLURM status is: 'NODE_FAIL'."""
    late, big = advice(log)
    assert "time limit: 4, 12; raise cluster.runtime" in late
    assert "had asked for: 14, 15; raise memory_mb" in big
    assert advice("all is well") == []
