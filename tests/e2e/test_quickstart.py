"""`make quickstart` as a new user types it, and what a second call and a changed config would do."""

import csv
import dataclasses
import json
import os
import re
import shutil
import sys
from pathlib import Path

import pytest
from commands import call, planned, planned_runs, snakemake
from paths import ENVIRONMENTS, ROOT, SNAKEMAKE

from scripts.core import record

RESULTS = ROOT / "results" / "quickstart"
FRAMEWORKS = ["tensorflow", "pytorch", "theano"]


@pytest.fixture(scope="module")
def records(quickstart):
    found = [record.read(path) for path in RESULTS.glob("runs/**/fold-*.json")]
    assert found
    return found


def test_it_ends_with_the_report_and_a_short_table(quickstart):
    assert "12 of 12 runs are there" in quickstart
    assert "six conclusions are not tested here" in quickstart
    assert "results/quickstart/report.html" in quickstart
    report = (RESULTS / "report.html").read_text()
    for name in ("times.html", "accuracy.html", "digits-figure.html", "digits-learning-figure.html"):
        assert name in report


def test_its_last_line_compares_this_machine_with_ours(quickstart):
    (command,) = re.findall(r"How your machine compares with ours:  (make compare .*)", quickstart)
    done = call(*command.split())
    assert done.returncode == 0, done.stdout
    with (ROOT / "results/compare/compare.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * 2 * len(FRAMEWORKS)  # of both machines
    # Other threads, as on a machine with one core, leave the accuracies to compare.
    assert {row["status"] for row in rows} <= {"reference", "comparable", "accuracy only"}


def test_restoring_our_export_leaves_own_runs_and_needs_no_more_of_them(quickstart):
    export = ROOT / "replication/quickstart.tar.gz"
    done = call("make", "restore", f"FROM={export}", "PRESET=quickstart")
    assert done.returncode == 0, done.stdout
    assert "12 runs had a record, which stays" in done.stdout
    done = call("make", "restore", "PRESET=quickstart")
    assert done.returncode and "make restore FROM=EXPORT" in done.stdout


def test_an_export_is_gone_on_from_elsewhere(quickstart, tmp_path):
    options = ["--configfile", ROOT / "presets/quickstart.yaml"]
    done = snakemake("inputs", *options, directory=tmp_path)
    assert done.returncode == 0, done.stdout
    words = [sys.executable, ROOT / "scripts", "restore", ROOT / "replication/quickstart.tar.gz"]
    done = call(*words, "results/quickstart", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert "12 records restored" in done.stdout
    assert planned_runs(planned(*options, directory=tmp_path)) == 0


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_every_framework_learned_in_its_own_environment(records, framework):
    runs = [r for r in records if r.run.framework == framework]
    assert sorted((r.run.split, r.run.fold) for r in runs) == [
        ("holdout", 0),
        ("kfold", 0),
        ("kfold", 1),
        ("kfold", 2),
    ]
    for r in runs:
        environment = ROOT / Path(r.software.environment).expanduser()
        assert environment.resolve() == ENVIRONMENTS.resolve() / framework
        assert r.learning.test_accuracy > 0.9
        assert r.learning.parameters == 17258
        assert len(r.times.epochs_s) == len(r.learning.train_losses) == 20
        assert r.learning.train_losses[-1] < r.learning.train_losses[0]
        assert r.times.train_s == pytest.approx(sum(r.times.epochs_s))
        total = r.times.build_s + r.times.compile_s + r.times.train_s
        assert r.times.total_s == pytest.approx(total)
        assert r.threads.threads == 2
        if sys.platform == "linux":
            assert r.threads.threads_reported == 2
            assert set(r.threads.thread_pools.values()) == {2}


def test_every_record_tells_what_went_on_around_the_run(records):
    for r in records:
        assert len(r.times.epochs_cpu_s) == 20
        assert sum(r.times.epochs_cpu_s) == pytest.approx(r.times.train_cpu_s)
        assert r.times.instrument_s > 0
        assert r.state.calibration_gflops > 0
        if sys.platform == "linux":
            assert r.surroundings.other_cores >= 0
            assert r.surroundings.peak_memory_mb > 50
            assert len(r.threads.pinned_cores or [0, 0]) == 2


def test_verdicts_are_counted(quickstart, records):
    with (RESULTS / "tables" / "runs.csv").open(newline="") as file:
        clean = [row for row in csv.DictReader(file) if row["validity"] == "clean"]
    assert f"Timings: {len(clean)} of 12 are clean" in quickstart
    effective = (RESULTS / "tables" / "effective.md").read_text()
    for name in ("TensorFlow", "PyTorch", "Theano"):
        assert f"| {name} | published settings, idiomatic | CPU | 2 | 2 |" in effective


def test_all_frameworks_trained_on_the_same_rows(records):
    for split, fold in {(r.run.split, r.run.fold) for r in records}:
        same = [r for r in records if (r.run.split, r.run.fold) == (split, fold)]
        assert len({r.origin.split_digest for r in same}) == 1
        assert len({r.origin.data_digest for r in same}) == 1
        assert len({r.origin.network_digest for r in same}) == 1


def test_runs_of_theano_know_what_filling_its_cache_cost(records):
    first = {
        framework: {r.times.first_s for r in records if r.run.framework == framework}
        for framework in FRAMEWORKS
    }
    (seconds,) = first.pop("theano")
    assert seconds > 1
    assert set().union(*first.values()) == {None}
    assert "| first |" in (RESULTS / "tables/phases.md").read_text()


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_installed_versions_equal_the_pins(records, framework):
    text = (ROOT / "envs" / f"{framework}.yaml").read_text()
    pins = dict(re.findall(r'^      - "?([\w.-]+)==([^\s";]+)', text.lower(), flags=re.M))
    for r in records:
        if r.run.framework == framework:
            assert r.software.versions.items() <= pins.items()
            assert len(r.software.versions) > 10


def test_table_shows_the_numbers_of_the_records(records):
    with (RESULTS / "tables" / "runs.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(records) == 12
    seconds = {(r.run.framework, r.run.split, r.run.fold): r.times.total_s for r in records}
    for row in rows:
        key = (row["framework"], row["split"], int(row["fold"]))
        assert float(row["total_s"]) == pytest.approx(seconds[key])


def test_logs_show_each_epoch_and_its_loss(quickstart):
    log = RESULTS / "logs/runs/published/cpu/pytorch/idiomatic/digits/holdout/fold-0.log"
    assert len(re.findall(r"^epoch \d+/20  loss \d+\.\d+  \d+\.\d\d s", log.read_text(), re.M)) == 20


def test_a_second_call_does_nothing(quickstart):
    done = call("make", "quickstart")
    assert done.returncode == 0
    assert "Nothing to be done" in done.stdout
    assert "Creating report" not in done.stdout


def test_default_config_plans_the_published_study(tmp_path):
    assert planned_runs(planned(directory=tmp_path)) == 132


def test_changed_epochs_plan_the_runs_again_and_changed_limits_the_tables_alone(quickstart):
    options = ["--configfile", ROOT / "presets/quickstart.yaml", "--config"]
    output = planned(*options, "threads=2", "limits={epoch_spread: 0.2}")
    assert planned_runs(output) == 0
    for job in ("collect", "tables", "figures"):
        assert re.search(rf"^{job} +1$", output, flags=re.M)
    assert planned_runs(planned(*options, "training={digits: {epochs: 3}}")) == 12


def test_another_framework_plans_its_runs_only(quickstart, tmp_path):
    options = ["--configfile", ROOT / "presets/quickstart.yaml", "--config", "splits=[holdout]"]
    done = snakemake(*options, "frameworks=[pytorch]", directory=tmp_path)
    assert done.returncode == 0, done.stdout
    output = planned(*options, "frameworks=[pytorch, tensorflow]", directory=tmp_path)
    assert planned_runs(output) == 1
    assert "Training digits in tensorflow" in output


def test_a_deleted_record_is_made_again(quickstart, tmp_path):
    shutil.copytree(ROOT / "results", tmp_path / "results")
    shutil.copytree(ROOT / ".snakemake", tmp_path / ".snakemake")
    shutil.rmtree(tmp_path / "results/quickstart/runs/published/cpu/theano/idiomatic/digits/kfold")
    output = planned("--configfile", ROOT / "presets/quickstart.yaml", directory=tmp_path)
    assert planned_runs(output) == 3


def test_tables_of_what_is_finished_so_far_name_what_is_missing(quickstart, tmp_path):
    results = tmp_path / "quickstart"
    shutil.copytree(RESULTS, results, ignore=shutil.ignore_patterns("tables", "figures", "*.html"))
    shutil.rmtree(results / "runs/published/cpu/theano/idiomatic/digits/kfold")
    done = call("make", "--no-print-directory", "so-far", f"RESULTS={results}")
    assert done.returncode == 0, done.stdout
    assert "9 of 12 runs are there" in done.stdout
    made = results / "so-far"
    assert "| missing | 3 |" in (made / "tables/flags.md").read_text()
    with (made / "tables/runs.csv").open(newline="") as file:
        assert [row["status"] for row in csv.DictReader(file)].count("missing") == 3
    assert (made / "figures/digits.svg").exists()
    assert not (results / "tables").exists()
    done = call("make", "so-far", f"RESULTS={tmp_path / 'nowhere'}")
    assert done.returncode != 0 and "run the experiment first" in done.stdout


def test_edited_training_code_repeats_no_run_but_is_named(quickstart, tmp_path):
    """The tables are made again and name the runs of older code; the command they name repeats those."""
    leave = shutil.ignore_patterns(".venv", ".envs", ".git", "report.html", "raw", "smoke")
    copy = tmp_path / "copy"
    shutil.copytree(ROOT, copy, ignore=leave)
    edited = copy / "scripts/training/frameworks/pytorch/idiomatic.py"
    code = edited.read_text()
    edited.write_text(code.replace("nn.CrossEntropyLoss()", "nn.CrossEntropyLoss(weight=None)"))
    assert edited.read_text() != code
    options = ["--cores", "2", "--configfile", "presets/quickstart.yaml"]
    elsewhere = {"cwd": copy, "env": {**os.environ, "TRAINCLOCK_ENVS": str(ENVIRONMENTS)}}
    done = call(SNAKEMAKE, *options, **elsewhere)
    assert done.returncode == 0, done.stdout
    assert planned_runs(done.stdout) == 0
    command = [sys.executable, "scripts", "status", "--older", "results/quickstart"]
    older = call(*command, cwd=copy).stdout.split()
    assert len([path for path in older if "/pytorch/" in path]) == 4
    assert f"{len(older)} finished runs were made by older training code" in done.stdout
    flags = (copy / "results/quickstart/tables/flags.md").read_text()
    assert f"| older code | {len(older)} |" in flags
    done = call(SNAKEMAKE, *options, "--dry-run", "--forcerun", *older, **elsewhere)
    assert planned_runs(done.stdout) == len(older)


def test_folds_share_the_import_of_their_framework_and_holdout_runs_do_not(records):
    for r in records:
        assert r.times.import_shared == (r.run.split == "kfold")
        assert r.times.import_s > 0.1
    for framework in FRAMEWORKS:
        of_folds = [r for r in records if (r.run.framework, r.run.split) == (framework, "kfold")]
        assert max(r.times.import_s for r in of_folds) < 1.5 * min(r.times.import_s for r in of_folds)
        assert len({tuple(r.threads.thread_pools.items()) for r in of_folds}) == 1


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_fold_learns_the_same_in_a_process_of_its_own(records, tmp_path, framework):
    (before,) = [r for r in records if (r.run.framework, r.run.split, r.run.fold) == (framework, "kfold", 2)]
    options = {"split": "kfold", "fold": 2, "splits": RESULTS / "splits/digits/kfold.npz"}
    done, path = train_by_hand(tmp_path, framework, threads=before.threads.threads, **options)
    assert done.returncode == 0, done.stdout
    again = record.read(path)
    # The quickstart may be of an earlier commit, and of a process in which scikit-learn has set variables.
    origin = dataclasses.replace(before.origin, workflow_commit=again.origin.workflow_commit)
    software = dataclasses.replace(before.software, variables=again.software.variables)
    assert (again.learning, again.run, again.origin) == (before.learning, before.run, origin)
    assert again.software == software
    assert again.threads.threads_reported == before.threads.threads_reported


def train_by_hand(tmp_path, framework, network=RESULTS / "networks/published/digits.json", **options):
    """One run on digits, called as its rule calls it: what call() gives, and where the record would lie."""
    command = [ENVIRONMENTS / framework / "bin" / "python", ROOT / "scripts", "train"]
    command += ["--framework", framework, "--dataset", "digits", "--split", "holdout"]
    command += ["--network", network, "--data", ROOT / "results/data/digits"]
    command += ["--splits", RESULTS / "splits/digits/holdout.npz", "--out", tmp_path / "r.json"]
    for name, value in options.items():
        command += [f"--{name}", value]
    return call(*command), tmp_path / "r.json"


def refused(*args, **options):
    """The words with which a run of PyTorch is refused."""
    done, record = train_by_hand(*args, "pytorch", **options)
    assert done.returncode == 1
    assert "Traceback" not in done.stdout
    assert not record.exists()
    return done.stdout


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_same_run_in_another_process_gives_the_same_bits(records, tmp_path, framework):
    (before,) = [r for r in records if (r.run.framework, r.run.split) == (framework, "holdout")]
    done, path = train_by_hand(tmp_path, framework, threads=before.threads.threads)
    assert done.returncode == 0, done.stdout
    again = record.read(path)
    assert again.learning == before.learning  # every epoch's loss, accuracy and loss of the test rows
    assert again.threads.threads_reported == before.threads.threads_reported


def test_a_run_outside_its_promised_environment_is_refused(quickstart, tmp_path):
    message = refused(tmp_path, environment=ENVIRONMENTS / "theano")
    assert "was promised the environment" in message


def test_a_network_that_counts_otherwise_stops_the_run(quickstart, tmp_path):
    recipe = json.loads((RESULTS / "networks/published/digits.json").read_text())
    recipe["network"]["parameters"] += 1
    (tmp_path / "digits.json").write_text(json.dumps(recipe))
    message = refused(tmp_path, network=tmp_path / "digits.json")
    assert "counts 17258 parameters for digits, not the 17259" in message
