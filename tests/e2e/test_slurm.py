"""The experiment on a real SLURM: nodes on this machine, started for these tests.

node1 and node2 run an experiment; node3 a run that exceeds its time.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

import psutil
import pytest
from commands import call
from paths import ENVIRONMENTS, ROOT, SNAKEMAKE

TOOLS = ROOT.parent / "shared" / "slurm"
LIMIT_S = 300  # for anything that is waited for; all of it takes some minutes

# Short looks at the queue; no accounting, so the queue is all there is to look at.
QUICK = ["--slurm-init-seconds-before-status-checks", "1", "--seconds-between-status-checks", "2"]
QUICK += ["--slurm-status-command", "squeue"]
SMALL = {
    "results": "results/quickstart",
    "datasets": ["digits"],
    "frameworks": ["pytorch"],
    "splits": ["holdout"],
    "threads": 1,
    "repeat": {"doubtful": 0},
    "memory_mb": 2500,  # the two precisions of the first steps run side by side
    "training": {"digits": {"epochs": 1}},
}
RUNS = "results/quickstart/runs/published"


def wait_for(what, condition):
    """The first true value of condition()."""
    end = time.monotonic() + LIMIT_S
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.3)
    raise AssertionError(f"waited in vain: {what}")


class Cluster:
    def __init__(self, folder):
        self.folder = folder
        conf, path = Path(folder, "etc", "slurm.conf"), Path(folder, "bin")
        self.env = {
            **{name: value for name, value in os.environ.items() if not name.startswith("SLURM_")},
            **{"SLURM_CONF": str(conf), "PATH": f"{path}{os.pathsep}{os.environ['PATH']}"},
            "TRAINCLOCK_ENVS": str(ENVIRONMENTS),
        }

    def ask(self, *command):
        done = call(*command, env=self.env)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def jobs(self, folder, states="all"):
        """Jobs of a working directory: {id: (state, node)}."""
        lines = self.ask("squeue", "-h", "-t", states, "-o", "%i|%T|%N|%Z").splitlines()
        rows = [line.strip().split("|") for line in lines]
        return {job: (state, node) for job, state, node, place in rows if place == str(folder)}

    def running_on(self, node, folder):
        return [job for job, (_, at) in self.jobs(folder, "RUNNING").items() if at == node]

    def crash(self, node):
        call(TOOLS / "slurm-down", self.folder, "--crash", node)

    def bring_back(self, node):
        call(TOOLS / "slurm-up", self.folder, "--node", node)


class Study:
    """Snakemake on the cluster, in a working directory of its own."""

    def __init__(self, cluster, folder, config, *options):
        self.cluster, self.folder = cluster, folder
        folder.mkdir(exist_ok=True)
        file = folder / "config.json"
        file.write_text(json.dumps({**SMALL, **config}))
        self.command = [SNAKEMAKE, "--snakefile", ROOT / "Snakefile", "--directory", folder]
        self.command += ["--profile", ROOT / "profiles/slurm", "--configfile", file, *QUICK, *options]
        self.log = folder / "terminal.log"
        self.start()

    def start(self):
        with self.log.open("a") as output:
            self.process = subprocess.Popen(
                [str(word) for word in self.command],
                cwd=ROOT,
                env=self.cluster.env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def said(self):
        return self.log.read_text()

    def records(self):
        """Records made so far: {path below the runs: content}."""
        found = (self.folder / RUNS).rglob("fold-*.json")
        return {str(file.relative_to(self.folder / RUNS)): json.loads(file.read_text()) for file in found}

    def end(self):
        try:
            return self.process.wait(LIMIT_S)
        finally:
            self.stop()

    def stop(self):
        """Snakemake would wait for its jobs after SIGTERM."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@pytest.fixture(scope="module")
def cluster():
    if not (TOOLS / "slurm-up").exists():
        pytest.skip(f"{TOOLS} is not here: it starts a SLURM for tests")
    if not shutil.which("slurmctld", path=f"{os.environ['PATH']}:/usr/sbin"):
        pytest.skip("SLURM is not installed (Debian, Ubuntu: apt install slurm-wlm munge)")
    files = [ROOT / "envs" / f"{name}.yaml" for name in ("tensorflow", "pytorch")]
    done = call(sys.executable, ROOT / "scripts", "environment", "--folder", ENVIRONMENTS, *files)
    assert done.returncode == 0, done.stdout
    folder = tempfile.mkdtemp(prefix="tc-slurm-", dir="/tmp")  # short, as sockets want it
    done = call(TOOLS / "slurm-up", folder, "--nodes", "3", "--cpus", "2", "--mem", "6000")
    assert done.returncode == 0, done.stdout
    yield Cluster(folder)
    call(TOOLS / "slurm-down", folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def endless(cluster, tmp_path_factory):
    """Runs that can't end well: on the CPU over the time limit of a minute, on a GPU that isn't there.

    Started first, since SLURM takes its time to notice; the run is stopped so as not to take ours.
    """
    limits = {"partition": "cpu", "gpu_partition": "gpu", "gpu": "gpu:1", "runtime": {"digits": 1}}
    limits["extra"] = "--nodelist=node3"
    config = {"devices": ["cpu", "gpu"], "training": {"digits": {"epochs": 10**6}}, "cluster": limits}
    wanted = [f"{RUNS}/{device}/pytorch/idiomatic/digits/holdout/fold-0.json" for device in ("cpu", "gpu")]
    mine = ["--default-resources", "slurm_account=toy", "slurm_partition=gpu", "mem_mb=3000"]
    folder = tmp_path_factory.mktemp("endless")
    study = Study(cluster, folder, config, *mine, "--printshellcmds", "--retries", "0", *wanted)

    def trains():
        for process in psutil.process_iter(["cmdline", "cwd"]):
            words = process.info["cmdline"] or []
            ours = process.info["cwd"] == str(study.folder) and "cpu" in words
            if ours and words[2:4] == [str(ROOT / "scripts"), "train"]:
                return process
        return study.process.poll() is not None

    found = wait_for("the run to start", trains)
    assert isinstance(found, psutil.Process), study.said()
    found.suspend()
    study.asked = {job: cluster.ask("scontrol", "show", "job", job) for job in cluster.jobs(study.folder)}
    yield study
    study.stop()


@pytest.fixture(scope="module")
def study(cluster, endless, tmp_path_factory):
    """A whole experiment, while a node dies and comes back, and a job is cancelled."""
    config = {"frameworks": ["tensorflow", "pytorch"], "splits": ["holdout", "kfold"], "split": {"folds": 3}}
    config |= {"cluster": {"exclusive": True, "extra": "--exclude=node3"}}
    tables = [f"results/quickstart/{file}" for file in ("tables/times.html", "figures/digits.svg")]
    study = Study(cluster, tmp_path_factory.mktemp("study"), config, *tables)
    try:
        first = wait_for("a job on node2", lambda: cluster.running_on("node2", study.folder))
        study.cancelled = first[0]
        cluster.ask("scancel", study.cancelled)
        wait_for("a record from node1", lambda: "node1" in nodes(study))
        study.crashed = wait_for("a job on node1", lambda: cluster.running_on("node1", study.folder))[0]
        cluster.crash("node1")
        wait_for("the job to be lost", lambda: study.crashed not in cluster.running_on("node1", study.folder))
        cluster.bring_back("node1")
        study.status = study.end()
    finally:
        study.stop()
    return study


def nodes(study):
    return {record["machine"]["slurm_node"] for record in study.records().values()}


def test_all_runs_finish_although_a_node_dies_and_a_job_is_cancelled(study):
    assert study.status == 0, study.said()
    assert len(study.records()) == 8
    reported = [f"SLURM-job '{study.cancelled}' failed, SLURM status is: 'CANCELLED'"]
    reported.append(f"JOB {study.cancelled} ON node2 CANCELLED")  # SLURM's own words
    assert any(words in study.said() for words in reported)
    assert "Trying to restart job" in study.said()
    assert (study.folder / "results/quickstart/tables/times.html").exists()
    assert (study.folder / "results/quickstart/figures/digits.svg").exists()


def test_records_name_node_and_job(study):
    jobs = study.cluster.jobs(study.folder)
    assert nodes(study) == {"node1", "node2"}
    for record in study.records().values():
        assert record["machine"]["slurm_job"] in jobs
        environment = ROOT / Path(record["software"]["environment"]).expanduser()
        assert environment == ENVIRONMENTS / record["run"]["framework"]


@pytest.mark.parametrize("framework", ["tensorflow", "pytorch"])
def test_folds_share_a_job_and_take_turns(study, framework):
    """Those that were finished when their job was cancelled or lost are of that job."""
    made = study.records()
    folds = [made[f"cpu/{framework}/idiomatic/digits/kfold/fold-{fold}.json"] for fold in range(3)]
    jobs = {record["machine"]["slurm_job"] for record in folds}
    assert len(jobs - {study.cancelled, study.crashed}) <= 1 and len(jobs) < 3
    spans = sorted((record["started"], record["finished"]) for record in folds)
    ends = [datetime.fromisoformat(end) for _, end in spans]
    starts = [datetime.fromisoformat(start) for start, _ in spans]
    assert all(end <= start for end, start in zip(ends, starts[1:], strict=False))


def test_jobs_ask_for_the_time_of_their_folds_together_and_whole_nodes(study):
    made = study.records()["cpu/pytorch/idiomatic/digits/kfold/fold-0.json"]
    asked = study.cluster.ask("scontrol", "show", "job", made["machine"]["slurm_job"])
    attempts = [f"TimeLimit={limit}" for limit in ("00:45:00", "01:30:00", "02:15:00")]
    assert any(limit in asked for limit in attempts), asked
    assert "OverSubscribe=NO" in asked


def test_logs_of_jobs_are_kept_and_start_nothing_again(study):
    logs = [file.read_text() for file in (study.folder / "results/slurm").rglob("*.log")]
    assert len(logs) >= 5
    assert not any("training runs planned" in log for log in logs)
    assert study.said().count("training runs planned") == 1


def test_only_gpu_runs_ask_for_gpus(endless):
    by_partition = {re.search(r" Partition=(\w+)", text)[1]: text for text in endless.asked.values()}
    assert set(by_partition) == {"cpu", "gpu"}
    assert "gres:gpu" in by_partition["gpu"]
    assert "gpu:" not in by_partition["cpu"].partition("Command=")[0]


def test_what_the_config_leaves_empty_is_asked_for_as_default_resources_say(endless):
    for text in endless.asked.values():
        assert " Account=toy " in text
    assert "mem_mb=3000 of --default-resources is not used: memory_mb in the config decides" in endless.said()
    assert "slurm_partition=gpu of --default-resources is not used: cluster.partition" in endless.said()


def test_a_job_on_a_node_leaves_a_killed_run_to_the_next_try(endless):
    (log,) = (endless.folder / "results/slurm").rglob("*_cpu_*/*.log")
    assert " supervise --on-failure stop --tried-again " in log.read_text()


def test_the_time_limit_is_given_as_the_reason(endless):
    assert endless.end() != 0
    job = next(job for job, text in endless.asked.items() if " Partition=cpu" in text)
    assert f"SLURM jobs that ran into their time limit: {job}; raise cluster.runtime" in endless.said()
    assert not endless.records()


def test_after_kill_9_the_same_command_resumes_and_repeats_nothing(cluster, endless, tmp_path):
    """The whole workflow with parity, three jobs of one run each, and the report at the end."""
    config = {"splits": ["holdout", "kfold"], "split": {"folds": 2}, "folds_per_job": {"digits": 1}}
    study = Study(cluster, tmp_path, config)
    try:
        wait_for("all jobs in the queue", lambda: len(cluster.jobs(study.folder)) == 4)
        wait_for("a record", study.records)
        study.process.send_signal(signal.SIGKILL)
        study.process.wait()
        before = study.records()
        assert list((study.folder / ".snakemake/locks").iterdir())
        study.start()
        wait_for("the new call to see what was left", lambda: "waiting for" in study.said())
        # Of two at a time one is refused: the second, unless it comes just when the lock is removed.
        second = call(*study.command, env=cluster.env)
        ended = [(study.end(), study.said()), (second.returncode, second.stdout)]
        (refused,) = [text for status, text in ended if status != 0]
        assert "Directory cannot be locked" in refused
    finally:
        study.stop()
    after = study.records()
    assert len(after) == 3
    assert before.items() <= after.items()
    assert len(cluster.jobs(study.folder)) == 4
    assert "a Snakemake that was killed left its lock" in study.said()

    done = call(*study.command[:5], "--configfile", study.folder / "config.json", "--report", "report.html")
    assert done.returncode == 0, done.stdout
    assert (study.folder / "report.html").stat().st_size > 10**5


def test_without_a_cluster_the_demo_says_what_to_do(tmp_path):
    (tmp_path / "slurm.conf").write_text("none\n")
    nowhere = {**os.environ, "SLURM_CONF": str(tmp_path / "slurm.conf")}
    done = call("make", "--no-print-directory", "slurm-demo", env=nowhere)
    assert done.returncode != 0
    assert "error: no SLURM answers here (sinfo)" in done.stdout
