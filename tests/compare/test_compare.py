"""Experiments side by side: ratios by hand, the rule that refuses, sources, and `snakemake compare`."""

import copy
import subprocess

import factory
import pandas as pd
import pytest
import yaml
from commands import snakemake
from paths import ROOT

from scripts.compare import archive, eligibility, export, named, page, sources
from scripts.compare import figure as compare_figure
from scripts.core.errors import UserError
from scripts.data.known_datasets import known_datasets
from scripts.workflow.config.validate import validate


def experiment(folder, runs=None, host="node1", gflops=100.0, config=factory.CONFIG, **changes):
    """Results of MNIST in PyTorch, holdout and 3 folds; `runs` keeps only those for which it is true.

    A run takes 12 + 2 seconds and has an accuracy of 0.9 if `changes` of factory.make do not say otherwise.
    """
    folder.mkdir()
    planned = factory.plan(["mnist"], ["pytorch"], folds=config["split"]["folds"])
    factory.write_experiment(planned, folder / "experiment.json", config)
    machine = {"host": host, **changes.pop("machine", {})}
    state = {"calibration_gflops": gflops}
    made = [factory.make(run, config, machine=machine, state=state, **changes) for run in planned]
    factory.write_all([one for one in made if runs is None or runs(one.run)], folder / "runs")
    return folder


def changed(**keys):
    config = copy.deepcopy(factory.CONFIG)
    config["split"]["folds"] = 3
    for key, value in keys.items():
        place, (*path, last) = config, key.split("__")
        for name in path:
            place = place[name]
        place[last] = value
    return config


CONFIG = changed()


def side_by_side(*folders):
    found = sources.read([str(folder) for folder in folders])
    return eligibility.tidy(found), found


def row(tidy, split, source):
    (found,) = tidy[(tidy["split"] == split) & (tidy["source"] == source)].to_dict("records")
    return found


def test_results_of_an_earlier_version_lack_a_limit(tmp_path):
    config = copy.deepcopy(CONFIG)
    del config["limits"]["standstill_s"]
    folder = experiment(tmp_path / "a", config=config, times={"suspended_s": 60.0})
    found = sources.read_folder(folder)
    assert set(found.finished["validity"]) == {"paused"}


@pytest.fixture
def reference(tmp_path):
    return f"a={experiment(tmp_path / 'a', config=CONFIG)}"


def other(tmp_path, reference, **options):
    """The row of the cross-validation of another experiment compared with the reference."""
    folder = experiment(tmp_path / "b", **{"config": CONFIG, **options})
    return row(side_by_side(reference, f"b={folder}")[0], "kfold", "b")


# ---- numbers by hand ----


def test_ratios_and_points(tmp_path, reference):
    found = other(tmp_path, reference, train_s=5.0, accuracy=0.915, gflops=250.0)
    assert found["status"] == "comparable" and found["remark"] == ""
    assert found["seconds"] == 21.0  # 3 x (5 + 2)
    assert found["time_ratio"] == pytest.approx(0.5)  # of 3 x (12 + 2)
    assert found["gflops_ratio"] == pytest.approx(0.4)
    assert found["points"] == pytest.approx(1.5)
    assert not found["same_accuracy"]


def test_equal_accuracies_are_called_the_same(tmp_path, reference):
    found = other(tmp_path, reference, train_s=6.0)
    assert found["same_accuracy"] and found["points"] == 0
    tidy, both = side_by_side(reference, f"b={tmp_path / 'b'}")
    assert row(tidy, "kfold", "a")["status"] == "reference"
    reported = [line.split() for line in page.summary(tidy, both).splitlines()]
    assert ["mnist", "kfold", "PyTorch", "42.0", "s", "0.57", "(1.00)", "same"] in reported


# ---- the rule ----


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        (changed(training__mnist__epochs=3), "training.mnist.epochs: 3 in {b}, 12 in {a}"),
        (changed(training__mnist__optimizer={"name": "sgd"}), "training.mnist.optimizer.name: sgd in {b}"),
        (changed(networks__mnist__input_scale=1), "networks.mnist.input_scale: 1 in {b}, 255 in {a}"),
    ],
)
def test_another_network_or_training_is_refused_by_key_and_file(tmp_path, reference, config, reason):
    found = other(tmp_path, reference, config=config)
    assert found["status"] == "not comparable"
    assert reason.format(a=tmp_path / "a", b=tmp_path / "b") in found["reason"]
    assert pd.isna(found["time_ratio"]) and pd.isna(found["points"])


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        (changed(seed=1), "seed: 1 in {b}, 2020 in {a}"),
        (changed(split__rows=1000), "split.rows: 1000 in {b}, None in {a}"),
        (CONFIG, "split_digest: other rows in {b}, others in {a}"),
    ],
)
def test_other_rows_are_refused(tmp_path, reference, config, reason):
    found = other(tmp_path, reference, config=config, origin={"split_digest": "x", "seed": config["seed"]})
    assert found["status"] == "not comparable"
    assert reason.format(a=tmp_path / "a", b=tmp_path / "b") in found["reason"]
    assert "test_size" not in found["reason"]  # the cross-validation does not go by it


def test_other_data_and_other_folds_are_refused(tmp_path, reference):
    assert "data_digest: x in" in other(tmp_path, reference, origin={"data_digest": "x"})["reason"]
    folder = experiment(tmp_path / "c", config=changed(split__folds=2))
    tidy, _ = side_by_side(reference, f"c={folder}")
    assert "split.folds: 2 in" in row(tidy, "kfold", "c")["reason"]
    assert row(tidy, "holdout", "c")["status"] == "comparable"


def test_with_other_threads_only_accuracies_are_compared(tmp_path, reference):
    found = other(tmp_path, reference, threads={"threads": 2}, accuracy=0.91)
    assert found["status"] == "accuracy only"
    assert found["reason"] == f"threads: 2 in {tmp_path / 'b'}, 4 in {tmp_path / 'a'}"
    assert pd.isna(found["time_ratio"]) and found["points"] == pytest.approx(1.0)


def test_incomplete_cells_are_never_added_up(tmp_path, reference):
    found = other(tmp_path, reference, runs=lambda run: run.fold != 1)
    assert (found["status"], found["reason"]) == ("incomplete", "2/3 folds")
    assert pd.isna(found["seconds"]) and pd.isna(found["time_ratio"])
    tidy, both = side_by_side(f"b={tmp_path / 'b'}", reference)
    turned = row(tidy, "kfold", "a")
    assert (turned["status"], turned["reason"]) == ("not comparable", f"{tmp_path / 'b'}: 2/3 folds")
    assert "2/3 folds" in page.summary(tidy, both)


def test_what_one_of_them_has_not_keeps_its_row(tmp_path, reference):
    folder = tmp_path / "b"
    folder.mkdir()
    planned = factory.plan(["mnist", "letter"], ["pytorch"], splits=["holdout"])
    factory.write_experiment(planned, folder / "experiment.json", CONFIG)
    factory.write_all([factory.make(run, CONFIG) for run in planned], folder / "runs")
    tidy, both = side_by_side(reference, f"b={folder}")
    assert row(tidy, "kfold", "b")["status"] == "absent"
    letter = tidy[tidy["dataset"] == "letter"].to_dict("records")
    assert [one["status"] for one in letter] == ["absent", "not comparable"]
    assert page.page(tidy, both).blocks and "1 more lines" in page.summary(tidy, both)


def test_versions_code_and_doubts_are_told_and_refuse_nothing(tmp_path, reference):
    found = other(
        tmp_path,
        reference,
        software={"library_facts": {"framework_version": "2.0"}},
        origin={"trainer_digest": "edited"},
        surroundings={"other_cores": 3.0},
    )
    assert found["status"] == "comparable"
    assert found["remark"] == (
        "PyTorch 2.0 and 1.2.3; other training code; 3 of 3 and 0 of 3 runs are doubtful"
    )


def test_differences_name_the_innermost_key():
    was = {"layers": [{"units": 1}, {"units": 2}], "rate": 0.1, "old": 1}
    now = {"layers": [{"units": 1}, {"units": 3}], "rate": 0.1}
    found = list(eligibility.differences(now, was, "networks.x"))
    assert found == [("networks.x.layers.2.units", 3, 2), ("networks.x.old", None, 1)]
    assert list(eligibility.differences({"a": [1, 2, 3]}, {"a": [1]})) == [("a", "3 entries", "1 entries")]


# ---- sources ----


def test_an_export_says_the_same_as_its_folder(tmp_path, reference):
    packed, _ = export.export(experiment(tmp_path / "b", config=CONFIG, host="desk"))
    tidy, found = side_by_side(reference, tmp_path / "b", packed)
    assert [source.label for source in found][1:] == [
        f"desk 2026-01-01 ({tmp_path / 'b'})",
        f"desk 2026-01-01 ({packed})",
    ]
    parts = [tidy[tidy["source"] == one.label].drop(columns=["source", "path"]) for one in found[1:]]
    assert parts[0].to_csv(index=False) == parts[1].to_csv(index=False)


def test_a_label_is_what_stands_before_the_first_sign_of_equality():
    assert named.parts("my laptop=a/b=c") == ("my laptop", "a/b=c")
    assert named.parts("a/b=c") == ("", "a/b=c")
    assert named.parts("a/b") == ("", "a/b")


def test_wrong_names_are_told(tmp_path, reference):
    with pytest.raises(UserError, match="name two folders of results or exports at least"):
        named.check_names([reference])
    with pytest.raises(UserError, match="b=nowhere: there is no nowhere"):
        named.check_names([reference, "b=nowhere"])
    with pytest.raises(UserError, match="has no experiment"):
        named.check_names([reference, str(tmp_path)])
    with pytest.raises(UserError, match="is named twice"):
        named.check_names([reference, reference.replace("a=", "b=")])
    with pytest.raises(UserError, match=r"path .*/\.\./.* is named twice"):
        named.check_names([reference, f"b={tmp_path}/a/../a/"])
    with pytest.raises(UserError, match="label a is named twice"):
        named.check_names([reference, f"a={tmp_path}/a/experiment.json"])


def test_an_experiment_without_a_run_and_one_of_another_version_are_refused(tmp_path, reference):
    empty = experiment(tmp_path / "b", config=CONFIG, runs=lambda run: False)
    with pytest.raises(UserError, match="none of its runs is finished"):
        side_by_side(reference, empty)
    packed, _ = export.export(experiment(tmp_path / "c", config=CONFIG))
    files, _ = archive.unpack(packed)
    name = next(name for name in files if name.startswith("runs/"))
    files[name] = files[name].replace(b'"record_version": 2', b'"record_version": 1')
    archive.pack(files, {"name": "c"}, "c", packed, 0)
    with pytest.raises(UserError, match=rf"{packed.name}: a record .*") as refused:
        side_by_side(reference, packed)
    assert "version 1" in str(refused.value) and "/tmp/tmp" not in str(refused.value)
    # Nobody here can make a run of others again.
    assert "ask whoever made it" in str(refused.value) and "--forcerun" not in str(refused.value)
    with pytest.raises(UserError) as refused:
        side_by_side(empty, packed, reference)
    lines = str(refused.value).splitlines()
    assert "none of its runs is finished" in lines[0] and packed.name in lines[1]  # each that is wrong


@pytest.mark.parametrize("wrong", ["a/results", [1], [""], {"a": "b"}])
def test_the_key_is_a_list_of_names(wrong):
    with pytest.raises(UserError, match="compare"):
        validate({**factory.CONFIG, "compare": wrong}, known_datasets())


# ---- figure and command ----


def test_figure_has_a_point_for_each_comparable_cell(tmp_path, reference):
    import matplotlib.pyplot as plt

    slow = experiment(tmp_path / "b", config=CONFIG, train_s=26.0, gflops=50.0)
    some = experiment(tmp_path / "c", config=CONFIG, runs=lambda run: run.split == "holdout")
    tidy, found = side_by_side(reference, f"b={slow}", f"c={some}")
    figure = compare_figure.draw(tidy, found)
    points = [
        (line.get_marker(), round(float(line.get_xdata()[0]), 3))
        for axis in figure.axes
        for line in axis.lines
        if line.get_marker() not in (None, "None", "")
    ]
    assert points.count(("o", 2.0)) == 2  # b: both splits, 28 / 14
    assert points.count(("s", 1.0)) == 1  # c: holdout only
    assert points.count(("|", 2.0)) == 2 and points.count(("|", 1.0)) == 1
    assert "not comparable: c" in " ".join(text.get_text() for text in figure.axes[1].texts)
    plt.close(figure)


def test_snakemake_compare_reads_folders_and_exports_and_plans_nothing(tmp_path):
    experiment(tmp_path / "my results", config=CONFIG)
    packed, _ = export.export(experiment(tmp_path / "desk", config=CONFIG, host="desk", train_s=5.0))
    names = f"compare=[old laptop={tmp_path / 'my results'}, desk/exports/{packed.name}]"
    done = snakemake("compare", "--config", names, directory=tmp_path)
    assert done.returncode == 0, done.stdout
    assert "training runs planned" not in done.stdout and "environment" not in done.stdout.lower().replace(
        "conda environments: ignored", ""
    )
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["mnist", "kfold", "PyTorch", "42.0", "s", "0.50", "(1.00)", "same"] in lines
    assert "Table: results/compare/compare.html" in done.stdout
    made = {path.name for path in (tmp_path / "results/compare").iterdir()}
    assert made == {f"compare.{kind}" for kind in ("csv", "md", "html", "tex", "svg", "png")} | {
        "summary.txt"
    }
    assert sorted(path.name for path in (tmp_path / "results").iterdir()) == ["compare", "logs"]
    table = pd.read_csv(tmp_path / "results/compare/compare.csv")
    assert set(table["source"]) == {"old laptop", "desk 2026-01-01"}


def test_make_compare_takes_folders_of_any_name():
    names = ["Anna's, 1", 'old [2] "laptop"=/my results']
    words = ["make", "--silent", "compare", "SNAKEMAKE=echo", *map("=".join, zip("AB", names, strict=True))]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    key, _, value = done.stdout.removeprefix("compare --config ").partition("=")
    assert (key, yaml.safe_load(value)) == ("compare", names)
