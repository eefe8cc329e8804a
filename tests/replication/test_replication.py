"""The page of our own runs is what the exports say, and merges them by one rule."""

import copy
import functools
from types import SimpleNamespace

import factory
import pytest
import yaml
from paths import ROOT

from scripts.compare import export, sources
from scripts.core import record, training_spec
from scripts.core.errors import UserError
from scripts.replication import make, played, short, tried
from scripts.workflow.on_demand.config_files import config_of


@pytest.mark.parametrize(
    "file",
    [
        "docs/replication.md",
        "docs/replication.svg",
        "docs/roster.svg",
        "docs/tutorial.md",
        "docs/quickstart.svg",
        "replication/README.md",
        "README.md",
    ],
)
def test_what_is_shown_is_made_of_the_exports(file):
    """make replication writes it again."""
    assert made()[ROOT / file] == (ROOT / file).read_text(encoding="utf-8")


def test_what_mistakes_gave_is_made_of_their_exports():
    assert tried.csv(make.EXPORTS / "explain") == make.TRIED.read_text(encoding="utf-8")


def test_every_mistake_is_an_experiment_that_was_made():
    mistakes = yaml.safe_load((ROOT / "resources/published/mistakes.yaml").read_text())
    assert set(mistakes) == {line.split(",")[0] for line in make.TRIED.read_text().splitlines()[1:]}


@functools.cache
def made():
    return make.files()


def write(folder, name, datasets, splits=("holdout", "kfold"), *, config=factory.CONFIG, **changes):
    """Write an export, idiomatic and published, of which `finished` runs are made (all); of PyTorch."""
    finished, frameworks = changes.pop("finished", None), changes.pop("frameworks", ["pytorch"])
    planned = [run for run in factory.plan(datasets, frameworks, folds=3) if run.split in splits]
    results = folder / name
    results.mkdir(parents=True)
    factory.write_experiment(planned, results / "experiment.json", config)
    factory.write_all([factory.make(run, config, **changes) for run in planned[:finished]], results / "runs")
    export.export(results, folder / f"{name}.tar.gz")


def test_our_runs_are_of_the_config_as_it_is():
    """So what a user measures today is compared with them."""
    config = config_of([ROOT / "presets/replication.yaml"])
    with sources.unpacked(str(ROOT / "replication/CPU.tar.gz")) as folder:
        ours = [record.read(path) for path in folder.glob("runs/**/fold-*.json")]
    assert len(ours) > 40
    for made in ours:
        spec = training_spec.of_config(config, made.run.settings, made.run.dataset)
        assert made.origin.network == spec.network
        assert (made.origin.training, made.origin.seed) == (spec.training, spec.seed)


def test_exports_of_the_study_are_one_experiment(tmp_path):
    write(tmp_path, "CPU", ["mnist", "letter"], finished=1)  # MNIST's holdout
    write(tmp_path, "letter", ["letter"])
    write(tmp_path, "quickstart", ["digits"])
    few = copy.deepcopy(factory.CONFIG)
    few["split"]["rows"] = 6000
    write(tmp_path, "rows", ["mnist"], config=few, rows=6000)
    found = played.read(tmp_path)
    assert [export.label for export in found.exports] == ["CPU", "letter", "quickstart", "rows"]
    runs = found.experiment.runs
    done = runs.loc[runs["status"] == "ok"]
    assert sorted(set(zip(done["dataset"], done["split"], strict=True))) == [
        ("letter", "holdout"),
        ("letter", "kfold"),
        ("mnist", "holdout"),
    ]
    assert len(done) == len(runs) == 5  # MNIST's folds were not begun


def test_of_a_run_that_two_exports_have_the_first_counts(tmp_path):
    write(tmp_path, "a", ["mnist"], ["holdout"], train_s=3.0)
    write(tmp_path, "b", ["mnist"], ["holdout"], train_s=5.0)
    (total,) = played.read(tmp_path).experiment.runs["train_s"]
    assert total == pytest.approx(3.0)


@pytest.mark.parametrize("label", played.APART)
def test_a_comparison_of_frameworks_is_an_experiment_of_its_own(tmp_path, label):
    write(tmp_path, "CPU", ["letter"], ["holdout"], train_s=3.0)
    assert not played.read(tmp_path).apart
    names = ["pytorch", "jax", "theano"]
    write(tmp_path, label, ["letter"], ["holdout"], train_s=5.0, frameworks=names)
    found = played.read(tmp_path)
    assert found.experiment.runs["train_s"].tolist() == pytest.approx([3.0])
    assert found.apart[label].runs["train_s"].tolist() == pytest.approx([5.0] * 3)
    assert len(found.finished) == 4


def test_conclusions_on_cross_validation_compare_runs_of_one_stretch(tmp_path, monkeypatch):
    write(tmp_path, "a", ["mnist"], ["holdout"], train_s=3.0)
    write(tmp_path, "b", ["mnist"], train_s=5.0)
    found = played.read(tmp_path)
    for experiment, seconds in ((found.experiment, 3.0), (found.with_folds, 5.0)):
        runs = experiment.runs
        assert runs.loc[runs["split"] == "holdout", "train_s"].item() == pytest.approx(seconds)

    def judge(experiment):
        return [SimpleNamespace(conclusion=SimpleNamespace(number=n), of=experiment) for n in range(1, 7)]

    monkeypatch.setattr(played.verdicts, "judge", judge)
    of_folds = [one.of is found.with_folds for one in found.outcomes]
    assert of_folds == [False, False, True, True, False, False]


def test_the_table_in_short_has_each_cell_with_the_printed_one(tmp_path):
    write(tmp_path, "CPU", ["mnist"], finished=2)
    block = short.block(played.read(tmp_path).experiment)
    assert block.header == ["network", "trained on", "TensorFlow", "Theano", "PyTorch"]
    words = [[cell.text for cell in row] for row in block.rows]
    assert [row[:2] for row in words] == [["MNIST", "CPU, one 70/30 split"], ["MNIST", "CPU, ten folds"]]
    assert words[0][4].endswith("<br>*1,282 s, 98.6 %*")
    assert words[1][4] == "1/3 folds, 3 folds, not 10<br>*23,848 s, 99.0 %*"
    assert words[0][2] == "<br>*1,006 s, 81.3 %*"


def test_a_folder_without_an_export_is_named(tmp_path):
    with pytest.raises(UserError, match="holds no export"):
        played.read(tmp_path)
