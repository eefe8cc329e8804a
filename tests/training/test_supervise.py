"""The step supervise: whatever happens to a run, its log ends with the reason, and nothing goes on unseen."""

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from paths import ROOT

from scripts.core import record
from scripts.training.supervision import attempt, endings
from scripts.workflow import run_status

SCRIPT = ROOT / "scripts", "supervise"
LONG = [sys.executable, "-c", "import time; print('at work', flush=True); time.sleep(60)"]


@pytest.mark.parametrize(
    ("status", "log", "reason"),
    [
        (1, "epoch 1\nerror: the loss is nan\n", "the loss is nan"),
        (1, "Traceback ...\n  File x\nMemoryError: 7 GiB\n", "MemoryError: 7 GiB"),
        (1, "a.b.ImportError: no libx.so\nat exit: leaked\n", "a.b.ImportError: no libx.so"),
        (3, "some words\n\n", "exit status 3 after: some words"),
        (3, "", "exit status 3 after: nothing was printed"),
        (-9, "epoch 1", "killed by SIGKILL, as the system does when memory runs out"),
        (
            -6,
            "what(): std::bad_alloc\nRuntimeError: no memory\nAborted",
            "killed by SIGABRT, it gave up by itself, as libraries do that get no memory (RuntimeError: no"
            " memory)",
        ),
        (-13, "", "killed by SIGPIPE"),
    ],
)
def test_reasons(status, log, reason):
    assert endings.reason_of(status, log) == reason


def test_a_signal_between_two_attempts_is_not_lost(monkeypatch):
    monkeypatch.setattr(attempt, "ASKED_TO_END", [signal.SIGTERM])
    before = [signal.getsignal(number) for number in endings.INTERRUPTS]
    try:
        found = attempt.attempt(lambda: pytest.fail("it was started"), [os.getpid(), os.getppid()])
    finally:
        for number, handler in zip(endings.INTERRUPTS, before, strict=True):
            signal.signal(number, handler)
    assert found == (-signal.SIGTERM, signal.SIGTERM)


@pytest.fixture
def place(tmp_path):
    (tmp_path / "out").mkdir()
    return tmp_path


def command(place, *words, on_failure="stop", more=()):
    options = [
        "--on-failure",
        on_failure,
        *more,
        "--log",
        place / "log",
        "--outputs",
        place / "out" / "fold-0.json",
    ]
    return [str(word) for word in (sys.executable, *SCRIPT, *options, "--", *words)]


def run(place, *words, **options):
    with (place / "log").open("w") as log:
        return subprocess.run(command(place, *words, **options), stdout=log, stderr=log, check=False)


def start(place, *more, at_hangup=signal.SIG_DFL, **options):
    """Start a long run; `at_hangup` is what SIGHUP does at first: nohup ignores it."""
    words = command(place, *LONG, more=more, **options)

    def as_nohup():
        signal.signal(signal.SIGHUP, at_hangup)

    with (place / "log").open("w") as log:
        process = subprocess.Popen(words, stdout=log, stderr=log, preexec_fn=as_nohup)  # noqa: PLW1509
    until(lambda: "at work" in (place / "log").read_text())
    return process


def until(happened):
    end = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.05)


def working(place):
    """Ids of the processes that write into this log."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "fd" / "1").resolve() == place / "log":
                found.append(int(process.name))
        except OSError:
            continue
    return found


def last_line(place):
    return (place / "log").read_text().splitlines()[-1]


def test_success_says_nothing(place):
    assert run(place, "true", on_failure="record").returncode == 0
    assert (place / "log").read_text() == ""
    assert not [*(place / "out").iterdir()]


def test_a_failure_stops_and_tells_why_in_the_last_line(place):
    code = "import sys; print('epoch 1', flush=True); sys.exit('error: it diverged')"
    assert run(place, sys.executable, "-c", code).returncode == 1
    assert (place / "log").read_text() == "epoch 1\nerror: it diverged\n"
    assert not [*(place / "out").iterdir()]


def test_a_failure_is_recorded_and_the_rest_goes_on(place):
    assert run(place, sys.executable, "-c", "import nothing_at_all", on_failure="record").returncode == 0
    reason = "ModuleNotFoundError: No module named 'nothing_at_all'"
    assert last_line(place) == f"error: {reason}"
    out = place / "out" / "fold-0.json"
    failure = record.read_failure(out)
    assert failure.reason == reason and failure.started <= failure.finished
    assert run_status.recorded_failures([out, place / "out" / "other.json"]) == {out: failure}
    with pytest.raises(ValueError, match="not a run record"):
        record.read(out)


def test_a_killed_run_is_told(place):
    with start(place) as process:
        os.kill(max(working(place)), signal.SIGKILL)
        assert process.wait(20) == 1
    assert last_line(place) == "error: killed by SIGKILL, as the system does when memory runs out"


def test_what_is_killed_in_a_job_of_a_cluster_is_left_to_its_next_try(place):
    with start(place, "--tried-again", on_failure="record") as process:
        os.kill(max(working(place)), signal.SIGKILL)
        assert process.wait(20) == 1
    assert not [*(place / "out").iterdir()]


def test_what_is_killed_is_recorded_where_a_whole_experiment_runs_in_a_job(place, monkeypatch):
    """Inside salloc, sbatch or a notebook on a node, nobody tries it again."""
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    with start(place, on_failure="record") as process:
        os.kill(max(working(place)), signal.SIGKILL)
        assert process.wait(20) == 0
    assert "killed by SIGKILL" in record.read_failure(place / "out" / "fold-0.json").reason


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interruption_ends_the_run_and_is_no_failure(place, number):
    with start(place, on_failure="record") as process:
        process.send_signal(number)
        assert process.wait(20) == 128 + number
    assert not working(place)
    assert last_line(place) == f"error: interrupted by {number.name}"
    assert not [*(place / "out").iterdir()]


def test_nohup_keeps_a_run_when_the_terminal_goes(place):
    with start(place, at_hangup=signal.SIG_IGN) as process:
        for each in (process.pid, *working(place)):
            os.kill(each, signal.SIGHUP)
        time.sleep(2)
        assert process.poll() is None and working(place)
        process.terminate()
        assert process.wait(20) == 128 + signal.SIGTERM


def test_a_run_that_was_interrupted_itself_is_no_failure(place):
    with start(place, on_failure="record") as process:
        os.kill(max(working(place)), signal.SIGTERM)
        assert process.wait(20) == 1
    assert last_line(place) == "error: interrupted"
    assert not [*(place / "out").iterdir()]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
def test_the_run_dies_with_its_attempt(place):
    with start(place) as process:
        process.kill()
    until(lambda: not working(place))


@pytest.mark.skipif(sys.platform != "linux", reason="the processes above are read from /proc")
def test_the_run_ends_with_a_killed_snakemake(place):
    """As Snakemake does it: a shell between it and the attempt, which nobody kills."""
    shell = f"set -e; {shlex.join(command(place, *LONG))} > {place}/log 2>&1; true"
    (place / "snakemake").write_text(f"import subprocess; subprocess.run(['bash', '-c', {shell!r}])")
    with subprocess.Popen([sys.executable, place / "snakemake"]) as snakemake:
        until(lambda: (place / "log").exists() and "at work" in (place / "log").read_text())
        snakemake.kill()
    until(lambda: not working(place))
    assert last_line(place) == "error: Snakemake has ended; the same command makes this run again"


def test_a_command_that_cannot_be_run(place):
    assert run(place, place / "no-python").returncode == 1
    assert last_line(place) == f"error: {place}/no-python cannot be run: No such file or directory"


def test_what_a_killed_try_left_is_removed_by_the_next(place):
    (place / "out" / ".fold-0.json.12345").write_text("{")
    (place / "out" / ".fold-1.json.12345").write_text("{")
    run(place, "false", on_failure="record")
    assert sorted(path.name for path in (place / "out").iterdir()) == [".fold-1.json.12345", "fold-0.json"]


def test_logs_tell_what_failed(place):
    files = [place / f"runs/a/fold-{n}.json" for n in range(4)] + [place / "parity/pytorch/x-float32.npz"]
    logs = [run_status.log_of(place, file) for file in files]
    assert logs[4] == place / "logs/parity/pytorch/x.log"
    for log, text in zip(
        logs, ["error: why\n", "epoch 1\n", None, "error: old\n", "error: no\n"], strict=True
    ):
        if text:
            log.parent.mkdir(parents=True, exist_ok=True)
            log.write_text(text)
    files[3].parent.mkdir(parents=True)
    files[3].write_text("{}")  # made since
    assert run_status.failures_in_logs(place, files) == {logs[0]: "why", logs[4]: "no"}
