"""The figures: what they show, what they say about gaps, and that files do not change."""

import copy
import subprocess
import sys
from itertools import pairwise

import factory
import matplotlib.pyplot as plt
import numpy as np
import pytest
from paths import ROOT

from scripts.analysis.experiment import Experiment
from scripts.analysis.study import printed_figures as study
from scripts.core.errors import UserError
from scripts.figures import covered, files, shade, style
from scripts.figures.draw import draw as draw_figure
from scripts.figures.plots import epochs, schedule

SCRIPT = ROOT / "scripts", "figures"
FIGURES = study.read()


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def draw(runs, dataset="mnist", name="times"):
    config = factory.CONFIG
    experiment = Experiment(runs, FIGURES, config["comparison"])
    return draw_figure(name, experiment, dataset)


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
    figure = draw(factory.table(plan, [factory.make(run, train_s=298.0) for run in plan], tmp_path)[0])
    titles = [axis.get_title(loc="left") for axis in figure.axes]
    assert [title.split(",")[0] for title in titles] == ["CPU", "CPU", "GPU", "GPU"]
    assert bars(figure.axes[2], hatched=True) == [318.34, 293.51, 654.99]


def test_gaps_are_said_in_words(tmp_path):
    plan = factory.plan()
    made = [
        factory.make(run, train_s=298.0)
        for run in plan
        if run.framework != "theano" and not (run.framework == "pytorch" and run.fold > 6)
    ]
    runs, _ = factory.table(plan, made, tmp_path)
    holdout, kfold = draw(runs).axes
    assert bars(holdout, hatched=False) == [300, 300]
    assert bars(kfold, hatched=False) == [3000]
    assert "missing" in [text.get_text() for text in holdout.texts]
    assert {"missing", "7/10 folds"} <= {text.get_text() for text in kfold.texts}
    learning = words(draw(runs, name="learning"))
    assert "Theano: missing" in learning and "PyTorch: 7/10 folds" in learning


def test_failed_runs_are_not_called_missing(tmp_path):
    plan = factory.plan()
    by = {name: [run for run in plan if run.framework == name] for name in ("tensorflow", "theano")}
    made = [factory.make(run, train_s=298.0) for run in by["tensorflow"]]
    runs, _ = factory.table(plan, made, tmp_path, failed=by["theano"])
    for axis in draw(runs).axes:
        assert {"missing", "failed"} <= {text.get_text() for text in axis.texts}
    learning = words(draw(runs, name="learning"))
    assert "Theano: failed" in learning and "PyTorch: missing" in learning
    said = words(draw_figure("schedule", Experiment(runs, FIGURES, factory.CONFIG["comparison"])))
    assert "11 of 33 runs are missing" in said and "11 of 33 runs failed" in said


def test_a_ratio_to_a_failed_run_is_not_called_missing(tmp_path):
    plan = factory.plan(["mnist"], ["pytorch"], implementations=["idiomatic", "tuned"])
    folds, failed = ([run for run in plan if run.split == split] for split in ("kfold", "holdout"))
    runs, _ = factory.table(plan, [factory.make(run) for run in folds], tmp_path, failed=failed)
    figure = draw_figure("implementations", Experiment(runs, FIGURES, factory.CONFIG["comparison"]))
    said = [text.get_text() for text in figure.axes[0].texts]
    assert "failed" in said and "missing" not in said


def test_on_a_logarithmic_axis_times_are_points_with_the_span_of_their_folds(tmp_path):
    """A bar there would start at no value at all."""
    plan = factory.plan(["mnist"], ["pytorch", "theano"])
    factor = {"pytorch": 1, "theano": 100}
    made = [factory.make(run, train_s=(8 + run.fold) * factor[run.framework]) for run in plan]
    figure = draw(factory.table(plan, made, tmp_path)[0])
    assert not any(axis.patches for axis in figure.axes)
    assert {axis.get_xscale() for axis in figure.axes} == {"log"}
    lines = [list(line.get_xdata()) for line in figure.axes[1].lines]
    assert [100, 190] in lines  # ten times the fastest fold in PyTorch, and the slowest
    assert [sum(10 + fold for fold in range(10))] in lines
    assert "as slow as the slowest" in words(figure)


def test_a_range_takes_the_place_of_a_sum_that_nothing_stands_for(tmp_path):
    plan = factory.plan(["mnist"], ["pytorch"], splits=["kfold"])
    shared = {"surroundings": {"other_cores": 2.0}}
    made = [factory.make(run, train_s=500.0 if run.fold == 0 else 10.0, **shared) for run in plan]
    figure = draw(factory.table(plan, made, tmp_path)[0])
    assert "12.0 s to 502.0 s a fold" in words(figure)


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


EIGHT = ["tensorflow", "pytorch", "theano", "jax", "keras_jax", "keras_torch", "paddle", "pytensor"]


def test_times_of_eight_frameworks_stand_apart_and_those_with_a_published_one_take_more_room(tmp_path):
    plan = factory.plan(["mnist"], EIGHT)
    made = [factory.make(run, train_s=298.0) for run in plan]
    figure = draw(factory.table(plan, made, tmp_path)[0])
    first, second = figure.axes
    places = list(first.get_yticks())
    assert places == list(second.get_yticks())
    assert np.diff(places).round(2).tolist() == [1, 1, 0.81, 0.62, 0.62, 0.62, 0.62]
    bars = sorted((patch.get_y(), patch.get_y() + patch.get_height()) for patch in first.patches)
    assert all(end <= start for (_, end), (start, _) in pairwise(bars))
    assert len({patch.get_facecolor() for patch in first.patches if not patch.get_hatch()}) == 8


def test_markers_of_many_learning_curves_do_not_hide_each_other(tmp_path):
    plan = factory.plan(["mnist"], EIGHT, splits=["holdout"])
    figure = draw(factory.table(plan, [factory.make(run) for run in plan], tmp_path)[0], name="learning")
    starts = [line.get_markevery() for line in figure.axes[0].lines]
    assert [start for start, _ in starts] == [0, 0, 0, 1, 1, 1, 2, 2]  # of 12 epochs, every third
    assert {every for _, every in starts} == {3}


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
    disturbed = [run.framework == "pytorch" and run.fold == 3 for run in plan]
    made = [
        factory.make(run, train_s=298.0, surroundings=busy if shared else {})
        for run, shared in zip(plan, disturbed, strict=True)
    ]
    figure = draw(factory.table(plan, made, tmp_path)[0])
    holdout, kfold = figure.axes
    assert not holdout.lines
    (triangle,) = kfold.lines
    assert triangle.get_marker() == "^"
    assert triangle.get_xdata()[0] == 3000  # at the end of the bar of PyTorch, the second of three
    assert kfold.patches[2].get_width() == 3000 and 0.7 < triangle.get_ydata()[0] < 1
    assert "rests on flagged runs" in words(figure)


def test_unknown_dataset_is_named(tmp_path):
    runs, _ = factory.table(factory.plan(["digits"]), [], tmp_path)
    with pytest.raises(UserError, match="mnist is not in the experiment, which has digits"):
        draw(runs, "mnist")


@pytest.mark.slow
def test_files_come_out_the_same_each_time(tmp_path):
    plan = factory.plan(["letter"])
    factory.table(plan, [factory.make(run) for run in plan], tmp_path)
    written = factory.write_experiment(plan, tmp_path / "experiment.json")
    found = []
    for turn in ("a", "b"):
        out = tmp_path / turn
        command = [sys.executable, *SCRIPT, "times", "--dataset", "letter", "--experiment", written]
        subprocess.run([*command, "--runs", tmp_path / "runs.parquet", "--out", out], check=True)
        assert sorted(file.name for file in out.iterdir()) == [
            "letter-figure.html",
            "letter.png",
            "letter.svg",
        ]
        found.append([(out / f"letter{suffix}").read_bytes() for suffix in (".svg", ".png", "-figure.html")])
    assert found[0] == found[1]
    assert b"<dc:date>" not in found[0][0]


# ---- figures of the whole experiment ----


def whole(name, planned, made, folder, config=factory.CONFIG):
    """Draw a figure of all datasets; returns it."""
    runs, _ = factory.table(planned, made, folder, config)
    return draw_figure(name, Experiment(runs, FIGURES, config["comparison"]))


def epochs_of(seconds):
    return {"epochs_s": seconds, "train_s": sum(seconds), "total_s": sum(seconds) + 2}


def test_epochs_are_drawn_over_the_median_of_their_cell(tmp_path):
    plan = factory.plan(["mnist"], ["pytorch"], splits=["kfold"], folds=2)
    seconds = [[1.0, 2.0, 3.0], [2.0, 2.0, 6.0]]  # median of all: 2
    config = copy.deepcopy(factory.CONFIG)
    config["training"]["mnist"]["epochs"] = 3
    made = [factory.make(run, config, times=epochs_of(seconds[run.fold])) for run in plan]
    (axis,) = whole("epochs", plan, made, tmp_path, config).axes
    (drawn,) = axis.collections
    rows = {}  # one for each run
    for x, y in drawn.get_offsets().tolist():
        rows.setdefault(y, []).append(x)
    assert list(rows.values()) == [[0.5, 1, 1.5], [1, 1, 3]]
    (medians,) = [line for line in axis.lines if line.get_marker() == "|"]
    assert medians.get_xydata().tolist() == [[1, height] for height in rows]
    low, high = axis.get_xlim()
    assert low < 0.5 and high > 3  # nothing is cut off
    # 0.5 1 1 1 1.5 3: quartiles 1 and 1.375
    assert "37.5%" in words(axis.figure)


def test_epochs_of_flagged_runs_are_triangles_and_missing_runs_are_said(tmp_path):
    plan = factory.plan(["mnist"], ["pytorch"], splits=["kfold"], folds=3)
    busy = {"other_cores": 2.0}
    made = [factory.make(run, surroundings=busy if run.fold else {}) for run in plan[:2]]
    figure = whole("epochs", plan, made, tmp_path)
    clean, flagged = figure.axes[0].collections
    assert len(flagged.get_paths()[0].vertices) == 4 < len(clean.get_paths()[0].vertices)
    assert "2/3 runs" in words(figure)
    assert "flagged" in words(figure)


def test_epochs_of_more_runs_than_have_room_are_shaded(tmp_path, monkeypatch):
    """Every epoch is counted, medians stand at their place, and the legend explains both."""
    monkeypatch.setattr(epochs, "SHADED_RUNS", 2)
    plan = factory.plan(["mnist"], ["pytorch"], splits=["kfold"], folds=3)
    made = [
        factory.make(run, surroundings={"other_cores": 2.0 if run.fold == 1 else 0.0}, times=epochs_of(of))
        for run, of in zip(plan, ([1.0] * 12, [2.0] * 12, [0.5] * 7 + [4.0] * 5), strict=True)
    ]
    seen, counts = [], shade.counts
    monkeypatch.setattr(shade, "counts", lambda *args: seen.append(counts(*args)) or seen[-1])
    figure = whole("epochs", plan, made, tmp_path)
    ((points, low, high),) = seen
    assert (points.sum(), low, high) == (36, 0.5, 4.0)
    third = shade.BINS // 3  # 0.5, 1, 2, 4 are equally far on the logarithmic axis
    assert points[0, third] == 12 and points[10, 2 * third] == 12
    assert points[20, 0] == 7 and points[20, -1] == 5
    (axis,) = figure.axes
    assert axis.images and not axis.collections
    ticks, triangle = axis.lines[1:]
    assert ticks.get_xdata().tolist() == [1, 2, 0.5] and triangle.get_xdata().tolist() == [2, 0.5]
    assert axis.get_xlim()[0] < 0.5 and axis.get_xlim()[1] > 4
    assert "shaded" in words(figure) and "each row of points" not in words(figure)


def test_lines_of_break_even_cross_where_the_ring_is(tmp_path):
    plan = factory.plan(["mnist"], ["tensorflow", "pytorch"], splits=["holdout"])
    # TensorFlow starts 8 s later (10 against 2) and saves 2 s an epoch: ahead from 4 epochs on.
    made = [
        factory.make(plan[0], times=epochs_of([1.0] * 12) | {"compile_s": 9.5}),
        factory.make(plan[1], times=epochs_of([3.0] * 12)),
    ]
    figure = whole("breakeven", plan, made, tmp_path)
    (axis,) = figure.axes
    (ring,) = [line for line in axis.lines if line.get_markersize() == 9]
    assert ring.get_xydata().tolist() == [[4, 3.5]]  # (10 + 4) / 4 = (2 + 12) / 4
    assert "4" in [text.get_text() for text in axis.texts]
    ends = [line.get_ydata().tolist() for line in axis.lines if line.get_markersize() == 5]
    assert ends == [[11, pytest.approx(22 / 12)], [5, pytest.approx(38 / 12)]]


def test_no_ring_where_lines_do_not_cross_or_compare_two_things(tmp_path):
    plan = factory.plan(["mnist"], ["tensorflow", "pytorch"], splits=["holdout"])
    made = [factory.make(plan[0], train_s=12.0), factory.make(plan[1], train_s=24.0)]
    (axis,) = whole("breakeven", plan, made, tmp_path / "parallel").axes
    assert not [line for line in axis.lines if line.get_markersize() == 9]

    both = factory.plan(["mnist"], splits=["holdout"], implementations=["idiomatic", "tuned"])
    plan = [both[0], both[4]]  # TensorFlow, idiomatic and PyTorch, tuned
    assert [(run.framework, run.implementation) for run in plan] == [
        ("tensorflow", "idiomatic"),
        ("pytorch", "tuned"),
    ]
    made = [
        factory.make(plan[0], times=epochs_of([1.0] * 12) | {"compile_s": 9.5}),
        factory.make(plan[1], times=epochs_of([3.0] * 12)),
    ]
    (axis,) = whole("breakeven", plan, made, tmp_path / "two").axes
    assert not [line for line in axis.lines if line.get_markersize() == 9]


@pytest.mark.parametrize(
    ("name", "lists"),
    [
        ("implementations", {"implementations": ["idiomatic", "tuned"]}),
        ("devices", {"devices": ["cpu", "gpu"]}),
    ],
)
def test_ratios_with_their_intervals(tmp_path, name, lists):
    """The second side takes half as long; all folds equal, so the interval has no width."""
    plan = factory.plan(["mnist", "letter"], ["pytorch"], **lists)
    second = {"tuned", "gpu"}
    made = [
        factory.make(run, train_s=18.0 if {run.implementation, run.device} & second else 38.0)
        for run in plan
        if not (run.dataset == "letter" and run.split == "holdout")
    ]
    figure = whole(name, plan, made, tmp_path)
    (axis,) = figure.axes
    marks = [line for line in axis.lines if line.get_marker() == "s"]
    assert [line.get_xdata()[0] for line in marks] == [2, 2, 2]
    hollow = [line.get_markerfacecolor() == "white" for line in marks]
    assert hollow == [True, False, False]  # one run of each on the holdout split has no interval
    intervals = [list(line.get_xdata()) for line in axis.lines if line.get_linewidth() == 2]
    assert intervals == [[2, 2], [2, 2]]
    said = [text.get_text() for text in axis.texts]
    assert said.count("2.00 (2.00 to 2.00)") == 2 and said.count("2.00") == 1 and said.count("missing") == 1
    low, high = axis.get_xlim()
    assert low < 1 and high > 2  # the line of no difference is in sight


def test_published_scatter_fills_what_is_comparable(tmp_path):
    plan = factory.plan(["mnist", "letter"], splits=["holdout"])
    made = [
        factory.make(run, train_s=98.0, rows=1000 if run.dataset == "letter" else None)
        for run in plan
        if (run.dataset, run.framework) != ("mnist", "theano")
    ]
    figure = whole("published", plan, made, tmp_path)
    (axis,) = figure.axes
    marks = {
        tuple(line.get_xydata()[0].tolist()): line.get_markerfacecolor()
        for line in axis.lines
        if len(line.get_xdata()) == 1
    }
    assert len(marks) == 5
    assert marks[1005.69, 100] == style.look("tensorflow", [])[0]
    assert [colour for (x, _), colour in marks.items() if x < 1000] == ["white"] * 3
    equal = next(line for line in axis.lines if len(line.get_xdata()) == 2)
    assert list(equal.get_xdata()) == list(equal.get_ydata())
    said = words(figure)
    assert "MNIST, Theano: missing" in said
    assert "MNIST, TensorFlow" in said and "Letter, Theano" in said
    assert "hollow: not comparable" in said and "1000 rows" in said


def test_names_beside_the_scatter_never_overlap():
    from scripts.figures.plots import published

    for wanted in ([0.5] * 12, [0.0, 0.0, 0.01], [0.98, 0.99, 1.0], [0.2, 0.8]):
        heights = published.spread(wanted, 0.06)
        assert all(b - a > 0.06 - 1e-9 for a, b in pairwise(heights))
        assert heights[0] >= -1e-9 and heights[-1] <= 1 + 1e-9
    assert published.spread([0.2, 0.8], 0.06).tolist() == [0.2, 0.8]


def at(minutes):
    return f"2026-01-01T{int(minutes) // 60:02}:{int(minutes) % 60:02}:00+00:00"


def scheduled(run, start, minutes, **sections):
    made = factory.make(run, train_s=100.0, **sections)
    made.started, made.finished = at(start), at(start + minutes)
    return made


def test_schedule_shows_runs_cores_and_pauses(tmp_path):
    plan = factory.plan(["mnist", "letter"], ["tensorflow", "pytorch"], splits=["holdout"])
    begun = [0, 20, 400, 420]  # nothing ran from minute 40 to 400
    made = [
        scheduled(run, start, 20, surroundings={"other_cores": 2.0 if start == 20 else 0.0})
        for run, start in zip(plan, begun, strict=True)
    ]
    figure = whole("schedule", plan, made, tmp_path)
    rows, cores = figure.axes
    assert [t.get_text() for t in rows.get_yticklabels()] == ["MNIST", "Letter Recognition"]
    bars = [(round(p.get_x()), round(p.get_width()), round(p.get_y() + 0.31)) for p in rows.patches]
    assert bars == [(0, 20, 0), (20, 20, 0), (40, 20, 1), (60, 20, 1)]  # minutes, without the pause
    assert "6.0 hours" in words(figure)
    (triangles,) = [line for line in rows.lines if line.get_marker() == "^" and len(line.get_xdata())]
    assert triangles.get_xdata().tolist() == [30]
    assert cores.get_title(loc="left") == "node1, cores 0-3"
    heights = [patch.get_height() for patch in cores.patches]
    assert heights == [3.5] * 4 + [0, 2.0, 0, 0]  # busy cores, and on top those of other programs
    assert cores.patches[5].get_y() == 3.5
    assert "minutes since 2026-01-01 00:00 UTC" in cores.get_xlabel()


def test_runs_at_the_same_time_have_lanes_of_their_own(tmp_path):
    plan = factory.plan(["mnist"], splits=["holdout"])
    cores = [[0, 1], [2, 3], None]
    made = [
        scheduled(run, 0, 20, threads={"pinned_cores": own}) for run, own in zip(plan, cores, strict=True)
    ]
    titles = [axis.get_title(loc="left") for axis in whole("schedule", plan, made, tmp_path / "a").axes[1:]]
    assert titles == ["node1", "node1, cores 0-1", "node1, cores 2-3"]
    made = [scheduled(run, 0, 20, threads={"pinned_cores": None}) for run in plan]
    titles = [axis.get_title(loc="left") for axis in whole("schedule", plan, made, tmp_path / "b").axes[1:]]
    assert titles == ["node1", "node1 (2 at once)", "node1 (3 at once)"]


def test_a_schedule_of_more_runs_than_have_room_shows_their_means(tmp_path, monkeypatch):
    """Each framework has its share of the time and of the cores, and the legend says what is drawn."""
    monkeypatch.setattr(schedule, "MANY", 3)
    monkeypatch.setattr(schedule, "MOST_LANES", 1)
    drawn, layer = [], covered.layer
    monkeypatch.setattr(covered, "layer", lambda *args: drawn.append(args) or layer(*args))
    plan = factory.plan(["mnist"], ["tensorflow", "pytorch"], splits=["kfold"], folds=2)
    made = [
        scheduled(run, 20 * n, 20, surroundings={"other_cores": 2.0 if n == 3 else 0.0})
        for n, run in enumerate(plan)
    ]
    made[3].machine.host = "node2"
    figure = whole("schedule", plan, made, tmp_path)
    areas = [float(np.sum(np.abs(above - below) * np.diff(edges))) for _, edges, below, above, _ in drawn]
    # The row of the dataset, 0.62 high, 40 minutes each; on node1 TensorFlow ran twice, PyTorch once.
    assert areas == pytest.approx([0.62 * 40, 0.62 * 40, 3.5 * 40, 3.5 * 20, 0], abs=1e-6)
    assert [axis.get_title(loc="left") for axis in figure.axes[1:]] == ["node1, cores 0-3"]
    (triangles,) = [line for line in figure.axes[0].lines if line.get_marker() == "^"]
    assert triangles.get_xdata() == pytest.approx([70], abs=0.3)
    assert "means of 0.2 minutes each" in words(figure) and "1 more set of cores" in words(figure)


def test_means_in_short_times_keep_the_area_of_all_runs():
    random = np.random.default_rng(1)
    begin, lasted, height = random.uniform(0, 9, 50), random.uniform(0, 1, 50), random.uniform(1, 4, 50)
    edges = np.linspace(0, 10, 41)
    means = covered.mean_in_bins(begin, lasted, height, edges)
    ends = begin + lasted
    overlaps = np.minimum(ends[:, None], edges[1:]) - np.maximum(begin[:, None], edges[:-1])
    assert means == pytest.approx((height[:, None] * overlaps.clip(0)).sum(axis=0) / np.diff(edges))
    assert (means * np.diff(edges)).sum() == pytest.approx((height * lasted).sum())


@pytest.mark.parametrize(
    "name", ["epochs", "breakeven", "implementations", "devices", "published", "schedule"]
)
def test_figures_of_an_experiment_without_a_finished_run(tmp_path, name):
    plan = factory.plan(
        ["mnist"], ["pytorch"], devices=["cpu", "gpu"], implementations=["idiomatic", "tuned"]
    )
    figure = whole(name, plan, [], tmp_path)
    files.save(figure, tmp_path / name, "what it shows")
    said = words(figure) + figure.get_suptitle()
    assert "missing" in said or "no run is finished" in said


def test_a_figure_of_one_dataset_needs_its_name(tmp_path):
    runs, _ = factory.table(factory.plan(["digits"]), [], tmp_path)
    with pytest.raises(UserError, match="name it with --dataset"):
        draw(runs, None)
