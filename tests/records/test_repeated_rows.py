"""Repeated rows, and test rows that are also trained on: counted, shown, and marked beside accuracies."""

import factory
import numpy as np
import pandas as pd

from scripts import tables
from scripts.analysis.experiment import Experiment
from scripts.analysis.study import printed_figures as study
from scripts.records import repeated_rows
from scripts.records.repeated_rows import RepeatedRows
from scripts.tables import page_markdown

X = np.array([[1, 2], [1, 2], [3, 4], [1, 2], [5, 6], [3, 4]], np.uint8)
Y = np.array([0, 0, 1, 1, 0, 1])  # row 3 has the numbers of row 0, and another label


def test_rows_are_equal_with_their_label():
    assert repeated_rows.row_numbers(X, Y).tolist() == [0, 0, 1, 2, 3, 1]
    assert repeated_rows.row_numbers(X.astype(np.float32), Y).tolist() == [0, 0, 1, 2, 3, 1]
    images = np.arange(12, dtype=np.uint8).reshape(3, 2, 2, 1)
    assert repeated_rows.row_numbers(images[[0, 1, 0]], np.zeros(3, int)).tolist() == [0, 1, 0]


def test_counts_are_of_the_rows_that_the_split_uses():
    numbers = repeated_rows.row_numbers(X, Y)
    assert repeated_rows.counts(numbers, np.array([0, 2, 4]), np.array([1, 3, 5])) == {
        "repeated_rows": 2,
        "seen_test_rows": 2,
    }
    twice_trained_on = repeated_rows.counts(np.array([0, 0, 0, 1]), np.array([0, 1]), np.array([2, 3]))
    assert twice_trained_on == {
        "repeated_rows": 2,
        "seen_test_rows": 1,
    }  # of the test rows, not of the others
    assert repeated_rows.counts(numbers, np.array([0, 1, 4]), np.array([2])) == {
        "repeated_rows": 1,
        "seen_test_rows": 0,
    }


def test_each_run_has_those_of_its_fold(tmp_path):
    (tmp_path / "data/letter").mkdir(parents=True)
    np.save(tmp_path / "data/letter/x.npy", X)
    np.save(tmp_path / "data/letter/y.npy", Y)
    run = factory.plan(["letter"], ["pytorch"], splits=["kfold"], folds=2)
    file = run[0].file_of_split(tmp_path / "splits")
    file.parent.mkdir(parents=True)
    parts = {"train_0": [0, 1], "test_0": [2, 5], "train_1": [2, 1], "test_1": [0, 5]}
    np.savez(file, **{name: np.array(rows) for name, rows in parts.items()})
    found = RepeatedRows(tmp_path / "data", tmp_path / "splits")
    assert found.of_run(run[0]) == {"repeated_rows": 2, "seen_test_rows": 0}
    assert found.of_run(run[1]) == {"repeated_rows": 2, "seen_test_rows": 2}
    (other,) = factory.plan(["mnist"], ["pytorch"], splits=["holdout"])
    assert found.of_run(other) == RepeatedRows().of_run(run[0]) == {}


def experiment(folder, seen):
    """Letter in PyTorch, on a holdout split and three folds; `seen` test rows of each are trained on."""
    plan = factory.plan(["letter"], ["pytorch"], folds=3)
    runs, _ = factory.table(plan, [factory.make(run) for run in plan], folder)
    runs = runs.assign(seen_test_rows=seen, repeated_rows=1332)
    return Experiment(runs, study.read(), factory.CONFIG["comparison"])


def shown(name, found):
    module = tables.module(name)
    return page_markdown.markdown(module.page(module.tidy(found), found))


def test_the_table_has_a_row_for_each_split(tmp_path):
    found = experiment(tmp_path, 60)
    holdout, kfold = tables.module("data").tidy(found).to_dict("records")
    assert (holdout["rows"], holdout["repeated_rows"], holdout["folds"]) == (20000, 1332, 1)
    assert (holdout["test_rows"], holdout["seen_percent"]) == (6000, 1.0)
    assert (kfold["folds"], kfold["test_rows"], kfold["seen_test_rows"]) == (3, 6000, 180)
    assert "| Letter Recognition | holdout split | 20000 | 1332 | 6.66 | 1 | 6000 | 60 | 1.00 |" in shown(
        "data", found
    )


def test_accuracies_that_rest_on_seen_rows_are_marked(tmp_path):
    page = shown("accuracy", experiment(tmp_path, 60))
    assert "90.00 (1.0 % seen)" in page and "(3.1 % seen): so many" in page
    assert "seen" not in shown("accuracy", experiment(tmp_path, 5))


def test_where_the_data_are_not_there_nothing_is_known(tmp_path):
    found = experiment(tmp_path, pd.NA)
    assert "not known" in shown("data", found) and "seen" not in shown("accuracy", found)
