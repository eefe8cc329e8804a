"""Restoring: an experiment goes on where an export ends, with its own runs only."""

import copy

import factory
import pytest

from scripts.compare import export, restore
from scripts.core import record
from scripts.core.errors import UserError


def experiment(folder, config=factory.CONFIG, folds=3, made=2):
    """Results of MNIST in PyTorch: holdout and folds, the first `made` finished."""
    folder.mkdir(exist_ok=True)
    planned = factory.plan(["mnist"], ["pytorch"], folds=folds)
    factory.write_experiment(planned, folder / "experiment.json", config)
    factory.write_all([factory.make(run, config) for run in planned[:made]], folder / "runs")
    return folder, planned


@pytest.fixture
def packed(tmp_path):
    folder, _ = experiment(tmp_path / "before")
    return str(export.export(folder, tmp_path / "before.tar.gz")[0])


def test_the_experiment_goes_on_with_the_same_records(tmp_path, packed):
    folder, planned = experiment(tmp_path / "now", made=0)
    count, why = restore.restore(packed, folder, tmp_path)
    assert (dict(count), why) == ({"written": 2}, "")
    for run in planned[:2]:
        before, now = (record.read(run.path(tmp_path / name / "runs")) for name in ("before", "now"))
        assert before == now
    assert not planned[2].path(folder / "runs").exists()
    assert restore.restore(packed, folder, tmp_path)[0] == {"there": 2}


def test_a_run_that_has_a_record_keeps_it(tmp_path, packed):
    folder, planned = experiment(tmp_path / "now", made=0)
    factory.write_all([factory.make(planned[0], train_s=5.0)], folder / "runs")
    own = planned[0].path(folder / "runs").read_bytes()
    count, _ = restore.restore(packed, folder, tmp_path)
    assert count == {"written": 1, "there": 1}
    assert planned[0].path(folder / "runs").read_bytes() == own
    assert list(restore.in_words(count, "")) == ["1 record restored", "1 run had a record, which stays"]


def test_a_recorded_failure_gives_way_to_a_record(tmp_path, packed):
    folder, planned = experiment(tmp_path / "now", made=0)
    place = planned[0].path(folder / "runs")
    record.write_failure(record.Failure("out of memory", "", "", "host"), place)
    assert restore.restore(packed, folder, tmp_path)[0] == {"written": 2}
    assert record.read(place).run == planned[0]


def test_records_of_another_config_are_left_out(tmp_path, packed):
    config = copy.deepcopy(factory.CONFIG)
    config["training"]["mnist"]["epochs"] += 1
    folder, _ = experiment(tmp_path / "now", config, made=0)
    count, why = restore.restore(packed, folder, tmp_path)
    assert count == {"other": 2}
    assert "was made with another training.mnist" in why
    assert not (folder / "runs").exists() or not list((folder / "runs").rglob("*.json"))
    assert "2 records left out" in list(restore.in_words(count, why))[-1]


def test_an_experiment_that_is_not_prepared_is_refused(tmp_path, packed):
    with pytest.raises(UserError, match=r"has no experiment\.json; `make restore` writes it"):
        restore.restore(packed, tmp_path / "nothing", tmp_path)
    with pytest.raises(UserError, match="not an export"):
        restore.restore(str(tmp_path / "before" / "experiment.json"), tmp_path / "nothing", tmp_path)
