"""Several seeds: what is averaged over them, which values are independent, and what readers see."""

import math
import re

import factory
import numpy as np
import pandas as pd
import pytest

from scripts import tables
from scripts.analysis import cells, cross_validation, pairwise, stats
from scripts.analysis.experiment import Experiment
from scripts.analysis.study import comparison, verdicts
from scripts.analysis.study import printed_figures as study
from scripts.tables import page_markdown
from scripts.tables.terminal import summary

CONFIG = {**factory.CONFIG, "seeds": [2020, 2021, 2022, 2023, 2024]}
OF_SEED = [1.0, 1.02, 0.98, 1.01, 0.99]  # what a seed changes
OF_FOLD = [1.0, 1.2, 0.9]


def experiment(folder, splits, skip=(), seeds=5, wobble=0.0):
    """Letter in TensorFlow and PyTorch, which takes 10 s times OF_SEED and OF_FOLD."""
    plan = factory.plan(["letter"], ["tensorflow", "pytorch"], splits=splits, folds=3, replicates=seeds)
    made = [
        factory.make(run, CONFIG, train_s=seconds(run, wobble) - 2, accuracy=0.8 + run.replicate / 100)
        for run in plan
        if (run.framework, run.replicate, run.fold) not in skip
    ]
    runs = factory.table(plan, made, folder, CONFIG)[0]
    return Experiment(runs, study.read(), CONFIG["comparison"])


def seconds(run, wobble):
    slower = 1.1 * (1 + wobble * (-1) ** run.replicate) if run.framework == "tensorflow" else 1
    return 10 * OF_SEED[run.replicate] * (OF_FOLD[run.fold] if run.split == "kfold" else 1) * slower


def shown(name, found):
    module = tables.module(name)
    return page_markdown.markdown(module.page(module.tidy(found), found))


def test_a_replicate_is_one_value_and_a_single_one_has_its_folds():
    assert stats.independent([1.0, 3.0, 10.0, 30.0], [0, 0, 1, 1]).tolist() == [2.0, 20.0]
    assert stats.independent([1.0, 3.0], [0, 0]).tolist() == [1.0, 3.0]
    assert stats.independent([1.0, 3.0], [4, 7]).tolist() == [1.0, 3.0]
    assert np.isnan(stats.independent([math.nan, 1.0, 2.0, 2.0], [0, 0, 1, 1])).tolist() == [True, False]


@pytest.mark.parametrize("count", [2, 5, 10])
def test_nineteen_of_twenty_intervals_over_seeds_hold_the_true_ratio(count):
    """Ten folds a seed as if they were independent hold it in three quarters of the cases."""
    random, replicates = np.random.default_rng(count), np.repeat(np.arange(count), 10)
    right, naive = [], []
    for _ in range(400):
        of_seeds = random.normal(0, 0.02, (2, count))
        sides = np.exp(np.repeat(of_seeds, 10, axis=1) + random.normal(0, 0.04, (2, 10 * count)))
        right.append(
            stats.ratio_interval(*(stats.independent(side, replicates) for side in sides), 0.95, 500).holds(1)
        )
        naive.append(stats.ratio_interval(*sides, 0.95, 500).holds(1))
    assert 0.92 <= np.mean(right) <= 0.98
    assert np.mean(naive) < 0.85


def test_seconds_are_those_of_all_folds_and_the_mean_of_the_seeds(tmp_path):
    found = experiment(tmp_path, ["holdout", "kfold"])
    times = cells.times(found.runs).set_index(["split", "framework"])
    holdout, kfold = times.loc[("holdout", "pytorch")], times.loc[("kfold", "pytorch")]
    assert (holdout["replicates"], holdout["folds"], kfold["folds"]) == (5, 5, 15)
    assert holdout["seconds"] == pytest.approx(10.0)
    assert kfold["seconds"] == pytest.approx(31.0)
    assert kfold["fold_mean_s"] == pytest.approx(31 / 3)


def test_a_holdout_split_has_an_interval_over_seeds_and_a_verdict(tmp_path):
    found = experiment(tmp_path, ["holdout"], wobble=0.01)
    (row,) = pairwise.ratios(found.runs, "framework", found.comparison).to_dict("records")
    a = [11 * seed * (1 + 0.01 * (-1) ** n) for n, seed in enumerate(OF_SEED)]
    b = [10 * seed for seed in OF_SEED]
    assert (row["seconds_a"], row["seconds_b"]) == pytest.approx((sum(a) / 5, sum(b) / 5))
    assert (row["ratio_low"], row["ratio_high"]) == pytest.approx(stats.ratio_interval(a, b, 0.95, 10000))
    assert (row["faster"], row["verdict"]) == ("pytorch", pairwise.FASTER)
    assert not math.isnan(row["epoch_ratio_low"])
    text = shown("speedups", found)
    assert "CPU, holdout split, 5 seeds" in text and "PyTorch faster" in text
    one_seed = experiment(tmp_path, ["holdout"], seeds=1)
    (row,) = pairwise.ratios(one_seed.runs, "framework", one_seed.comparison).to_dict("records")
    assert row["verdict"] == pairwise.ONE_RUN


def test_folds_are_nested_in_seeds(tmp_path):
    found = experiment(tmp_path, ["kfold"], wobble=0.01)
    (row,) = pairwise.ratios(found.runs, "framework", found.comparison).to_dict("records")
    b = [31 * seed for seed in OF_SEED]
    a = [1.1 * of * (1 + 0.01 * (-1) ** n) for n, of in enumerate(b)]
    assert (row["replicates"], row["folds"], row["folds_ok"]) == (5, 15, 15)
    assert (row["seconds_a"], row["seconds_b"]) == pytest.approx((sum(a) / 5, sum(b) / 5))
    assert (row["ratio_low"], row["ratio_high"]) == pytest.approx(stats.ratio_interval(a, b, 0.95, 10000))
    text = shown("times", found)
    assert "3-fold cross-validation, 5 seeds" in text and "means over the seeds" in text


def test_accuracies_take_all_folds_of_all_seeds_with_the_corrected_variance(tmp_path):
    found = experiment(tmp_path, ["kfold"])
    table = pairwise.intervals(found.runs, 0.95).set_index("framework").loc["pytorch"]
    percent = np.repeat([80.0, 81.0, 82.0, 83.0, 84.0], 3)
    low, high = stats.mean_interval(percent, 0.95, 2000 / 18000)
    assert (table["accuracy_low"], table["accuracy_high"]) == pytest.approx((low, high))
    low, high = stats.time_interval([31 / 3 * seed for seed in OF_SEED], 0.95)
    assert (table["fold_low_s"], table["fold_high_s"]) == pytest.approx((low, high))


def test_cross_validation_is_compared_with_the_mean_holdout(tmp_path):
    found = experiment(tmp_path, ["holdout", "kfold"])
    row = cross_validation.tidy(found).set_index("framework").loc["pytorch"]
    assert (row["holdout_s"], row["kfold_s"], row["ratio"]) == pytest.approx((10.0, 31.0, 3.1))
    assert row["work"] == pytest.approx(3 * 0.9 / 0.7)  # what the factory's folds train on
    missing = experiment(tmp_path, ["holdout", "kfold"], skip={("pytorch", 3, 0)})
    row = cross_validation.tidy(missing).set_index("framework").loc["pytorch"]
    assert row["status"] == "holdout 4/5 runs, 14/15 runs" and pd.isna(row["ratio"])


def test_the_folds_that_are_there_stand_for_those_missing(tmp_path):
    missing = experiment(tmp_path, ["holdout", "kfold"], skip={("pytorch", 3, 1), ("pytorch", 3, 2)})
    row = cross_validation.tidy(missing).set_index("framework").loc["pytorch"]
    there = (31.0 * 5 - 10 * OF_SEED[3] * (OF_FOLD[1] + OF_FOLD[2])) / 13
    assert row["status"] == "13/15 runs"
    assert (row["kfold_s"], row["ratio"]) == pytest.approx((3 * there, 3 * there / 10))
    assert row["work"] == pytest.approx(3 * 0.9 / 0.7)
    page = shown("validation", missing)
    assert f"{3 * there:.2f} (13/15 runs)" in page and "3/10 folds behind the seconds" in page


def test_missing_runs_are_named_by_replicate_and_fold(tmp_path):
    found = experiment(tmp_path, ["kfold"], skip={("pytorch", 0, 1), ("pytorch", 2, 0), ("pytorch", 2, 1)})
    assert "12/15 runs" in shown("times", found)
    assert "1; replicate 2: 0-1" in shown("flags", found)
    assert "PyTorch: 12/15 runs" in shown("speedups", found)


def test_the_summary_says_of_how_many_seeds_it_is_the_mean(tmp_path):
    text = summary.summary(experiment(tmp_path, ["holdout", "kfold"]).runs)
    assert "(kfold: all folds; mean of 5 seeds)" in text
    assert "40 of 40 runs are there" in text and "31.0 s" in text


def test_every_table_holds_with_several_seeds(tmp_path):
    found = experiment(tmp_path, ["holdout", "kfold"])
    for name in tables.NAMES:
        text = shown(name, found)
        assert text and not re.search(r"\bnan\b|<NA>|\bNone\b", text), text


def test_ten_folds_of_several_seeds_are_those_of_the_study(tmp_path):
    plan = factory.plan(["letter"], ["pytorch"], splits=["kfold"], replicates=2)
    made = [factory.make(run, CONFIG) for run in plan]
    runs = factory.table(plan, made, tmp_path, CONFIG)[0]
    row = comparison.published(runs, study.read()).dropna(subset="measured_s").iloc[0]
    assert (row["status"], row["measured_s"]) == ("comparable", pytest.approx(140.0))
    assert isinstance(pd.isna(row["ratio"]), bool) and row["ratio"] > 0


@pytest.mark.parametrize(("left_out", "missing"), [(0, []), (3, ["17/20 runs"])])
def test_conclusions_count_the_folds_of_each_seed(tmp_path, left_out, missing):
    """Two seeds of ten folds are the study's cross-validation twice, and not one of twenty folds."""
    config = {**factory.CONFIG, "seeds": [2020, 2021]}
    plan = factory.plan(["letter"], ["pytorch"], splits=["kfold"], replicates=2)
    made = [factory.make(run, config) for run in plan[left_out:]]
    runs = factory.table(plan, made, tmp_path, config)[0]
    measured = verdicts.prepare(Experiment(runs, study.read(), config["comparison"]))
    assert measured.differs == {} and list(measured.missing.values()) == missing
