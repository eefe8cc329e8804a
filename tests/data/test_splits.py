"""scripts/split.py: the row numbers of every fold."""

import sys

import numpy as np
import pytest
from sklearn.model_selection import KFold, train_test_split

from scripts.core import errors
from scripts.data import splits

LABELS = np.arange(1000) % 26


@pytest.fixture
def drawn(tmp_path, monkeypatch):
    """drawn(*options): run split.py on LABELS; the arrays of its file."""
    np.save(tmp_path / "y.npy", LABELS)

    def call(*options, out="split.npz"):
        options = ["--y", tmp_path / "y.npy", "--out", tmp_path / out, *options]
        monkeypatch.setattr(sys, "argv", ["split.py", *map(str, options)])
        splits.main()
        with np.load(tmp_path / out) as arrays:
            return dict(arrays)

    return call


def test_holdout_is_scikit_learns(drawn):
    arrays = drawn("--split", "holdout", "--test-size", 0.3, "--seed", 2020)
    train, test = train_test_split(np.arange(1000), test_size=0.3, random_state=2020)
    assert list(arrays) == ["train_0", "test_0"]
    assert np.array_equal(arrays["train_0"], train) and np.array_equal(arrays["test_0"], test)
    assert (len(train), len(test)) == (700, 300)


def test_kfold_is_scikit_learns(drawn):
    arrays = drawn("--split", "kfold", "--folds", 10, "--seed", 2020)
    folds = KFold(10, shuffle=True, random_state=2020).split(np.arange(1000))
    for number, (train, test) in enumerate(folds):
        assert np.array_equal(arrays[f"train_{number}"], train)
        assert np.array_equal(arrays[f"test_{number}"], test)
    assert len(arrays) == 20


@pytest.mark.parametrize("rows", [None, 130, 27, 999])
@pytest.mark.parametrize("kind", ["holdout", "kfold"])
def test_every_fold_parts_the_same_rows(drawn, kind, rows):
    arrays = drawn("--split", kind, *(["--rows", rows] if rows else []))
    assert {array.dtype for array in arrays.values()} == {np.dtype(np.int64)}
    used = np.sort(np.concatenate([arrays["train_0"], arrays["test_0"]]))
    assert len(np.unique(used)) == len(used) == (rows or 1000)
    for number in range(len(arrays) // 2):
        both = np.concatenate([arrays[f"train_{number}"], arrays[f"test_{number}"]])
        assert np.array_equal(np.sort(both), used)
    if kind == "kfold":
        tested = np.concatenate([arrays[f"test_{number}"] for number in range(10)])
        assert np.array_equal(np.sort(tested), used)


def test_drawn_rows_keep_every_class():
    for number in (26, 30, 130, 974):
        rows = splits.draw(LABELS, number, seed=1)
        assert len(np.unique(LABELS[rows])) == 26
    assert np.bincount(LABELS[splits.draw(LABELS, 130, seed=1)]).tolist() == [5] * 26


@pytest.mark.parametrize("number", [2, 25, 975, 999, 1000])
def test_drawn_rows_where_shares_cannot_be_kept(number):
    rows = splits.draw(LABELS, number, seed=1)
    assert len(np.unique(rows)) == number and np.array_equal(rows, np.sort(rows))


def test_a_class_of_one_row_is_no_obstacle():
    assert len(splits.draw(np.array([0] * 50 + [1]), 20, seed=1)) == 20


@pytest.mark.parametrize("kind", ["holdout", "kfold"])
def test_same_seed_same_bytes(drawn, tmp_path, kind):
    for out, seed in (("a.npz", 1), ("b.npz", 1), ("c.npz", 2)):
        drawn("--split", kind, "--seed", seed, "--rows", 500, out=out)
    a, b, c = ((tmp_path / f"{name}.npz").read_bytes() for name in "abc")
    assert a == b != c


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["holdout", "--test-size", 0], r"split\.test_size: 0\.0 is not between"),
        (["holdout", "--test-size", 1], r"split\.test_size: 1\.0"),
        (["holdout", "--test-size", "nan"], r"split\.test_size: nan"),
        (["holdout", "--test-size", 0.9, "--rows", 2], r"split\.test_size: 0\.9 of 2 rows"),
        (["kfold", "--folds", 1], r"split\.folds: 1 is not in 2\.\.1000"),
        (["kfold", "--folds", 1001], r"split\.folds: 1001"),
        (["kfold", "--folds", 10, "--rows", 9], r"split\.folds: 10 is not in 2\.\.9"),
        (["kfold", "--rows", 1], r"split\.rows: 1 is not in 2\.\.1000"),
        (["kfold", "--rows", 1001], r"split\.rows: 1001 is not in 2\.\.1000"),
        (["kfold", "--seed", -1], "seed: -1 is not in"),
    ],
)
def test_impossible_values_are_named(drawn, tmp_path, options, message):
    with pytest.raises(errors.UserError, match=message):
        drawn("--split", *options)
    assert [path.name for path in tmp_path.iterdir()] == ["y.npy"]


def test_missing_labels_end_in_one_line(tmp_path, monkeypatch):
    labels = tmp_path / "none.npy"
    options = ["--y", str(labels), "--split", "kfold", "--out", str(tmp_path / "x.npz")]
    monkeypatch.setattr(sys, "argv", ["split.py", *options])
    with pytest.raises(SystemExit) as caught:
        errors.run(splits.main)
    assert caught.value.code == f"error: {labels}: No such file or directory"


def test_labels_that_are_no_array(drawn, tmp_path):
    (tmp_path / "y.npy").write_bytes(b"<html>")
    with pytest.raises(errors.UserError, match=r"y\.npy: not a prepared array"):
        drawn("--split", "kfold")
