"""One record as a page that a person can read."""

import shutil

import factory
import pytest

from scripts.core import record
from scripts.core.errors import UserError
from scripts.tables.terminal.run_page import explain


@pytest.fixture
def results(tmp_path):
    planned = factory.plan(["digits"], ["pytorch", "theano"], folds=3)
    factory.write_experiment(planned, tmp_path / "experiment.json")
    records = [factory.make(run, train_s=4.0 if run.framework == "theano" else 2.0) for run in planned]
    records[-2] = factory.make(
        planned[-2], train_s=2.0, surroundings={"steal_share": 0.2, "other_cores": 0.0}
    )
    factory.write_all(records, tmp_path / "runs")
    return tmp_path


def file_of(results, framework="pytorch", split="kfold", fold=0):
    return results / f"runs/published/cpu/{framework}/idiomatic/digits/{split}/fold-{fold}.json"


def lines(page):
    return [" ".join(line.split()) for line in page.splitlines()]


def test_the_page_of_a_clean_run(results):
    page = explain(file_of(results), {})
    found = lines(page)
    assert found[0] == "PyTorch, idiomatic, on Digits: cross-validation, fold 0, published settings, CPU"
    assert found[1].startswith("clean: ")
    assert "compile 1.500 what the first training step costs beyond the second" in found
    assert "total 4.000 build + compile + train: what the tables compare" in found
    assert "accuracy 90.00 % of 180 test rows" in found
    assert "threads 4 4 reported, 4 computed, on cores of its own: 0-3" in found
    assert "framework_version 1.2.3" in found
    assert "None" not in page
    assert "nan" not in page


def test_a_run_is_set_beside_other_frameworks_and_folds(results):
    found = lines(explain(file_of(results), {}))
    assert any(line.startswith("PyTorch 4.00 1.00 x") and line.endswith("this run") for line in found)
    assert any(line.startswith("Theano 6.00 1.50 x") for line in found)
    assert sum(line.startswith("fold ") for line in found) == 3
    holdout = lines(explain(file_of(results, split="holdout"), {}))
    assert not any(line.startswith("fold ") for line in holdout)


def test_an_attempt_is_shown_itself_and_called_one(results):
    """Not the record that counts, beside which it is kept."""
    file = file_of(results)
    attempt = file.with_name("fold-0.attempts") / "1.json"
    attempt.parent.mkdir()
    record.write(factory.make(record.read(file).run, train_s=50.0), attempt)
    found = lines(explain(attempt, {}))
    assert found[0] == f"An attempt, kept beside the record that counts: {file}"
    assert "total 52.000 build + compile + train: what the tables compare" in found


def test_what_disturbed_a_run_is_said_with_the_advice(results):
    found = lines(explain(file_of(results, fold=2), {}))
    assert found[1].startswith("stolen: the hypervisor gave")
    assert found[2].startswith("- stolen time: ")
    assert "What to do: " in " ".join(found[2:5])
    assert any(line.startswith("fold 2") and line.endswith("this run") for line in found)
    others = lines(explain(file_of(results), {}))
    assert any(line.startswith("fold 2") and line.endswith("stolen") for line in others)


def test_older_code_is_a_flag_where_the_present_code_is_known(results):
    assert "older code" in explain(file_of(results), {"pytorch": "1" * 16})


def test_a_run_that_is_not_there_yet_is_a_gap(results):
    file_of(results, fold=1).unlink()
    found = lines(explain(file_of(results), {}))
    assert "fold 1 - - - - missing" in found


def test_a_failure_is_one_line(results):
    file = file_of(results)
    record.write_failure(
        record.Failure("memory ran out", "2026-01-01T00:00:00+00:00", "2026-01-01T00:00:09+00:00", "node1"),
        file,
    )
    assert explain(file, {}).endswith("failed on node1, 2026-01-01 00:00:00 to 00:00:09 UTC: memory ran out")


def test_what_is_no_record_of_an_experiment_is_refused(results, tmp_path_factory):
    with pytest.raises(UserError, match="there is no such file"):
        explain(results / "nothing.json", {})
    with pytest.raises(UserError, match="not a run record"):
        explain(results / "experiment.json", {})
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "fold-0.json"
    shutil.copy(file_of(results), elsewhere)
    with pytest.raises(UserError, match="lies in no results folder"):
        explain(elsewhere, {})
