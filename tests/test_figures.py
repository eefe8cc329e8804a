"""The figures: what they show, what they say about gaps, and that files do not change."""

import copy
import subprocess
import sys
from pathlib import Path

import factory
import figures
import matplotlib.pyplot as plt
import published as study
import pytest
import style
from cli import UserError
from tables import Experiment

SCRIPT = Path(figures.__file__)
FIGURES = study.read()


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def draw(runs, dataset="mnist", name="times"):
    config = factory.CONFIG
    experiment = Experiment(runs, FIGURES, config["limits"], config["comparison"])
    return figures.draw(name, experiment, dataset)


def bars(axis, hatched):
    return [round(p.get_width(), 3) for p in axis.patches if bool(p.get_hatch()) == hatched]


def words(figure):
    """All text of the panels, legend included."""
    found = [text.get_text() for axis in figure.axes for text in axis.texts]
    found += [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    return "\n".join(found)


def test_measured_and_published_bars_in_a_panel_for_each_split(tmp_path):
    plan = factory.plan()
    seconds = {"tensorflow": 98.0, "pytorch": 198.0, "theano": 298.0}
    made = [factory.make(run, train_s=seconds[run.framework]) for run in plan]
    holdout, kfold = draw(factory.table(plan, made, tmp_path)[0]).axes
    assert bars(holdout, hatched=False) == [100, 200, 300]
    assert bars(holdout, hatched=True) == [1005.69, 1281.81, 1928.22]
    assert bars(kfold, hatched=False) == [1000, 2000, 3000]  # totals of ten folds
    assert bars(kfold, hatched=True) == [12089.98, 23848.42, 12405.71]
    assert holdout.get_title(loc="left") == "CPU, holdout split"
    assert kfold.get_title(loc="left") == "CPU, 10-fold cross-validation, all folds"
    assert [t.get_text() for t in holdout.get_yticklabels()] == ["TensorFlow", "PyTorch", "Theano"]
    assert "1000 s\n(100.0 s ± 0.0 a fold)" in [text.get_text() for text in kfold.texts]


def test_devices_are_rows(tmp_path):
    plan = factory.plan(devices=["cpu", "gpu"])
    figure = draw(factory.table(plan, [factory.make(run) for run in plan], tmp_path)[0])
    titles = [axis.get_title(loc="left") for axis in figure.axes]
    assert [title.split(",")[0] for title in titles] == ["CPU", "CPU", "GPU", "GPU"]
    assert bars(figure.axes[2], hatched=True) == [318.34, 293.51, 654.99]


def test_gaps_are_said_in_words(tmp_path):
    plan = factory.plan()
    made = [
        factory.make(run)
        for run in plan
        if run.framework != "theano" and not (run.framework == "pytorch" and run.fold > 6)
    ]
    runs, _ = factory.table(plan, made, tmp_path)
    holdout, kfold = draw(runs).axes
    assert bars(holdout, hatched=False) == [14, 14]
    assert bars(kfold, hatched=False) == [140]
    assert "missing" in [text.get_text() for text in holdout.texts]
    assert {"missing", "7/10 folds"} <= {text.get_text() for text in kfold.texts}
    learning = words(draw(runs, name="learning"))
    assert "Theano: missing" in learning and "PyTorch: 7/10 folds" in learning


def test_published_bars_only_where_comparable(tmp_path):
    config = copy.deepcopy(factory.CONFIG)
    config["training"]["mnist"]["epochs"] = 1
    plan = factory.plan()
    made = [factory.make(run, config) for run in plan]
    figure = draw(factory.table(plan, made, tmp_path, config)[0])
    assert [bars(axis, hatched=True) for axis in figure.axes] == [[], []]
    assert "epochs 1, not 12" in words(figure)
    assert "i7-4712MQ" not in words(figure)


def test_published_bars_not_beside_matched_settings_or_other_datasets(tmp_path):
    for dataset, settings in (("mnist", "matched"), ("digits", "published")):
        plan = factory.plan([dataset], settings=[settings])
        made = [factory.make(run) for run in plan]
        figure = draw(factory.table(plan, made, tmp_path / dataset)[0], dataset)
        assert [bars(axis, hatched=True) for axis in figure.axes] == [[], []]


def test_logarithmic_only_when_needed_and_then_said(tmp_path):
    for factor, scale in ((20, "linear"), (40, "log")):
        plan = factory.plan(["digits"], ["tensorflow", "pytorch"], splits=["holdout"])
        made = [
            factory.make(plan[0], train_s=8.0),
            factory.make(plan[1], train_s=10.0 * factor - 2),
        ]
        (axis,) = draw(factory.table(plan, made, tmp_path / scale)[0], "digits").axes
        assert axis.get_xscale() == scale
        assert ("logarithmic" in axis.get_xlabel()) == (scale == "log")
        assert axis.get_xlim()[0] < 10 and axis.get_xlim()[1] > 10 * factor


def test_framework_keeps_its_colour(tmp_path):
    for frameworks in (["theano", "pytorch"], ["pytorch", "new", "theano"]):
        plan = factory.plan(["digits"], frameworks, splits=["holdout"])
        made = [factory.make(run) for run in plan]
        folder = tmp_path / str(len(plan))
        (axis,) = draw(factory.table(plan, made, folder)[0], "digits").axes
        names = [text.get_text() for text in axis.get_yticklabels()]
        colour = dict(zip(names, [patch.get_facecolor() for patch in axis.patches], strict=True))
        assert colour["Theano"] == style.matplotlib.colors.to_rgba("#009E73")
        assert colour["PyTorch"] == style.matplotlib.colors.to_rgba("#0072B2")


def test_learning_curves_are_mean_with_band(tmp_path):
    plan = factory.plan(["mnist"], ["pytorch"], folds=2)
    config = copy.deepcopy(factory.CONFIG)
    config["training"]["mnist"]["epochs"] = 3
    losses = [[4.0, 2.0, 1.0], [6.0, 3.0, 1.0]]
    made = [factory.make(run, config, learning={"train_losses": losses[run.fold]}) for run in plan]
    figure = draw(factory.table(plan, made, tmp_path, config)[0], name="learning")
    holdout, kfold, _, kfold_by_second = figure.axes
    assert holdout.lines[0].get_ydata().tolist() == losses[0]
    assert kfold.lines[0].get_xdata().tolist() == [1, 2, 3]
    assert kfold.lines[0].get_ydata().tolist() == [5.0, 2.5, 1.0]
    (band,) = kfold.collections
    corners = band.get_paths()[0].vertices
    assert {tuple(c) for c in corners.tolist()} >= {(1, 4), (1, 6), (2, 2), (2, 3), (3, 1)}
    assert not holdout.collections
    # 12 s in 3 epochs, after 2 s of building and compiling.
    assert kfold_by_second.lines[0].get_xdata().tolist() == [6, 10, 14]
    assert kfold_by_second.lines[0].get_ydata().tolist() == [5.0, 2.5, 1.0]


def test_nothing_finished_is_still_a_figure(tmp_path):
    runs, _ = factory.table(factory.plan(["digits"]), [], tmp_path)
    assert words(draw(runs, "digits", "times")).count("missing") == 6
    assert words(draw(runs, "digits", "learning")).count("missing") == 12


def test_flagged_runs_carry_a_triangle_and_a_note(tmp_path):
    plan = factory.plan()
    busy = {"other_cores": 2.0}
    made = [
        factory.make(run, surroundings=busy if run.framework == "pytorch" and run.fold == 3 else {})
        for run in plan
    ]
    figure = draw(factory.table(plan, made, tmp_path)[0])
    holdout, kfold = figure.axes
    assert not holdout.lines
    (triangle,) = kfold.lines
    assert triangle.get_marker() == "^"
    assert triangle.get_xdata()[0] == 140  # at the end of the bar of PyTorch, the second of three
    assert kfold.patches[2].get_width() == 140 and 0.7 < triangle.get_ydata()[0] < 1
    assert "rests on flagged runs" in words(figure)


def test_unknown_dataset_is_named(tmp_path):
    runs, _ = factory.table(factory.plan(["digits"]), [], tmp_path)
    with pytest.raises(UserError, match="mnist is not in the experiment, which has digits"):
        draw(runs, "mnist")


def test_files_come_out_the_same_each_time(tmp_path):
    plan = factory.plan(["letter"])
    factory.table(plan, [factory.make(run) for run in plan], tmp_path)
    written = factory.write_experiment(plan, tmp_path / "experiment.json")
    found = []
    for turn in ("a", "b"):
        out = tmp_path / turn / "letter"
        command = [sys.executable, SCRIPT, "times", "--dataset", "letter", "--experiment", written]
        subprocess.run([*command, "--runs", tmp_path / "runs.parquet", "--out", out], check=True)
        assert sorted(file.name for file in out.parent.iterdir()) == ["letter.png", "letter.svg"]
        found.append([out.with_suffix(suffix).read_bytes() for suffix in (".svg", ".png")])
    assert found[0] == found[1]
    assert b"<dc:date>" not in found[0][0]
