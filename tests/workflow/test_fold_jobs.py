"""Which folds share a job: those of short runs, or as many as the config says."""

import re

import factory
import pytest

from scripts.data.known_datasets import known_datasets
from scripts.workflow import fold_jobs

CONFIG = factory.CONFIG | {"splits": ["holdout", "kfold"]}


def config(**folds_per_job):
    return CONFIG | {"folds_per_job": {"default": "auto"} | folds_per_job}


def test_of_the_study_letter_alone_is_short():
    assert fold_jobs.shared(config()) == {tuple(range(10)): ["letter"]}
    everything = config() | {"datasets": [*CONFIG["datasets"], "digits"]}
    assert fold_jobs.shared(everything) == {tuple(range(10)): ["letter", "digits"]}
    assert fold_jobs.shared(config() | {"splits": ["holdout"]}) == {}


def test_few_rows_and_epochs_make_a_run_short():
    seconds = fold_jobs.expected_seconds(CONFIG, "mnist", known_datasets()["mnist"])
    assert 60 < seconds < 6000
    few = CONFIG | {"split": CONFIG["split"] | {"rows": 7000}}
    assert fold_jobs.expected_seconds(few, "mnist", known_datasets()["mnist"]) == pytest.approx(
        seconds / 10, 0.05
    )


def test_folds_share_jobs_in_groups_and_the_last_may_be_smaller():
    groups = fold_jobs.shared(config(default=1, letter=4, mnist=4))
    assert groups == {
        (0, 1, 2, 3): ["mnist", "letter"],
        (4, 5, 6, 7): ["mnist", "letter"],
        (8, 9): ["mnist", "letter"],
    }
    assert fold_jobs.shared(config(default=1)) == {}
    assert fold_jobs.shared(config(default=99)) == {tuple(range(10)): CONFIG["datasets"]}


@pytest.mark.parametrize(
    ("split", "fold", "folds"), [("kfold", 6, (4, 5, 6, 7)), ("kfold", 9, (8, 9)), ("holdout", 0, (0,))]
)
def test_the_folds_of_the_job_of_a_run(split, fold, folds):
    (run,) = [run for run in factory.plan(["letter"], ["pytorch"]) if (run.split, run.fold) == (split, fold)]
    assert fold_jobs.folds_of_job(config(letter=4), run) == folds


def test_the_manifest_is_not_read_for_each_run(monkeypatch):
    read = []
    fold_jobs.manifest.cache_clear()
    monkeypatch.setattr(fold_jobs, "known_datasets", lambda: read.append(1) or known_datasets())
    for run in factory.plan(["letter", "mnist"], ["pytorch"]):
        fold_jobs.folds_of_job(config(), run)
    assert len(read) == 1


def test_every_record_is_of_one_rule():
    pattern = fold_jobs.alone(config())
    path = f"^(?P<dataset>{pattern})/(?P<split>holdout|kfold)"
    assert not re.match(path, "letter/kfold")
    for other in ("letter/holdout", "mnist/kfold", "letter2/kfold", "oletter/kfold"):
        assert re.match(path, other)
    assert fold_jobs.alone(config(default=1)) == "[a-z0-9_]+"
