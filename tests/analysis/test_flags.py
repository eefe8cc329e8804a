"""Flags are found once, when the records are collected; everything after reads the column."""

import csv
import json

import factory
import matplotlib.pyplot as plt
import pytest

from scripts import figures, tables
from scripts.analysis import flags
from scripts.analysis.experiment import Experiment
from scripts.analysis.study import printed_figures as study
from scripts.core import validity
from scripts.figures import explore
from scripts.figures.draw import draw
from scripts.records import read_records, run_flags, run_table
from scripts.tables.terminal import summary

PLAN = factory.plan(["letter"], ["tensorflow", "pytorch"], folds=3)
BUSY = {"surroundings": {"other_cores": 1.5}}


def doubtful(run):
    return factory.make(run, **(BUSY if run.framework == "pytorch" and run.fold == 1 else {}))


def test_collect_finds_the_flags_of_each_run_once_and_nothing_does_after(tmp_path, monkeypatch):
    calls, checks = [], []
    real, real_check = validity.doubts, validity.CHECKS[0].find
    counted = validity.Check("stolen time", "stolen", lambda *a: checks.append(1) or real_check(*a), "advice")
    monkeypatch.setattr(validity, "doubts", lambda *a: calls.append(1) or real(*a))
    monkeypatch.setattr(validity, "CHECKS", [counted, *validity.CHECKS[1:]])
    runs, _ = factory.table(PLAN, [doubtful(run) for run in PLAN[:-1]], tmp_path)
    assert len(calls) == len(checks) == len(PLAN) - 1  # one has no record

    for name in ("doubts", "verdict"):
        monkeypatch.setattr(validity, name, lambda *a: pytest.fail("flags are computed again"))
    for name in ("add_flags", "stale", "mixed"):
        monkeypatch.setattr(run_flags, name, lambda *a: pytest.fail("flags are computed again"))
    experiment = Experiment(runs, study.read(), factory.CONFIG["comparison"])
    for name in tables.NAMES:
        table = tables.module(name)
        table.page(table.tidy(experiment), experiment)
    for figure in figures.planned(
        PLAN, {*study.read()[["dataset", "framework"]].itertuples(index=False, name=None)}
    ):
        draw(figure.name, experiment, figure.dataset)
        plt.close("all")
    explore.rows(runs)
    summary.summary(runs)
    assert len(checks) == len(PLAN) - 1


def test_the_column_has_the_flags_of_finished_runs_alone(tmp_path):
    runs, _ = factory.table(PLAN, [doubtful(run) for run in PLAN[:-1]], tmp_path)
    found = {tuple(run[flags.RUN_ID]): run["flags"] for _, run in runs.iterrows()}
    *finished, missing = found.values()
    assert missing is None
    assert sorted(map(len, finished)) == [0] * 6 + [1]
    (one,) = found["published", "cpu", "pytorch", "idiomatic", "letter", "kfold", 0, 1]
    assert one == {"flag": "busy machine", "excess": 6.0, "reason": "others kept 1.5 cores busy while it ran"}
    assert flags.ids(runs) == {("published", "cpu", "pytorch", "idiomatic", "letter", "kfold", 0, 1)}
    assert flags.counts(runs) == {("published", "idiomatic", "cpu", "kfold", "letter", "pytorch"): 1}


def test_the_csv_file_has_them_as_json(tmp_path):
    folder = factory.write_all([doubtful(run) for run in PLAN[:-1]], tmp_path / "runs")
    run_table.write_csv(read_records.collect(factory.CONFIG, PLAN, folder), tmp_path / "runs.csv")
    with (tmp_path / "runs.csv").open(newline="") as file:
        texts = [row["flags"] for row in csv.DictReader(file)]
    assert texts[-1] == "" and texts.count("[]") == 6
    (busy,) = (json.loads(text) for text in texts if len(text) > 2)
    assert [one["flag"] for one in busy] == ["busy machine"]


def test_every_flag_has_advice_and_a_place_in_the_table():
    names = {check.flag for check in validity.CHECKS}
    assert set(run_flags.ADVICE) == {*names, "failed", "missing", run_flags.STALE, run_flags.MIXED}
    assert list(run_flags.ADVICE)[:2] == ["failed", "missing"]


def test_a_run_can_carry_several_flags_and_the_table_sorts_them(tmp_path):
    plan = factory.plan(["mnist", "letter"], splits=["holdout"])
    made = [factory.make(run) for run in plan]
    for n in (0, 3):  # TensorFlow on both datasets
        made[n].origin.data_digest = made[n].origin.split_digest = "old"
        made[n].finished = "2025-01-01T00:00:00+00:00"
        made[n].machine.cpu = "Other CPU"
        made[n].surroundings.other_cores = 1.0
    found = flags.table(factory.table(plan, made, tmp_path)[0])
    places = list(zip(found["flag"], found["dataset"], strict=True))
    assert places[:2] == [("busy machine", "mnist"), ("busy machine", "letter")]  # in the plan's order
    assert places[2:] == [
        (flag, name) for flag in ("stale", "stale", "mixed machines") for name in ("letter", "mnist")
    ]
    assert [reason.split(" changed")[0] for reason in found["reason"][2:6]] == [
        *["the prepared data"] * 2,
        *["the split"] * 2,
    ]
    assert len(flags.ids(factory.table(plan, made, tmp_path / "again")[0])) == 2


def calibrated(folder, speeds, plan=None):
    """Flags of runs whose machines multiplied at these speeds, as (framework, fold) and reason."""
    plan = plan or factory.plan(["letter"], ["tensorflow", "pytorch"], splits=["kfold"], folds=4)
    made = [factory.make(run, state={"calibration_gflops": speeds(run)}) for run in plan]
    found = flags.table(factory.table(plan, made, folder)[0])
    assert set(found["flag"]) <= {"mixed machines"}
    return list(zip(found["framework"], found["fold"], found["split"], strict=True)), list(found["reason"])


def test_a_machine_of_the_same_name_and_another_speed_is_another_machine(tmp_path):
    """TensorFlow and PyTorch multiply at speeds of their own on one machine."""
    own = {"tensorflow": 485.0, "pytorch": 224.0}
    which, reasons = calibrated(
        tmp_path / "a", lambda run: own[run.framework] * (0.86 if run.fold == 3 else 1)
    )
    assert which == []
    which, reasons = calibrated(
        tmp_path / "b", lambda run: own[run.framework] * (0.84 if run.fold == 3 else 1)
    )
    assert which == [("tensorflow", 3, "kfold"), ("pytorch", 3, "kfold")]
    assert "407 GFLOP/s just before, those compared with it at 485 (median)" in reasons[0]
    which, _ = calibrated(tmp_path / "c", lambda run: 0.0 if run.fold == 3 else 485.0)  # not known
    assert which == []


def test_both_splits_are_compared_and_settings_are_not(tmp_path):
    plan = factory.plan(["letter"], ["pytorch"], folds=3)
    which, _ = calibrated(tmp_path / "a", lambda run: 200.0 if run.split == "holdout" else 100.0, plan)
    assert which == [("pytorch", 0, "holdout")]
    plan = factory.plan(["letter"], ["pytorch"], splits=["holdout"], settings=["published", "matched"])
    which, _ = calibrated(tmp_path / "b", lambda run: 200.0 if run.settings == "matched" else 100.0, plan)
    assert which == []
