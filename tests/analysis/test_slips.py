"""Slips of arithmetic that were tried for doubtful times of the study."""

import pytest
import yaml

from scripts.analysis.study import anomalies, mistakes, slips
from scripts.analysis.study import printed_figures as study

FIGURES = study.read()


def rows(folder=study.FOLDER):
    found = slips.tried(FIGURES, folder)
    return {(r.name, r.split, r.dataset): r for r in found.itertuples(index=False)}


def test_theanos_cifar100_is_24_times_what_cifar10_makes_expect():
    for split, seconds in (("holdout", 74422.8454 / 24), ("kfold", 457762.47 / 24)):
        row = rows()["hours-of-a-day", split, "cifar100"]
        assert row.without == pytest.approx(seconds)
        assert row.without / row.expected == pytest.approx(1, abs=0.01)  # both
        assert row.result == mistakes.REPRODUCED


def test_work_is_that_of_rows_epochs_and_folds():
    ten, one = ("cpu", "kfold", "mnist", "theano"), ("cpu", "holdout", "mnist", "theano")
    assert slips.work(ten) / slips.work(one) == pytest.approx(anomalies.FOLD_WORK)
    assert slips.work(("cpu", "holdout", "letter", "theano")) > 0


def test_a_factor_that_does_not_fit_is_not_reproduced(tmp_path):
    (tmp_path / slips.SLIPS).write_text(
        "minutes:\n  slip: multiplied by 60\n  factor: 60\n  like: {dataset: cifar10}\n"
        "  cells: [{device: [cpu], split: [holdout], dataset: [cifar100], framework: [theano]}]\n"
    )
    (row,) = rows(tmp_path).values()
    assert row.result == mistakes.NOT_REPRODUCED
    assert slips.explanations(slips.tried(FIGURES, tmp_path)) == {
        ("cpu", "holdout", "cifar100", "theano"): "none of the slips tried"
    }


def test_two_that_fit_a_cell_are_both_named():
    """Theano's CIFAR-100 by cross-validation: 24 times, and half of the folds."""
    words = slips.explanations(slips.tried(FIGURES))["cpu", "kfold", "cifar100", "theano"]
    assert "multiplied by 24" in words and "five folds" in words and " and " in words


def test_each_slip_explains_cells_that_a_rule_found():
    doubtful = anomalies.find(FIGURES)
    doubtful = doubtful.loc[doubtful["figure"] == anomalies.SECONDS, study.CELL]
    known = set(doubtful.itertuples(index=False, name=None))
    entries = yaml.safe_load((study.FOLDER / slips.SLIPS).read_text())
    for entry in entries.values():
        assert set(mistakes.cells(entry["cells"])) <= known
        assert entry["factor"] != 1 and set(entry["like"]) <= set(study.CELL)
