"""The plan: what a few steps predict, what is finished already, and `snakemake plan` itself."""

import json
import shutil
import types

import factory
import numpy as np
import pandas as pd
import pytest
from commands import snakemake
from paths import ROOT

from scripts.core import training_spec
from scripts.core.errors import UserError
from scripts.core.text import duration, volume
from scripts.forecast import estimate, layers, page, probe
from scripts.workflow.run_status import finished

CONFIG = factory.CONFIG
PROBE = {
    "build_s": 1.0,
    "compile_s": 2.0,
    "import_s": 3.0,
    "load_s": 0.5,
    "calibrate_s": 0.5,
    "step_s": 0.1,
    "predict_first_s": 0.25,
    "predict_row_s": 0.001,
    "peak_memory_mb": 1000.0,
    "gpu_peak_memory_mb": None,
    "other_cores": 0.0,
    "started": "2026-01-01T00:00:00+00:00",
    "threads": 4,
    "machine": {"host": "node1", "cpu": "Test CPU", "cores": 8, "memory_mb": 16000, "gpu": None},
}


class Rows:
    """A split of 1000 rows, whatever the dataset."""

    def of(self, run_id):
        return (700, 300) if run_id.split == "holdout" else (900, 100)


def plan_of(planned, done=(), config=CONFIG, **probes):
    """The Plan of runs; `probes` are by framework, PROBE where not given."""
    kinds = {estimate.kind_of(run): {**PROBE, **probes.get(run.framework, {})} for run in planned}
    return estimate.forecast(config, planned, dict(done), kinds, Rows())


def outlook(plan, cores=4, free=10**12, config=CONFIG):
    return page.Outlook(
        table=estimate.tidy(plan),
        config=config,
        probes=list(plan.probes.values()),
        jobs=estimate.slurm_jobs(config, plan.missing),
        disk={"to_come": 4_200_000, "present": {}, "free": free},
        ratios=list(plan.ratios.values()),
        cores=cores,
    )


def record(run, train_s):
    """A finished run: build 0.5, compile 1.5, predict 0.125 seconds, and made from this config."""
    spec = training_spec.of_config(CONFIG, run.settings, run.dataset)
    return factory.make(run, train_s=train_s, origin={"network_digest": spec.digest})


# ---- what a run takes ----


def test_a_run_by_hand():
    found = estimate.of_run(PROBE, train_rows=700, test_rows=300, training=CONFIG["training"]["mnist"])
    assert found.train_s == pytest.approx(12 * 6 * 0.1)  # 12 epochs of 5 full batches of 128 and one of 60
    assert found.predict_s == pytest.approx(0.25 + 0.3)
    assert found.start_s == pytest.approx(4.0 + estimate.STARTING_S)
    assert found.seconds == pytest.approx(7.2 + 0.55 + 3.0 + 4.0 + estimate.STARTING_S)


def test_finished_runs_are_not_planned_again_and_correct_their_kind():
    planned = factory.plan(["mnist"], ["pytorch", "theano"], folds=3)
    expected = 12 * 6 * 0.1 + 1 + 2 + 0.55  # of the holdout run, without its start
    holdout = planned[0]
    taken = {"build_s": 1.0, "compile_s": 2.0, "predict_s": 0.55}
    done = {holdout: factory.make(holdout, train_s=2 * expected - 3.55, times=taken)}
    plan = plan_of(planned, done)
    assert len(plan.missing) == 7 and holdout not in plan.missing
    assert plan.ratios == {holdout: pytest.approx(2.0)}
    train = {run.framework: one.train_s for run, one in plan.missing.items() if run.split == "kfold"}
    assert train == {"pytorch": pytest.approx(2 * 12 * 8 * 0.1), "theano": pytest.approx(12 * 8 * 0.1)}
    assert {one.start_s for one in plan.missing.values()} == {4.0 + estimate.STARTING_S}
    reported = page.summary(outlook(plan))
    assert "8 runs planned, 1 finished, 7 to make." in reported
    assert "1 finished run of these kinds took 2.00 to 2.00" in " ".join(reported.split())


def test_table_adds_up_what_is_missing():
    table = estimate.tidy(plan_of(factory.plan(["mnist"], ["pytorch"], folds=3)))
    assert list(zip(table["split"], table["missing"], strict=True)) == [("holdout", 1), ("kfold", 3)]
    assert table["train_s"].tolist() == pytest.approx([7.2, 3 * 9.6])
    assert table["seconds"].tolist() == pytest.approx(table[estimate.PHASES].sum(axis=1).tolist())
    assert table["epoch_s"].tolist() == pytest.approx([0.6, 0.8])


def test_folds_that_share_a_slurm_job():
    config = {**CONFIG, "folds_per_job": {"default": 5}}
    plan = plan_of(factory.plan(["letter"], ["pytorch"]), config=config)
    jobs = estimate.slurm_jobs(config, plan.missing)
    of_fold = {(run.split, run.fold): one.seconds for run, one in plan.missing.items()}
    five = estimate.JOB_S + sum(of_fold["kfold", fold] for fold in range(5))
    assert sorted(jobs) == pytest.approx(sorted([estimate.JOB_S + of_fold["holdout", 0], five, five]))


def test_folds_after_the_first_of_their_job_import_nothing_where_they_are_forks():
    planned = factory.plan(["letter"], ["pytorch", "jax"], folds=3)
    missing = plan_of(planned).missing
    starts = {(run.framework, run.split, run.fold): one.start_s for run, one in missing.items()}
    whole, later = 4.0 + estimate.STARTING_S, 4.0 + estimate.FOLD_S
    assert starts["pytorch", "holdout", 0] == starts["pytorch", "kfold", 0] == whole
    assert starts["jax", "holdout", 0] == starts["jax", "kfold", 0] == whole
    assert starts["pytorch", "kfold", 1] == starts["pytorch", "kfold", 2] == later - PROBE["import_s"]
    assert starts["jax", "kfold", 2] == later


def test_a_changed_network_or_damage_makes_a_run_unfinished(tmp_path):
    planned = factory.plan(["mnist"], ["pytorch"], folds=3)
    factory.write_all([record(run, 10.0) for run in planned[:3]], tmp_path)
    learned = {run: record(run, 10.0).learning for run in planned}
    rows = {run: (one.train_rows, one.test_rows) for run, one in learned.items()}
    assert set(finished(CONFIG, planned, tmp_path, rows.get)) == set(planned[:3])
    planned[0].path(tmp_path).write_text("{}")
    assert set(finished(CONFIG, planned, tmp_path, rows.get)) == set(planned[1:3])
    other = json.loads(json.dumps(CONFIG))
    other["training"]["mnist"]["epochs"] = 3
    assert finished(other, planned, tmp_path, rows.get) == {}


def test_damaged_probe_is_named(tmp_path):
    folder = tmp_path / "published/cpu/pytorch/idiomatic"
    folder.mkdir(parents=True)
    (folder / "mnist.json").write_text('{"step_s": null}')
    with pytest.raises(UserError, match=r"idiomatic/mnist\.json: not what forecast/probe\.py writes"):
        estimate.read_probe(tmp_path, ("published", "cpu", "pytorch", "idiomatic", "mnist"))


def test_rows_are_counted_in_the_split_file(tmp_path):
    (tmp_path / "mnist").mkdir()
    arrays = {
        "train_0": np.arange(7),
        "test_0": np.arange(3),
        "train_1": np.arange(6),
        "test_1": np.arange(4),
    }
    np.savez(tmp_path / "mnist/kfold.npz", **arrays)
    runs = factory.plan(["mnist"], ["pytorch"], splits=["kfold"], folds=2)
    rows = estimate.Rows(tmp_path)
    assert [rows.of(run) for run in runs] == [(7, 3), (6, 4)]


# ---- what is printed ----


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (99, "99 s"), (100, "2 min"), (5400, "90 min"), (9000, "2.5 h"), (360000, "100 h")],
)
def test_durations(seconds, words):
    assert duration(seconds) == words


@pytest.mark.parametrize(("count", "words"), [(4200, "4.2 kB"), (13e6, "13 MB"), (1.5e12, "1.5 TB")])
def test_volumes(count, words):
    assert volume(count) == words


def test_summary_has_a_line_for_each_dataset_and_split_and_a_sum():
    reported = page.summary(outlook(plan_of(factory.plan(["mnist", "letter"], ["pytorch", "theano"]))))
    lines = [line.split() for line in reported.splitlines()]
    assert ["dataset", "split", "PyTorch", "Theano", "all", "runs"] in lines
    assert ["mnist", "holdout", "17", "s", "17", "s", "34", "s", "2"] in lines
    assert lines[lines.index(["dataset", "split", "PyTorch", "Theano", "all", "runs"]) + 5][-1] == "44"
    assert "no finished run of these kinds" in " ".join(reported.split())
    assert "--resources" not in reported
    assert "Careful" not in reported


def test_side_by_side_where_there_are_cores():
    reported = page.summary(outlook(plan_of(factory.plan(["mnist"], ["pytorch"])), cores=9))
    assert "2 at a time (--resources timed_run=2: 9 cores, 4 threads each)" in " ".join(reported.split())


def test_what_will_go_wrong_is_told_with_its_key():
    slow = {"step_s": 300.0, "peak_memory_mb": 15000.0, "other_cores": 0.9}
    plan = plan_of(factory.plan(["mnist"], ["pytorch"], splits=["holdout"]), pytorch=slow)
    reported = " ".join(page.summary(outlook(plan, free=1000)).split())
    assert "set cluster.runtime.mnist to 550" in reported  # 12 x 6 x 300 s are 360 minutes, by half more
    assert "set it to 18000" in reported
    assert "kept up to 0.9 cores busy" in reported
    assert "hardly enough for one run" in reported
    assert "more than the disk has free" in reported


def test_nothing_left_to_run():
    planned = factory.plan(["mnist"], ["pytorch"], splits=["holdout"])
    plan = estimate.forecast(CONFIG, planned, {planned[0]: record(planned[0], 9.0)}, {}, Rows())
    reported = page.summary(outlook(plan))
    assert "1 run planned, 1 finished, 0 to make." in reported and "Nothing is left to run." in reported
    assert page.page(outlook(plan)).blocks[0].rows


def test_layers_stand_side_by_side():
    """Of a framework with layers of its own, of one without any, and not of a tuned implementation."""
    letter = CONFIG["networks"]["letter"]["layers"]
    listed = [
        [["Linear", [50], 850], ["ReLU", [50], 0]],
        [["Dropout", [50], 0]],
        [["Linear", [22], 1122], ["ReLU", [22], 0]],
        [["Dropout", [22], 0]],
        [["Linear", [26], 598]],
    ]
    own = {"input_shape": [16], "dataset": "letter"}
    probes = [
        {**own, "framework": "pytorch", "layers": listed},
        {**own, "framework": "jax", "layers": []},
        {**own, "framework": "tensorflow"},
    ]
    (found,) = layers.blocks(probes, CONFIG)
    assert found.title == "Layers of Letter Recognition"
    assert found.header == [*layers.HEADER, "PyTorch", "JAX"]
    words = [[cell.text for cell in row] for row in found.rows]
    assert words[0] == ["dense 50, relu", "50", "850", "800", "Linear, ReLU: 50, 850", "no layers"]
    assert words[1] == ["dropout 0.2", "50", "", "", "Dropout: 50", "no layers"]
    assert words[-1][-2:] == ["2,570", "functions of arrays"]
    assert len(words) == len(letter) + 1


def test_many_frameworks_have_their_layers_in_several_blocks():
    names = ["tensorflow", "pytorch", "theano", "jax", "paddle"]
    own = {"input_shape": [16], "dataset": "letter", "layers": []}
    found = list(layers.blocks([{**own, "framework": name} for name in names], CONFIG))
    assert [len(block.header) - len(layers.HEADER) for block in found] == [4, 1]


# ---- the probe ----


@pytest.mark.parametrize(("rows", "steps", "used"), [(1000, 4, 3 * 128 + 104), (1024, 4, 512), (100, 1, 100)])
def test_part_of_the_rows_ends_with_the_same_smaller_batch(rows, steps, used):
    assert probe.Steps(rows, 128).rows_of(steps) == used
    assert probe.Steps(rows, 128).rows_of(probe.Steps(rows, 128).steps) == rows


class Trainer:
    """Each step takes so many seconds."""

    def __init__(self, rows, step_s, clock):
        self.rows, self.step_s, self.clock = rows, step_s, clock

    def train(self, epochs, clock, order):
        for _ in range(epochs):
            clock.start()
            self.clock.now += self.step_s * -(-len(self.rows.y_train) // 10)
            clock.stop(lambda: 1.0)

    def nothing(self, *_):
        return None

    step = synchronize = snapshot = restore = predict = nothing


@pytest.mark.parametrize(("step_s", "steps"), [(0.05, 20), (0.0001, 100), (2.0, 4)])
def test_as_many_rows_as_take_a_second(monkeypatch, step_s, steps):
    """But never more than there are, nor fewer than the first look takes."""
    clock = types.SimpleNamespace(now=0.0)
    monkeypatch.setattr(probe.timing, "default_timer", lambda: clock.now)
    watch = types.SimpleNamespace(before=lambda: None, after=lambda: None)
    data = factory_rows(995)
    spec = training_spec.TrainingSpec("mnist", 1, {}, {"batch_size": 10})
    found, last = probe.measured_steps(
        data, spec, "published", watch, lambda part: Trainer(part, step_s, clock)
    )
    assert found["steps"] == steps
    assert found["step_s"] == pytest.approx(step_s)
    assert len(last.rows.y_train) == 10 * steps - 5


def factory_rows(count):
    x, y = np.zeros((count, 2), np.float32), np.zeros(count, np.int64)
    return probe.rows.Rows(x, y, x, y, 2, "data", "split")


# ---- snakemake plan ----


def test_snakemake_plan_measures_what_is_missing_and_ends_with_its_forecast(quickstart, tmp_path):
    """A quickstart of PyTorch whose cross-validation is missing."""
    leave = shutil.ignore_patterns("plan", "kfold")  # also the file of the split is kfold.npz, and stays
    shutil.copytree(ROOT / "results/data", tmp_path / "results/data")
    shutil.copytree(ROOT / "results/quickstart", tmp_path / "results/quickstart", ignore=leave)
    options = ["--configfile", ROOT / "presets/quickstart.yaml", "--config", "frameworks=[pytorch]"]
    done = snakemake("plan", *options, directory=tmp_path)
    assert done.returncode == 0, done.stdout
    assert "Measuring a few steps of digits in pytorch" in done.stdout
    assert "Training digits" not in done.stdout
    end = done.stdout[done.stdout.index("Plan: 4 runs planned, 1 finished, 3 to make.") :]
    for words in ("PyTorch  runs", "On SLURM", "Memory of a run", "Certainty: 1 finished run", "plan.html"):
        assert words in end
    assert "Finished jobid" not in end
    table = pd.read_csv(tmp_path / "results/quickstart/plan/plan.csv")
    missing = table[table["missing"] > 0].iloc[0]
    assert (missing["split"], missing["missing"]) == ("kfold", 3)
    assert missing["train_s"] > 0 and missing["memory_mb"] > 100
    assert missing["seconds"] == pytest.approx(missing[estimate.PHASES].sum())
    measured = json.loads(
        (tmp_path / "results/quickstart/plan/published/cpu/pytorch/idiomatic/digits.json").read_text()
    )
    made = [[name for name, _, _ in parts] for parts in measured["layers"]]
    assert made[0] == ["Conv2d", "ReLU"] and made[-1] == ["Linear"]
    assert "Conv2d, ReLU: " in (tmp_path / "results/quickstart/plan/plan.html").read_text()
    assert measured["steps"] >= probe.FIRST_STEPS and len(measured["epochs_s"]) >= probe.LEAST_EPOCHS
