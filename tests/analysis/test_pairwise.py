"""Tables that compare: ratios, differences, validation, learning, break-even, on made records."""

import math
import subprocess
import sys

import factory
import numpy as np
import pandas as pd
import pytest
from paths import ROOT

from scripts import tables
from scripts.analysis import cells, pairwise, ranking, stats
from scripts.analysis.experiment import Experiment
from scripts.analysis.study import printed_figures as study
from scripts.tables import page_html, page_latex, page_markdown

FIGURES = study.read()
CONFIG = factory.CONFIG
SCRIPT = ROOT / "scripts", "tables"
DRIFT = [0.9, 1.0, 1.1, 1.2, 0.95, 1.05, 1.0, 1.15, 0.85, 1.0]  # of the machine, by fold
WOBBLE = [0.1, -0.1, 0.2, -0.2, 0.0, 0.3, -0.3, 0.1, -0.1, 0.0]
BUSY = {"surroundings": {"other_cores": 2.0}}


def experiment(plan, made, folder):
    runs = factory.table(plan, made, folder)[0]
    return Experiment(runs, FIGURES, CONFIG["comparison"])


def table(name, found):
    """(tidy table, page as Markdown, rows of the page as {head: text})"""
    module = tables.module(name)
    tidy = module.tidy(found)
    page = module.page(tidy, found)
    rows = [
        {head: cell.text for head, cell in zip(block.header, row, strict=True)}
        for block in page.blocks
        for row in block.rows
    ]
    assert page_html.html_page(page) and page_latex.latex(page, name)
    return tidy, page_markdown.markdown(page), rows


def two(folder, seconds, skip=(), busy=(), **lists):
    """Letter in TensorFlow and PyTorch; `seconds(run)` is total_s. skip and busy are (framework, fold)."""
    plan = factory.plan(["letter"], ["tensorflow", "pytorch"], **lists)
    made = [
        factory.make(run, train_s=seconds(run) - 2, **(BUSY if (run.framework, run.fold) in busy else {}))
        for run in plan
        if (run.framework, run.fold) not in skip
    ]
    return experiment(plan, made, folder)


def slower_tensorflow(run):
    return 20 * DRIFT[run.fold] * (1.5 if run.framework == "tensorflow" else 1.0)


# ---- speed-ups ----


def test_ratio_of_all_folds_with_its_interval(tmp_path):
    found = two(tmp_path, lambda run: slower_tensorflow(run) + WOBBLE[run.fold], splits=["kfold"])
    tidy, _, (row,) = table("speedups", found)
    (one,) = tidy.to_dict("records")
    a = [30 * d + w for d, w in zip(DRIFT, WOBBLE, strict=True)]
    b = [20 * d + w for d, w in zip(DRIFT, WOBBLE, strict=True)]
    assert (one["framework_a"], one["framework_b"], one["faster"]) == ("tensorflow", "pytorch", "pytorch")
    assert one["ratio"] == pytest.approx(sum(a) / sum(b))
    assert (one["ratio_low"], one["ratio_high"]) == pytest.approx(stats.ratio_interval(a, b, 0.95, 10000))
    assert 1.4 < one["ratio_low"] < one["ratio"] < one["ratio_high"] < 1.6
    # An epoch is (total - 2) / 300.
    assert one["epoch_ratio"] == pytest.approx((sum(a) - 20) / (sum(b) - 20))
    assert row["A : B"] == "TensorFlow : PyTorch"
    assert (row["time"], row["verdict"]) == ("1.50", "PyTorch faster")


def test_nobody_is_faster_where_the_interval_holds_one(tmp_path):
    def seconds(run):
        return 20 + (WOBBLE[run.fold] if run.framework == "tensorflow" else 0)

    tidy, text, (row,) = table("speedups", two(tmp_path, seconds, splits=["kfold"]))
    assert tidy["faster"].isna().all() and tidy["ratio_low"][0] < 1 < tidy["ratio_high"][0]
    assert row["verdict"] == "no difference shown" and "**" not in text


def test_one_run_of_each_has_a_ratio_and_no_verdict(tmp_path):
    tidy, text, (row,) = table("speedups", two(tmp_path, slower_tensorflow, splits=["holdout"]))
    assert tidy["ratio"][0] == pytest.approx(1.5) and tidy["ratio_low"].isna().all()
    assert (row["interval"], row["verdict"]) == ("one run", "one run: not tested")
    assert not math.isnan(tidy["epoch_ratio_low"][0])  # 300 epochs, within these two runs
    assert tidy["epoch_faster"].isna().all() and "**" not in text


def test_missing_folds_are_named_and_give_no_ratio(tmp_path):
    skip = [("pytorch", fold) for fold in (3, 7)]
    for name in ("speedups", "differences", "breakeven"):
        found = two(tmp_path / name, slower_tensorflow, skip=skip, splits=["kfold"])
        tidy, _, (row,) = table(name, found)
        assert tidy["verdict"][0] == "PyTorch: 8/10 folds"
        assert "PyTorch: 8/10 folds" in row.values()
    assert (tidy["folds"][0], tidy["folds_ok"][0]) == (10, 8)
    skip = [("pytorch", 0), ("tensorflow", 0)]
    tidy, _, _ = table("speedups", two(tmp_path / "x", slower_tensorflow, skip=skip, splits=["holdout"]))
    assert tidy["verdict"][0] == "TensorFlow: missing, PyTorch: missing"
    assert tidy["ratio"].isna().all()


def test_flagged_runs_of_both_sides_are_counted(tmp_path):
    busy = [("pytorch", 1), ("pytorch", 2), ("tensorflow", 5)]
    found = two(tmp_path, slower_tensorflow, busy=busy, splits=["kfold"])
    assert "| **PyTorch (3 flagged)** |" in table("answer", found)[1]
    for name in ("speedups", "differences", "breakeven"):
        tidy, text, _ = table(name, found)
        assert tidy["flagged"][0] == 3
        assert "(3 flagged)" in text and "the table flags says why" in text


def test_folds_of_other_splits_are_not_compared(tmp_path):
    plan = factory.plan(["letter"], ["tensorflow", "pytorch"], splits=["kfold"])
    made = [
        factory.make(run, origin={"split_digest": "old"} if run.framework == "pytorch" else {})
        for run in plan
    ]
    found = experiment(plan, made, tmp_path)
    for name in ("speedups", "differences"):
        assert table(name, found)[0]["verdict"].tolist() == ["other rows in their splits"]
    assert "other rows in their splits" in table("answer", found)[1]


@pytest.mark.parametrize("other", [{"machine": {"cpu": "Another CPU"}}, {"threads": {"threads": 2}}])
def test_times_of_other_machines_are_not_compared_and_accuracies_are(tmp_path, other):
    """The faster machine would be taken for the faster framework."""
    plan = factory.plan(["letter"], ["tensorflow", "pytorch"], splits=["kfold"])
    made = [factory.make(run, **(other if run.framework == "pytorch" else {})) for run in plan]
    found = experiment(plan, made, tmp_path)
    (speedup,) = table("speedups", found)[0].to_dict("records")
    assert speedup["verdict"] == speedup["epoch_verdict"] == pairwise.OTHER_MACHINES
    assert math.isnan(speedup["ratio"]) and speedup["points"] == 0
    assert pairwise.OTHER_MACHINES not in table("differences", found)[0]["verdict"].tolist()
    assert pairwise.OTHER_MACHINES in table("answer", found)[1]
    assert ranking.places(found.runs, found.comparison)["place"].isna().all()
    # Each fold on another machine, the same for both.
    mixed = [factory.make(run, **(other if run.fold > 4 else {})) for run in plan]
    found = experiment(plan, mixed, tmp_path / "mixed")
    assert table("speedups", found)[0]["verdict"].tolist() == [pairwise.NO_DIFFERENCE]


# ---- differences of accuracy ----


def learned(folder, *apart, splits=("kfold",)):
    """Differences of accuracy of TensorFlow less PyTorch, one list of ten folds for each dataset."""
    datasets = ["mnist", "cifar10", "cifar100", "letter"][: len(apart)]
    plan = factory.plan(datasets, ["tensorflow", "pytorch"], splits=splits)
    made = [
        factory.make(
            run,
            accuracy=0.8
            + DRIFT[run.fold] / 10
            + (apart[datasets.index(run.dataset)][run.fold] if run.framework == "tensorflow" else 0),
        )
        for run in plan
    ]
    return experiment(plan, made, folder)


def test_verdicts_of_differences(tmp_path):
    near = [w / 100 for w in WOBBLE]  # up to 0.3 points, 0 on average
    apart = [[0.03 + d for d in near], near, [10 * d for d in near], [0.004 + d / 10 for d in near]]
    tidy, _, rows = table("differences", learned(tmp_path, *apart))
    assert tidy["verdict"].tolist() == ["differs", "the same", "cannot tell", "differs slightly"]
    words = ["differs", "the same within 1 point", "cannot tell", "differs by less than 1 point"]
    assert [row["verdict"] for row in rows] == words
    ratio = 1 / 9  # test rows over training rows of ten folds
    assert tidy["p_difference"].tolist() == pytest.approx(
        [stats.difference_test(d, ratio) for d in apart], abs=1e-9
    )
    assert tidy["p_same_holm"].tolist() == pytest.approx(
        stats.holm([stats.equivalence_test(d, 0.01, ratio) for d in apart]), abs=1e-9
    )
    assert tidy["points"].tolist() == pytest.approx([3.0, 0.0, 0.0, 0.4])
    low, high = stats.mean_interval([100 * d for d in apart[0]], 0.95, ratio)
    assert (tidy["points_low"][0], tidy["points_high"][0]) == pytest.approx((low, high), rel=1e-3)


def test_one_draw_is_no_test(tmp_path):
    tidy, text, _ = table("differences", learned(tmp_path, [0.05], splits=["holdout"]))
    assert tidy["points"][0] == pytest.approx(5.0)
    assert tidy["p_difference"].isna().all() and tidy["verdict"][0] == "one run"
    assert "one run: not tested" in text


# ---- devices, implementations, validation ----


def test_devices_and_implementations_compare_each_framework_with_itself(tmp_path):
    seconds = {"cpu": 40.0, "gpu": 10.0, "idiomatic": 1.0, "tuned": 0.5}
    plan = factory.plan(
        ["mnist"],
        ["tensorflow", "pytorch"],
        devices=["cpu", "gpu"],
        implementations=["idiomatic", "tuned"],
        splits=["kfold"],
    )
    plan = [run for run in plan if (run.framework, run.implementation) != ("tensorflow", "tuned")]
    made = [
        factory.make(run, train_s=seconds[run.device] * seconds[run.implementation] * DRIFT[run.fold])
        for run in plan
    ]
    found = experiment(plan, made, tmp_path)
    tidy, text, rows = table("devices", found)
    assert len(tidy) == 3 and set(tidy["faster"]) == {"gpu"}
    assert tidy["epoch_ratio"].tolist() == pytest.approx([4.0] * 3)
    assert {row["A : B"] for row in rows} == {"CPU : GPU"} and "GPU faster" in text
    tidy, text, rows = table("implementations", found)
    assert tidy["framework"].tolist() == ["pytorch", "pytorch"] and set(tidy["faster"]) == {"tuned"}
    assert "TensorFlow: one implementation only" in text
    assert {row["A : B"] for row in rows} == {"idiomatic : tuned"}


def test_keras_is_compared_with_what_it_computes_with(tmp_path):
    """As the descriptions name it, in whatever order the config has them; nothing else is paired."""
    names = ["pytorch", "tensorflow", "keras_torch", "keras_jax", "abacus"]
    plan = factory.plan(["letter"], names, splits=["kfold"])
    made = [
        factory.make(
            run,
            train_s=(30 if run.framework == "keras_torch" else 20) * DRIFT[run.fold] - 2,
            accuracy=0.8 if run.framework == "keras_torch" else 0.9,
            **(BUSY if (run.framework, run.fold) == ("keras_torch", 3) else {}),
        )
        for run in plan
    ]
    tidy, text, rows = table("keras_costs", experiment(plan, made, tmp_path))
    (row,) = rows
    assert (row["A : B"], row["time"]) == ("Keras (PyTorch) : PyTorch", "1.50")
    assert row["verdict"] == "PyTorch faster (1 flagged)" and row["accuracy A - B, points"] == "-10.00"
    assert tidy["flagged"].tolist() == [1] and "TensorFlow and Theano are used through Keras alone" in text


@pytest.mark.parametrize("name", ["keras_jax", "keras_torch"])
def test_keras_without_its_partner_is_a_sentence(tmp_path, name):
    plan = factory.plan(["letter"], [name, "tensorflow"], splits=["holdout"])
    tidy, text, rows = table("keras_costs", experiment(plan, [factory.make(run) for run in plan], tmp_path))
    assert tidy.empty and not rows and "[pytorch, keras_torch]" in text


def test_keras_and_its_backends_are_printed_as_the_study_prints_frameworks(tmp_path):
    """Seconds of each, then percent; what does not go through Keras is left out."""
    names = ["tensorflow", "pytorch", "theano", "cntk"]
    plan = factory.plan(["letter", "mnist"], names, splits=["holdout"])
    seconds = dict(zip(names, (10, 20, 30, 40), strict=True))
    made = [
        factory.make(run, train_s=seconds[run.framework] - 2, accuracy=0.6)
        for run in plan
        if (run.framework, run.dataset) != ("cntk", "mnist")
    ]
    tidy, text, rows = table("backends", experiment(plan, made, tmp_path))
    assert set(tidy["framework"]) == {"tensorflow", "theano", "cntk"}
    assert rows[0]["dataset"] == "Letter Recognition"
    shown = ["TensorFlow s", "Theano s", "CNTK s", "TensorFlow %", "Theano %", "CNTK %"]
    assert list(rows[0])[1:] == shown
    assert [rows[0][name] for name in shown] == ["10.00", "30.00", "40.00", "60.00", "60.00", "60.00"]
    assert rows[1]["CNTK s"] == "missing" and rows[1]["CNTK %"] == ""
    assert "CNTK since 2019" in text


def test_one_side_alone_is_a_sentence(tmp_path):
    plan = factory.plan(["mnist"], ["pytorch"], splits=["holdout"])
    found = experiment(plan, [factory.make(run) for run in plan], tmp_path)
    sentences = {
        "speedups": "Only one framework ran",
        "differences": "Only one framework ran",
        "devices": "All runs are on the CPU",
        "implementations": "All runs are idiomatic",
        "keras_costs": "No framework ran both with Keras and without",
        "backends": "Fewer than two frameworks ran through Keras",
        "validation": "All runs are holdout",
        "breakeven": "nothing to compare",
    }
    for name, words in sentences.items():
        tidy, text, rows = table(name, found)
        assert tidy.empty and not rows and words in text, name


def test_validation_sets_time_beside_work(tmp_path):
    plan = factory.plan(["mnist"], ["pytorch", "theano"])
    made = [
        factory.make(run, train_s=98.0 if run.split == "holdout" else 133.0, accuracy=0.9 + run.fold / 100)
        for run in plan
        if (run.framework, run.fold) != ("theano", 0)
    ]
    tidy, _, rows = table("validation", experiment(plan, made, tmp_path))
    one = tidy.iloc[0]
    assert one["work"] == pytest.approx(10 * 63000 / 49000)
    assert one["ratio"] == pytest.approx(1350 / 100)
    assert one["ratio_to_work"] == pytest.approx(1.05)
    assert one["points"] == pytest.approx(4.5)
    # folds: 0.90 to 0.99, 7000 test rows of 70000; holdout: 0.90 of 21000 test rows
    error = math.sqrt((1 / 10 + 7000 / 63000) * 55 / 6 + 100**2 * 0.9 * 0.1 / 21000)
    assert one["points_high"] - one["points"] == pytest.approx(2.262157 * error, rel=1e-6)
    assert one["points"] - one["points_low"] == pytest.approx(2.262157 * error, rel=1e-6)
    assert one["points_high"] - one["points"] > one["kfold_high"] - one["kfold_percent"]
    assert (
        rows[0]["folds - holdout, points"] == f"+4.50 ({one['points_low']:+.2f} to {one['points_high']:+.2f})"
    )
    assert (rows[0]["work"], rows[0]["time / work"]) == ("12.86", "1.05")
    assert rows[1]["time"] == "holdout missing, 9/10 folds"


# ---- learning ----


def falling(*losses, epochs=12):
    return [*losses, *[losses[-1]] * (epochs - len(losses))]


def test_time_to_the_loss_that_all_reach(tmp_path):
    plan = factory.plan(["mnist"], splits=["holdout"])
    losses = {
        "tensorflow": falling(2.0, 1.5, 1.0, 0.9),
        "pytorch": falling(1.0, 0.5),
        "theano": falling(2.0, 0.4, 0.7),
    }
    made = [factory.make(run, learning={"train_losses": losses[run.framework]}) for run in plan]
    tidy, _, rows = table("learning", experiment(plan, made, tmp_path))
    assert tidy["target_loss"].tolist() == [0.9] * 3
    assert tidy["epochs_to_target"].tolist() == [4, 2, 2]
    # 2 s to build and compile, 1 s an epoch
    assert tidy["seconds_to_target"].tolist() == pytest.approx([6.0, 4.0, 4.0])
    assert [row["last loss"] for row in rows] == ["0.9000", "0.5000", "0.7000"]


def test_folds_have_a_spread_and_the_target_is_reached_in_each(tmp_path):
    plan = factory.plan(["mnist"], ["pytorch"], splits=["kfold"], folds=4)
    made = [
        factory.make(run, learning={"train_losses": falling(*[2.0] * run.fold, 0.5 + run.fold / 10)})
        for run in plan
    ]
    tidy, text, _ = table("learning", experiment(plan, made, tmp_path))
    assert tidy["target_loss"][0] == 0.8 and tidy["runs_reached"][0] == 4
    assert tidy["seconds_to_target"][0] == pytest.approx(2 + (1 + 2 + 3 + 4) / 4)
    assert tidy["seconds_sd"][0] == pytest.approx(math.sqrt(5 / 3))
    assert "4.500 ± 1.291" in text


def test_a_run_that_does_not_learn_sets_no_target_and_is_named(tmp_path):
    plan = factory.plan(["mnist"], ["pytorch", "theano"], splits=["holdout"])
    made = [factory.make(run, learning={"train_losses": falling(1.0, 0.5)}) for run in plan]
    found = experiment(plan, made, tmp_path)
    found.runs.at[1, "train_losses"] = [math.nan] * 12
    tidy, _, rows = table("learning", found)
    assert tidy["target_loss"].tolist() == [0.5, 0.5]
    assert rows[1]["seconds to it"] == "0 of 1 runs reach it"
    assert rows[1]["last loss"] == "not a number"


# ---- break-even ----


def compiling(folder, start, epoch, **lists):
    """MNIST; start and epoch by framework, in seconds; epochs wobble a little from fold to fold."""
    plan = factory.plan(["mnist"], list(start), **lists)
    made = []
    for run in plan:
        one = epoch[run.framework] * (1 + WOBBLE[run.fold] / 100 * len(run.framework))
        times = {"build_s": 0.5, "compile_s": start[run.framework] - 0.5, "epochs_s": [one] * 12}
        made.append(factory.make(run, times=times))
    return experiment(plan, made, folder)


def test_break_even_and_whether_it_pays(tmp_path):
    found = compiling(
        tmp_path,
        {"tensorflow": 9.0, "pytorch": 1.0, "theano": 41.0},
        {"tensorflow": 3.0, "pytorch": 4.0, "theano": 2.9},
        splits=["kfold"],
    )
    tidy, _, rows = table("breakeven", found)
    by = {(row["framework_a"], row["framework_b"]): row for row in tidy.to_dict("records")}
    assert set(by) == {("tensorflow", "pytorch"), ("theano", "tensorflow"), ("theano", "pytorch")}
    one = by["tensorflow", "pytorch"]
    assert one["break_even"] == pytest.approx(8.0, abs=0.1)  # (9 - 1) / (4 - 3)
    assert one["break_even_low"] < 8 < one["break_even_high"] < 12 and one["verdict"] == "A pays"
    assert by["theano", "pytorch"]["verdict"] == "A does not pay"  # (41 - 1) / (4 - 2.9) = 36
    assert rows[0]["finding"] == "A pays" and rows[0]["trained epochs"] == "12"


def test_who_is_ahead_from_the_start_and_what_one_run_says(tmp_path):
    start, epoch = {"tensorflow": 1.0, "pytorch": 5.0}, {"tensorflow": 3.0, "pytorch": 4.0}
    tidy, _, _ = table("breakeven", compiling(tmp_path / "k", start, epoch, splits=["kfold"]))
    assert tidy["framework_a"].tolist() == ["pytorch"]
    assert tidy["verdict"].tolist() == ["B is ahead from the start"] and tidy["break_even"].isna().all()
    start["pytorch"], epoch["pytorch"] = 2.0, 2.0
    tidy, text, _ = table("breakeven", compiling(tmp_path / "h", start, epoch, splits=["holdout"]))
    assert tidy["break_even"][0] == pytest.approx(1.0, abs=0.02)
    assert tidy["verdict"].tolist() == ["one run"]
    assert "one run: not tested" in text
    tidy, _, _ = table("breakeven", compiling(tmp_path / "3", start, epoch, splits=["kfold"], folds=3))
    assert tidy["verdict"].tolist() == ["too few folds or seeds for an interval"]


def test_tuned_is_set_against_idiomatic_of_the_same_framework(tmp_path):
    plan = factory.plan(["mnist"], ["pytorch"], implementations=["idiomatic", "tuned"], splits=["holdout"])
    tuned = {"compile_s": 11.5, "epochs_s": [0.5] * 12}  # idiomatic: 1.5 s, and 1 s an epoch
    made = [factory.make(run, times=tuned if run.implementation == "tuned" else {}) for run in plan]
    (one,) = table("breakeven", experiment(plan, made, tmp_path))[0].to_dict("records")
    assert (one["implementation_a"], one["implementation_b"]) == ("tuned", "idiomatic")
    assert one["break_even"] == pytest.approx(20.0)  # 10 s more to start, 0.5 s less an epoch


# ---- all of them ----


@pytest.mark.slow
def test_every_table_of_nothing_names_the_gaps(tmp_path):
    plan = factory.plan(["mnist"], devices=["cpu", "gpu"], implementations=["idiomatic", "tuned"])
    found = experiment(plan, [], tmp_path)
    for name in tables.NAMES:
        tidy, text, _ = table(name, found)
        assert isinstance(tidy, pd.DataFrame)
        if name in ("doubts", "keras_costs"):  # about the published study, and of other frameworks
            continue
        assert any(word in text for word in ("missing", "No run is finished", "not measured")), name


@pytest.mark.slow
def test_the_command_writes_the_same_bytes_twice(tmp_path):
    plan = factory.plan(["letter"], ["tensorflow", "pytorch"], splits=["kfold"])
    made = [factory.make(run, train_s=slower_tensorflow(run)) for run in plan]
    _, parquet = factory.table(plan, made, tmp_path)
    description = factory.write_experiment(plan, tmp_path / "experiment.json")
    command = [sys.executable, *SCRIPT, "speedups", "--runs", parquet, "--experiment", description, "--out"]
    for out in ("one", "two"):
        subprocess.run([*command, tmp_path / out], check=True)
    for suffix in (".csv", ".md", ".html", ".tex"):
        one, two = (tmp_path / out / f"speedups{suffix}" for out in ("one", "two"))
        assert one.read_bytes() == two.read_bytes()


def test_cells_hold_the_finished_runs_of_the_table(tmp_path):
    """With as many epochs as they have, and counts of what is planned, finished and flagged."""
    plan = factory.plan(["mnist"], ["tensorflow", "pytorch"], splits=["kfold"], folds=4, replicates=2)
    config = {**factory.CONFIG, "seeds": [1, 2]}
    made = [
        factory.make(run, config, times=epochs_of(run), surroundings={"other_cores": 3.0 * (run.fold == 2)})
        for run in plan
        if (run.framework, run.replicate, run.fold) != ("pytorch", 1, 3)
    ]
    runs = factory.table(plan, made, tmp_path, config)[0]
    whole, lacking = cells.cell_runs(runs, ["replicate", "fold", "total_s", "epoch_s"])
    assert [cell["framework"] for cell in (whole, lacking)] == ["tensorflow", "pytorch"]
    assert [(cell.planned, len(cell), cell.replicates, cell.flagged) for cell in (whole, lacking)] == [
        (8, 8, 2, 2),
        (8, 7, 2, 2),
    ]
    finished = runs.loc[(runs["framework"] == "pytorch") & (runs["status"] == "ok")]
    assert lacking["total_s"].tolist() == finished["total_s"].tolist()
    assert lacking["epoch_s"].tolist() == [np.median(epochs) for epochs in finished["epochs_s"]]
    both = pairwise.paired(lacking, whole.at(np.arange(8)[::-1]))
    assert [side["fold"].tolist() for side in both] == [[0, 1, 2, 3, 0, 1, 2]] * 2
    assert [side["replicate"].tolist() for side in both] == [[0] * 4 + [1] * 3] * 2


def epochs_of(run):
    """One epoch less in each fold after the first, and the last one longer."""
    count = 12 - (run.fold > 0)
    seconds = [1.0 + run.fold / 10] * (count - 1) + [1.5]
    return {"epochs_s": seconds, "epochs_cpu_s": [3 * one for one in seconds]}
