"""Which runs are finished, which failed, and which older code made; and the commands that print these."""

import json
import subprocess
import sys
from functools import partial

import factory
import numpy as np
import pytest
from paths import ROOT

from scripts.analysis.study import printed_figures as study
from scripts.core import record, training_spec
from scripts.data import splits
from scripts.training.code_digest import trainer_digest
from scripts.workflow import run_status

CONFIG = factory.CONFIG
SCRIPT = ROOT / "scripts", "status"
PLANNED = factory.plan(["mnist"], ["pytorch"], folds=2)


def rows(run, config=CONFIG):
    return run_status.rows_of(config, {run.dataset: vars(study.PROTOCOLS[run.dataset])}, run)


def write(run, folder, **origin):
    """Write the record of a run, made from the config by the present code."""
    made_from = training_spec.of_config(CONFIG, run.settings, run.dataset).digest
    facts = {"network_digest": made_from, "trainer_digest": trainer_digest(run.framework), **origin}
    record.write(factory.make(run, origin=facts), run.path(folder))


def fail(path):
    failure = record.Failure("it diverged", "2026-01-01", "2026-01-02", "node1")
    path.parent.mkdir(parents=True, exist_ok=True)
    record.write_failure(failure, path)
    return failure


def printed(*options):
    done = subprocess.run([sys.executable, *SCRIPT, *options], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.splitlines(), done.stderr


def test_unfinished_runs_keep_their_order(tmp_path):
    write(PLANNED[1], tmp_path)
    assert [*run_status.finished(CONFIG, PLANNED, tmp_path, rows)] == [PLANNED[1]]
    assert run_status.to_make(CONFIG, PLANNED, tmp_path, rows) == [PLANNED[0], PLANNED[2]]
    other = {**CONFIG, "seed": 1}
    assert run_status.to_make(other, PLANNED, tmp_path, rows) == PLANNED


@pytest.mark.parametrize("split", [{"rows": 1000}, {"test_size": 0.2}, {"folds": 5}])
def test_a_run_on_other_rows_is_not_finished(tmp_path, split):
    write(PLANNED[0], tmp_path)  # holdout
    write(PLANNED[1], tmp_path)  # the first fold
    config = {**CONFIG, "split": {**CONFIG["split"], **split}}
    found = run_status.to_make(config, PLANNED[:2], tmp_path, partial(rows, config=config))
    left = {"rows": ["holdout", "kfold"], "test_size": ["holdout"], "folds": ["kfold"]}
    assert [run.split for run in found] == left[next(iter(split))]
    assert run_status.to_make(CONFIG, PLANNED[:2], tmp_path, lambda run: None) == PLANNED[:2]  # not prepared


@pytest.mark.parametrize("number, folds", [(70000, 10), (103, 10), (11, 3), (20000, 7)])
def test_rows_of_a_fold_are_those_that_scikit_learn_draws(number, folds):
    drawn = splits.kfold(np.arange(number), folds, 1), splits.holdout(np.arange(number), 0.3, 1)
    config = {**CONFIG, "split": {**CONFIG["split"], "folds": folds, "rows": None}}
    for run in factory.plan(["mnist"], ["pytorch"], folds=folds):
        train, test = drawn[run.split == "holdout"][run.fold]
        assert run_status.rows_of(config, {"mnist": {"rows": number}}, run) == (len(train), len(test))


def test_a_recorded_failure_is_not_finished_and_has_its_reason(tmp_path):
    path = PLANNED[0].path(tmp_path)
    failure = fail(path)
    write(PLANNED[1], tmp_path)
    paths = [run.path(tmp_path) for run in PLANNED]
    assert run_status.recorded_failures(paths) == {path: failure}
    assert run_status.recorded_reasons(paths) == {path: "it diverged"}
    assert run_status.to_make(CONFIG, PLANNED, tmp_path, rows) == PLANNED[2:]  # it is not tried again


def test_older_code_is_found_in_records_alone(tmp_path):
    write(PLANNED[0], tmp_path, trainer_digest="0" * 16)
    write(PLANNED[1], tmp_path)
    fail(PLANNED[2].path(tmp_path))
    paths = [run.path(tmp_path) for run in PLANNED]
    assert run_status.made_by_older_code([*paths, tmp_path / "none.json"]) == [paths[0]]


def test_the_present_code_has_a_digest_for_each_framework():
    first, second = run_status.training_code(["pytorch", "theano"])
    assert first == f"pytorch={trainer_digest('pytorch')}" and second.startswith("theano=")
    assert first.partition("=")[2] != second.partition("=")[2]


def test_the_commands_print_a_path_a_line(tmp_path):
    write(PLANNED[0], tmp_path / "runs", trainer_digest="0" * 16)
    write(PLANNED[1], tmp_path / "runs")
    config = {**CONFIG, "frameworks": ["pytorch"], "datasets": ["mnist"]}
    factory.write_experiment(PLANNED, tmp_path / "experiment.json", config)
    parity = "parity/cpu/pytorch/idiomatic/mnist-float32.npz"
    failed = [tmp_path / parity, PLANNED[2].path(tmp_path / "runs")]
    for path in failed:
        fail(path)
    (tmp_path / "plan").mkdir()
    (tmp_path / "plan" / "fold-0.json").write_text(json.dumps({}))
    assert printed("--failed", tmp_path) == (0, [*map(str, failed)], "")
    assert printed("--older", tmp_path) == (0, [str(PLANNED[0].path(tmp_path / "runs"))], "")


def test_runs_that_are_not_planned_any_more_are_not_printed(tmp_path):
    """No rule of the workflow makes them: --forcerun would end in an error, or train what nobody wants."""
    factory.write_experiment(PLANNED[:1], tmp_path / "experiment.json", {**CONFIG, "frameworks": ["pytorch"]})
    for run in PLANNED:
        write(run, tmp_path / "runs", trainer_digest="0" * 16)
    fail(tmp_path / "parity/cpu/theano/idiomatic/mnist-float32.npz")
    assert printed("--older", tmp_path) == (0, [str(PLANNED[0].path(tmp_path / "runs"))], "")
    assert printed("--failed", tmp_path) == (0, [], "")


def test_without_an_experiment_the_file_is_named(tmp_path):
    code, _, error = printed("--failed", tmp_path)
    assert code == 1 and f"{tmp_path}/experiment.json: there is no such file" in error


@pytest.mark.parametrize("option", ["--failed", "--older"])
def test_a_folder_that_is_not_there_is_named(tmp_path, option):
    code, lines, error = printed(option, tmp_path / "none")
    assert (code, lines) == (1, [])
    assert error == f"error: {tmp_path}/none: there is no such folder\n"


def test_one_of_the_two_is_asked_for(tmp_path):
    assert printed(tmp_path)[0] == printed("--failed", "--older", tmp_path)[0] == 2
