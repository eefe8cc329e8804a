"""The tables: hand-computed values, incomplete and not comparable cells, the study's figures."""

import math
import subprocess
import sys

import factory
import numpy as np
import pandas as pd
import pytest
from paths import ROOT

from scripts import tables
from scripts.analysis import cells, display_names, flags, provenance
from scripts.analysis.experiment import Experiment, read_runs
from scripts.analysis.study import printed_figures as study
from scripts.tables import page_html, page_latex, page_markdown
from scripts.tables.page_model import Block, Cell, Page
from scripts.tables.terminal import print_summary, summary
from scripts.tables.write import write

FIGURES = study.read()
COMPARISON = factory.CONFIG["comparison"]
SCRIPT = ROOT / "scripts", "tables"


def cell(table, **wanted):
    """The one row of a table that has these values."""
    found = table[(table[list(wanted)] == pd.Series(wanted)).all(axis=1)]
    assert len(found) == 1, f"{len(found)} rows with {wanted}"
    return found.iloc[0]


def letter_runs(folder, skip=(), **changes):
    """Letter in PyTorch: total_s 10, 11, ..., 19 over the folds, accuracy 0.60, 0.61, ..., 0.69."""
    plan = factory.plan(["letter"], ["pytorch"], splits=["kfold"])
    made = [
        factory.make(run, train_s=8.0 + run.fold, accuracy=0.60 + run.fold / 100, **changes)
        for run in plan
        if run.fold not in skip
    ]
    return factory.table(plan, made, folder)[0]


def page_of(name, runs):
    experiment = Experiment(runs, FIGURES, COMPARISON)
    table = tables.module(name)
    return table.page(table.tidy(experiment), experiment)


def html_of(name, runs):
    page = page_of(name, runs)
    return page_markdown.markdown(page), page_html.html_page(page), page_latex.latex(page, name)


# ---- times and accuracy ----


def test_kfold_total_mean_and_deviation(tmp_path):
    runs = letter_runs(tmp_path)
    times, accuracy = cells.times(runs).iloc[0], cells.accuracy(runs).iloc[0]
    assert times["seconds"] == 145.0  # 10 + 11 + ... + 19
    assert times["fold_mean_s"] == 14.5
    assert times["fold_sd_s"] == pytest.approx(math.sqrt(82.5 / 9))  # ddof=1, not sqrt(8.25)
    assert accuracy["accuracy_percent"] == pytest.approx(64.5)
    assert accuracy["accuracy_sd"] == pytest.approx(math.sqrt(82.5 / 9))
    text = html_of("times", runs)[0]
    assert "145.00" in text and "14.50 ± 3.03" in text
    assert "64.50 ± 3.03" in html_of("accuracy", runs)[0]
    # 14.5 -+ 2.2622 * 3.0277 / sqrt(10); accuracy: -+ 2.2622 * 3.0277 * sqrt(1/10 + 1/9)
    assert "14.50 (12.33 to 16.67)" in text
    assert "64.50 (61.35 to 67.65)" in html_of("accuracy", runs)[0]


def test_incomplete_cell_is_marked_and_never_totalled(tmp_path):
    runs = letter_runs(tmp_path, skip=(2, 5, 9))
    times = cells.times(runs).iloc[0]
    assert (times["folds"], times["folds_ok"]) == (10, 7)
    assert math.isnan(times["seconds"])
    assert math.isnan(cells.accuracy(runs).iloc[0]["accuracy_percent"])
    for name in ("times", "accuracy"):
        for text in html_of(name, runs):
            assert "7/10 folds" in text
            assert "±" not in text.split("Letter")[-1]


def test_missing_cell_keeps_its_row(tmp_path):
    runs = letter_runs(tmp_path, skip=range(10))
    assert len(cells.times(runs)) == 1
    for text in html_of("times", runs):
        assert "missing" in text
    assert "0/10" in html_of("phases", runs)[0]


@pytest.mark.parametrize(
    ("failed", "finished", "words"),
    [
        (range(10), [], "failed"),
        (range(3), [], "3 of 10 failed"),
        (range(3), range(5, 10), "5/10 folds, 3 failed"),
    ],
)
def test_a_run_that_failed_is_not_called_missing(failed, finished, words, tmp_path):
    """A reader of one table must not take it for one that was never tried."""
    plan = factory.plan(["letter"], ["pytorch"], splits=["kfold"])
    made = [factory.make(plan[fold]) for fold in finished]
    runs, _ = factory.table(plan, made, tmp_path, failed=[plan[fold] for fold in failed])
    assert list(cells.times(runs)["folds_failed"]) == [len(failed)]
    for name in ("answer", "times", "accuracy", "learning"):
        text = html_of(name, runs)[0]
        assert f"*{words}*" in text, text
    (line,) = [line for line in summary.summary(runs).splitlines() if "letter" in line and "kfold" in line]
    assert words.split(",")[0].removesuffix(" folds") in line


def test_layout_rows_are_datasets_columns_frameworks(tmp_path):
    plan = factory.plan(["mnist", "letter"], splits=["holdout"])
    seconds = {"tensorflow": 30.0, "pytorch": 20.0, "theano": 40.0}
    runs, _ = factory.table(
        plan, [factory.make(run, train_s=seconds[run.framework]) for run in plan], tmp_path
    )
    (block,) = page_of("times", runs).blocks
    assert block.header == ["dataset", "TensorFlow", "PyTorch", "Theano"]
    assert [[c.text for c in row] for row in block.rows] == [
        ["MNIST", "32.00", "22.00", "42.00"],
        ["Letter Recognition", "32.00", "22.00", "42.00"],
    ]
    assert [c.mark for c in block.rows[0]] == [""] * 4  # one run of each shows nothing


def test_bold_is_what_the_folds_show_to_be_fastest(tmp_path):
    plan = factory.plan(["mnist", "letter"], splits=["kfold"])
    seconds = {"tensorflow": 30.0, "pytorch": 20.0, "theano": 40.0}
    made = [
        factory.make(run, train_s=20.0 + run.fold % 3 if run.dataset == "letter" else seconds[run.framework])
        for run in plan
    ]
    for name in ("times", "answer"):
        runs = factory.table(plan, made, tmp_path / name)[0]
        rows = [row for block in page_of(name, runs).blocks for row in block.rows]
        best = [[c.text for c in row if c.mark == "best"] for row in rows]
        wanted = [["220.00"], [], ["22.00 ± 0.00"], [], [], []]
        assert best == (wanted if name == "times" else [["PyTorch", "1.00 x"], []])
    assert "| TensorFlow (no difference shown) |" in html_of("answer", runs)[0]


def test_no_fastest_where_one_is_missing(tmp_path):
    plan = factory.plan(["mnist"], splits=["holdout"])
    runs, _ = factory.table(plan, [factory.make(run) for run in plan[:2]], tmp_path)
    (block,) = page_of("times", runs).blocks
    assert [c.mark for c in block.rows[0]] == ["", "", "", "gap"]


def test_blocks_by_settings_implementation_device_and_split(tmp_path):
    plan = factory.plan(
        ["mnist"],
        ["pytorch"],
        settings=["published", "matched"],
        implementations=["idiomatic", "tuned"],
        devices=["cpu", "gpu"],
        splits=["holdout"],
    )
    runs, _ = factory.table(plan, [factory.make(run) for run in plan], tmp_path)
    titles = [block.title for block in page_of("times", runs).blocks]
    assert len(set(titles)) == 8
    assert "GPU, holdout split (matched settings, tuned), seconds" in titles


def test_phases_are_means_over_runs(tmp_path):
    plan = factory.plan(["letter"], ["theano"], splits=["kfold"], folds=2)
    made = [factory.make(run, times={"import_s": 2.0 + 4 * run.fold}) for run in plan]
    found = cells.phases(factory.table(plan, made, tmp_path)[0]).iloc[0]
    assert found["import_s"] == 4.0
    assert found["compile_s"] == 1.5
    assert found["total_s"] == 14.0


# ---- the answer, and what ran ----


def answer_of(folder, skip=(), accuracy=0.9, **seconds):
    """Rows of the answer on one dataset, as texts; `seconds` to train of each framework."""
    plan = factory.plan(["mnist"], list(seconds), splits=["kfold"], folds=2)
    made = [
        factory.make(run, train_s=seconds[run.framework] - 2, accuracy=accuracy + run.fold / 10)
        for run in plan
        if (run.framework, run.fold) not in skip
    ]
    runs = factory.table(plan, made, folder)[0]
    (block,) = page_of("answer", runs).blocks
    return block.header, [cell.text for cell in block.rows[0]]


def test_answer_names_the_least_time_and_how_many_times_as_long_the_others_took(tmp_path):
    header, row = answer_of(tmp_path, tensorflow=15.0, pytorch=10.0, theano=40.0)
    assert header[4:] == ["TensorFlow", "PyTorch", "Theano", "test accuracy %"]
    assert row[:4] == ["MNIST", "CPU, 2-fold cross-validation", "PyTorch", "20.00"]
    assert row[4:] == ["1.50 x", "1.00 x", "4.00 x", "95.00"]


def test_answer_names_nobody_while_a_framework_is_incomplete(tmp_path):
    _, row = answer_of(tmp_path, skip=[("theano", 1)], tensorflow=15.0, pytorch=10.0, theano=40.0)
    assert row[2:] == ["not all measured", "", "measured", "measured", "1/2 folds", "95.00"]


MANY = {"tensorflow": 40.0, "pytorch": 10.0, "theano": 30.0, "jax": 20.0, "paddle": 21.0}


def many_frameworks(folder, skip=(), **lists):
    """The runs of five frameworks on MNIST; JAX and Paddle take turns in being faster."""
    plan = factory.plan(["mnist"], list(MANY), **{"splits": ["kfold"], "folds": 4, **lists})
    made = [
        factory.make(run, train_s=MANY[run.framework] - 2 + (run.fold % 2) * 2 * (run.framework == "jax"))
        for run in plan
        if (run.framework, run.fold) not in skip
    ]
    return factory.table(plan, made, folder)[0]


def test_many_frameworks_are_ranked_and_share_a_place_where_no_difference_is_shown(tmp_path):
    (block,) = page_of("answer", many_frameworks(tmp_path)).blocks
    assert block.title.startswith("MNIST, CPU, 4-fold cross-validation (published settings")
    assert block.title.endswith(": PyTorch is fastest")
    assert [[cell.text for cell in row[:4]] for row in block.rows] == [
        ["1", "PyTorch", "40.00", "1.00 x"],
        ["2", "JAX", "84.00", "2.10 x"],
        ["2", "PaddlePaddle", "84.00", "2.10 x"],
        ["4", "Theano", "120.00", "3.00 x"],
        ["5", "TensorFlow", "160.00", "4.00 x"],
    ]
    assert [cell.text for cell in block.rows[0] if cell.mark == "best"] == ["PyTorch", "1.00 x"]


def test_one_run_of_each_of_many_shows_no_places(tmp_path):
    (block,) = page_of("answer", many_frameworks(tmp_path, splits=["holdout"])).blocks
    assert block.title.endswith(": one run")
    assert {row[0].text for row in block.rows} == {""}


def test_an_incomplete_framework_of_many_is_last_and_nobody_has_a_place(tmp_path):
    (block,) = page_of("answer", many_frameworks(tmp_path, skip=[("pytorch", 1)])).blocks
    assert block.title.endswith(": not all measured")
    assert [cell.text for cell in block.rows[-1]][:4] == ["", "PyTorch", "3/4 folds", "3/4 folds"]


def test_many_frameworks_are_rows_of_the_times_too(tmp_path):
    block = page_of("times", many_frameworks(tmp_path)).blocks[0]
    assert block.header == ["framework", "MNIST"]
    assert [row[0].text for row in block.rows] == ["TensorFlow", "PyTorch", "Theano", "JAX", "PaddlePaddle"]


def test_the_summary_of_many_frameworks_has_a_line_for_each(tmp_path):
    lines = summary.summary(many_frameworks(tmp_path)).splitlines()
    first = next(line for line in lines if line.startswith("mnist"))
    assert first.split() == ["mnist", "kfold", "PyTorch", "40.0", "s", "90.0", "%", "4/4"]
    assert max(map(len, lines)) <= 80


def test_software_has_a_row_for_each_set_and_every_package(tmp_path):
    plan = factory.plan(["mnist"], ["pytorch"], splits=["kfold"], folds=3)
    made = [
        factory.make(run, software={"versions": {"numpy": "2.1.0" if run.fold else "2.0.0", "x": "1"}})
        for run in plan
    ]
    tidy = provenance.software(factory.table(plan, made, tmp_path)[0])
    assert list(zip(tidy["numpy"], tidy["runs"], strict=True)) == [("2.0.0", 1), ("2.1.0", 2)]
    libraries, packages = tables.module("software").page(tidy, None).blocks
    assert libraries.header == ["framework", "device", "version", "Keras", "NumPy", "Python", "runs"]
    assert [[c.text for c in row] for row in packages.rows] == [["numpy", "2.0.0", "2.1.0"], ["x", "1", "1"]]


# ---- flags ----


def flags_of(folder, **changes):
    plan = factory.plan(["letter"], ["pytorch"], splits=["holdout"])
    made = [factory.make(run, **changes) for run in plan]
    return flags.table(factory.table(plan, made, folder)[0])


def test_no_flags_says_so(tmp_path):
    runs = letter_runs(tmp_path)
    assert flags.table(runs).empty
    for text in html_of("flags", runs)[:2]:
        assert "No flags" in text


DOUBTFUL = {
    "surroundings": {"other_cores": 1.5},
    "state": {"turbo": None},
    "threads": {"threads_reported": 1},
}


def test_doubtful_runs_are_flagged_with_reason_and_advice(tmp_path):
    found = flags_of(tmp_path, **DOUBTFUL)
    assert list(found["flag"]) == ["busy machine", "other threads"]
    assert found["excess"][0] == 6.0  # 1.5 cores of 0.25
    assert "others kept 1.5 cores busy" in found["reason"][0]
    assert all(len(advice) > 20 for advice in found["advice"])


def mixed_runs(folder, config=factory.CONFIG):
    """Letter in PyTorch, 10 folds: fold 3 is missing, 1 and 2 are shared, 5 stolen and shared, 7 has other
    threads."""
    plan = factory.plan(["letter"], ["pytorch"], splits=["kfold"])
    changes = {1: {"surroundings": {"other_cores": 1.0}}, 2: {"surroundings": {"other_cores": 2.0}}}
    changes[5] = {"surroundings": {"other_cores": 1.0, "steal_share": 0.2}}
    changes[7] = {"threads": {"threads_reported": 1}}
    made = [factory.make(run, **changes.get(run.fold, {})) for run in plan if run.fold != 3]
    return factory.table(plan, made, folder, config)[0]


def test_every_run_has_a_verdict_and_tables_count_the_flagged(tmp_path):
    runs = mixed_runs(tmp_path)
    verdicts = ["clean", "shared", "shared", "?", "clean", "stolen", "clean", "clean", "clean", "clean"]
    assert list(runs["validity"].fillna("?")) == verdicts
    assert list(cells.times(runs)["folds_flagged"]) == [4]
    text = html_of("flags", runs)[0]
    assert "5 of 10 runs carry flags" in text
    for row in ("| clean | 6 | nothing", "| shared | 2 | other", "| stolen | 1 | the", "| missing | 1 | it"):
        assert row in text
    assert "2.0 cores busy while it ran (worst of 3)" in text
    summed = summary.summary(runs).splitlines()[1]
    assert summed == "Timings: 6 of 9 are clean, 1 stolen, 2 shared; see the table flags."


def test_cells_of_flagged_runs_say_so(tmp_path):
    plan = factory.plan(["letter"], ["pytorch", "theano"], splits=["holdout"])
    made = [factory.make(plan[0], **DOUBTFUL), factory.make(plan[1])]
    runs = factory.table(plan, made, tmp_path)[0]
    for name, number in (("times", "14.00"), ("accuracy", "90.00")):
        text = html_of(name, runs)[0]
        assert text.count(f"{number} (flagged)") == 1
        assert text.count("(2 flagged): so many of its runs") == 1
    folds = factory.plan(["letter"], ["pytorch"], splits=["kfold"], folds=3)
    made = [factory.make(run, **(DOUBTFUL if run.fold else {})) for run in folds]
    assert "14.00 ± 0.00 (2 flagged)" in html_of("times", factory.table(folds, made, tmp_path / "k")[0])[0]
    assert "flagged" not in html_of("times", factory.table(plan[1:], [], tmp_path / "n")[0])[0]


def test_other_limits_make_other_flags(tmp_path):
    config = factory.CONFIG | {"limits": {**factory.CONFIG["limits"], "other_cores": 1.5}}
    found = flags.table(mixed_runs(tmp_path, config))
    assert list(found[found["flag"] == "busy machine"]["fold"]) == [2]


def test_missing_runs_are_flags_and_folds_are_shown_as_ranges(tmp_path):
    runs = letter_runs(tmp_path, skip=(1, 2, 3, 7))
    assert list(flags.table(runs)["fold"]) == [1, 2, 3, 7]
    assert "| 1-3, 7 |" in html_of("flags", runs)[0]


def test_stale_and_mixed_runs_are_flagged(tmp_path):
    plan = factory.plan(["letter"], splits=["holdout"])
    old = {"data_digest": "old"}
    made = [
        factory.make(plan[0]),
        factory.make(plan[1], origin=old),
        factory.make(plan[2], machine={"cpu": "Other CPU"}),
    ]
    made[1].finished = "2025-01-01T00:00:00+00:00"
    found = flags.table(factory.table(plan, made, tmp_path)[0])
    assert list(zip(found["flag"], found["framework"], strict=True)) == [
        ("stale", "pytorch"),
        ("mixed machines", "theano"),
    ]
    assert "the prepared data changed" in found["reason"][0]
    assert "Other CPU" in found["reason"][1] and "Test CPU" in found["reason"][1]


def test_runs_of_older_code_are_flagged_with_the_command_that_renews_them(tmp_path):
    plan = factory.plan(["letter"], splits=["holdout"])
    made = [factory.make(run) for run in plan]
    made[1].origin.trainer_digest = "old"
    code = {run.framework: "trainer" for run in plan}
    found = flags.table(factory.table(plan, made, tmp_path, code=code)[0])
    assert list(zip(found["flag"], found["framework"], strict=True)) == [("older code", "pytorch")]
    assert "--forcerun and the files that the step `status --older` prints" in found["advice"][0]


def test_gpu_and_cpu_runs_are_not_mixed_up(tmp_path):
    plan = factory.plan(["letter"], ["pytorch"], devices=["cpu", "gpu"], splits=["holdout"])
    gpus = {"cpu": None, "gpu": "Test GPU"}
    made = [factory.make(run, machine={"gpu": gpus[run.device]}) for run in plan]
    assert flags.table(factory.table(plan, made, tmp_path)[0]).empty


# ---- machines ----


def test_one_row_for_each_machine_and_software(tmp_path):
    plan = factory.plan(["letter"], ["pytorch", "theano"], splits=["kfold"], folds=3)
    hosts = ["node1", "node1", "node2"]
    made = [factory.make(run, machine={"host": hosts[run.fold]}) for run in plan[:-1]]
    found = provenance.machines(factory.table(plan, made, tmp_path)[0])
    rows = found[["host", "framework", "runs"]].to_numpy().tolist()
    assert rows == [["node1", "pytorch", 2], ["node1", "theano", 2], ["node2", "pytorch", 1]]
    assert found["cores"].tolist() == [4, 4, 4]  # whole numbers although a run is missing
    assert found["framework_version"].tolist() == ["1.2.3"] * 3


def test_machines_of_nothing(tmp_path):
    runs, _ = factory.table(factory.plan(), [], tmp_path)
    for name in ("machines", "effective"):
        assert "No run is finished" in html_of(name, runs)[0]


def test_machines_show_calibration_and_state(tmp_path):
    plan = factory.plan(["letter"], ["pytorch"], splits=["kfold"], folds=4)
    gflops = [90.0, 100.0, 400.0, 50.0]
    made = [
        factory.make(run, state={"calibration_gflops": gflops[run.fold], "turbo": run.fold < 3})
        for run in plan
    ]
    runs = factory.table(plan, made, tmp_path)[0]
    found = provenance.machines(runs)
    assert found["calibration_gflops"].tolist() == [100.0, 50.0]  # the median, of each state
    text = html_of("machines", runs)[0]
    assert "Linux 6; turbo on; governor performance |" in text
    assert "Linux 6; turbo off; governor performance |" in text


# ---- declared against effective ----


def test_effective_threads_and_facts_are_read_back(tmp_path):
    plan = factory.plan(["letter"], ["pytorch"], splits=["kfold"], folds=3)
    facts = {"framework_version": "2", "tf32": False, "precision": "float32", "compile": "XLA", "odd": 1}
    facts["layout"] = "NCHW"
    asked = {"tf32": False, "precision": "float32", "compile": None, "layout": "NHWC"}
    made = [
        factory.make(
            run,
            software={
                "library_facts": facts,
                "asked_facts": asked,
                "variables": {"OMP_WAIT_POLICY": "passive"},
            },
            times={"train_s": 10.0, "train_cpu_s": 10.0 + 5 * run.fold},
            threads={
                "pinned_cores": [4, 5, 6, 7] if run.fold < 2 else None,
                "thread_pools": {"OpenMP": 4, "MKL": 2},
                "threads_computing": [1, 4, None][run.fold],
            },
        )
        for run in plan
    ]
    runs = factory.table(plan, made, tmp_path)[0]
    (row,) = provenance.effective(runs).to_dict("records")
    assert (row["threads_declared"], row["threads"], row["threads_reported"]) == (4, 4, 4)
    assert row["busy_cores"] == 1.5
    assert (row["runs_pinned"], row["runs"], row["pinned_cores"]) == (2, 3, None)
    assert (row["precision"], row["tf32"]) == ("float32", False)
    assert row["other_facts"] == "odd: 1; OMP_WAIT_POLICY: passive"
    text = html_of("effective", runs)[0]
    assert "| 4 | 4 | 4 | **1 to 4** | MKL: 2; OpenMP: 4 | 1.50 | 2 of 3 runs | float32 | off |" in text
    assert "| XLA (its own choice) | **NCHW (asked: NHWC)** |" in text
    runs = factory.table(plan, made[:2], tmp_path / "pinned")[0]
    assert provenance.effective(runs)["pinned_cores"].tolist() == ["4-7"]
    runs = factory.table(plan[2:], made[2:], tmp_path / "unpinned")[0]
    assert list(flags.table(runs)["flag"]) == ["shared cores", "other settings"]
    assert "| 4 | 4 | 4 |  | MKL: 2; OpenMP: 4 | 2.00 | no |" in html_of("effective", runs)[0]


# ---- rendering ----


def test_names_are_escaped():
    page = Page("A & B", ["1 < 2"], [Block("", ["a|b"], [[Cell("x_1|<i>%")]])])
    assert "x_1\\|<i>%" in page_markdown.markdown(page)
    assert "x_1|&lt;i&gt;%" in page_html.html_page(page) and "A &amp; B" in page_html.html_page(page)
    assert r"x\_1|\textless{}i\textgreater{}\%" in page_latex.latex(page, "t")


def test_numbers_are_sorted_by_their_value_whoever_made_them():
    rows = [[Cell("1.50 x", value)] for value in (1.5, np.float64(1.5))] + [[Cell("", math.nan)]]
    html = page_html.html_page(Page("", [], [Block("", ["a"], rows)]))
    assert html.count('<td class="number" data-value="1.5">1.50 x</td>') == 2
    assert html.count('<td class="number"></td>') == 1


def test_html_needs_nothing_from_outside(tmp_path):
    for name in tables.NAMES:
        page = html_of(name, letter_runs(tmp_path / name))[1]
        assert page.startswith("<!doctype html>") and 'charset="utf-8"' in page
        assert "http" not in page and "src=" not in page


def test_fold_ranges():
    assert display_names.fold_list([9, 0, 1, 2, 5]) == "0-2, 5, 9"


# ---- the scripts ----


def test_script_writes_four_files_that_do_not_change(tmp_path):
    letter_runs(tmp_path, skip=[1])
    found = []
    for turn in ("a", "b"):
        command = [sys.executable, *SCRIPT, "published", "--runs", tmp_path / "runs.parquet"]
        command += ["--experiment", factory.write_experiment([], tmp_path / "experiment.json")]
        subprocess.run([*command, "--out", tmp_path / turn], check=True)
        files = sorted((tmp_path / turn).iterdir())
        assert [file.name for file in files] == [f"published.{e}" for e in ("csv", "html", "md", "tex")]
        found.append([file.read_bytes() for file in files])
    assert found[0] == found[1]


def test_tidy_csv_has_full_precision(tmp_path):
    runs = letter_runs(tmp_path)
    write("times", cells.times(runs), Page("", []), tmp_path / "times")
    found = pd.read_csv(tmp_path / "times.csv").iloc[0]
    assert found["fold_sd_s"] == cells.times(runs)["fold_sd_s"][0]


def test_damaged_table_of_runs_is_one_message(tmp_path):
    path = tmp_path / "runs.parquet"
    for content in (b"", b"nonsense", b"PAR1PAR1"):
        path.write_bytes(content)
        with pytest.raises(study.UserError, match="delete it and run snakemake again"):
            read_runs(path)
    command = [sys.executable, *SCRIPT, "times", "--runs", path, "--out", tmp_path / "o"]
    command += ["--experiment", factory.write_experiment([], tmp_path / "experiment.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ") and str(path) in done.stderr
    assert "Traceback" not in done.stderr and not (tmp_path / "o").exists()


def test_summary_fits_a_terminal(tmp_path):
    plan = factory.plan(["mnist", "cifar10", "cifar100", "letter"])
    made = [factory.make(run, train_s=45776.0) for run in plan[:-1]]
    runs, _ = factory.table(plan, made, tmp_path)
    lines = summary.summary(runs).splitlines()
    assert len(lines) == 12 and max(map(len, lines)) <= 80
    assert lines[0].startswith("131 of 132 runs are there")
    assert lines[1] == "Timings: 131 of 131 are clean."
    assert lines[4].split()[:4] == ["mnist", "holdout", "45778", "s"]
    assert lines[-1].split()[-2:] == ["9/10", "29/30"]


def test_summary_is_cut_when_it_is_long(tmp_path):
    plan = factory.plan(
        ["mnist", "cifar10", "cifar100"],
        settings=["published", "matched"],
        devices=["cpu", "gpu"],
        implementations=["idiomatic", "tuned"],
        splits=["holdout"],
    )
    runs, _ = factory.table(plan, [], tmp_path)
    lines = summary.summary(runs).splitlines()
    assert len(lines) == 20 and "and 8 more" in lines[-1]


def test_on_a_narrow_terminal_each_framework_has_a_line(tmp_path):
    plan = factory.plan(["mnist", "letter"])
    made = [factory.make(run, train_s=45776.0) for run in plan]
    runs, _ = factory.table(plan, made, tmp_path)
    wide, narrow = (summary.summary(runs, width=width).splitlines() for width in (80, 50))
    assert wide == summary.summary(runs).splitlines()
    assert max(map(len, narrow[3:])) <= 55 and len(narrow) == len(wide) + 2 * 2 * 2
    assert sum("PyTorch" in line for line in narrow) == 4


def test_colours_are_for_terminals(tmp_path, monkeypatch):
    text = "No answer yet: 1\n2 of 2 runs are there\n  3  contradicted  Theano is slowest\n1.0 s (?)"
    made = print_summary.styled(text)
    assert made.plain == text
    found = {text[span.start : span.end].strip(): span.style for span in made.spans}
    assert found == {
        "No answer yet: 1": "bold yellow",
        "2 of 2 runs are there": "green",
        "contradicted": "bold red",
        "(?)": "yellow",
    }


@pytest.mark.parametrize("others", [["pytorch"], ["pytorch", "theano", "jax", "paddle"]])
def test_a_ratio_to_a_doubtful_least_time_has_a_question_mark(tmp_path, others):
    """In both layouts: it is doubtful, too, though its own runs are clean."""
    plan = factory.plan(["mnist"], ["tensorflow", *others], splits=["kfold"], folds=4)
    made = []
    for run in plan:
        first = run.framework == "tensorflow"
        busy = {"other_cores": 2.0} if first and run.fold == 0 else {}
        made.append(factory.make(run, train_s=8.0 if first else 18.0, surroundings=busy))
    (shown,) = page_of("answer", factory.table(plan, made, tmp_path)[0]).blocks
    ratios = [cell.text for row in shown.rows for cell in row if " x" in cell.text]
    assert sorted(ratios) == ["1.00 x?", *["2.00 x?"] * len(others)]


@pytest.mark.parametrize(
    ("framework", "words"),
    [
        ("pytorch", "in the config both are compared."),
        ("theano", "both are compared, for frameworks that train on a GPU: JAX, "),
    ],
)
def test_what_compares_devices_is_said_where_a_framework_lacks_one(tmp_path, framework, words):
    plan = factory.plan(["letter"], [framework])
    (note,) = page_of("devices", factory.table(plan, [], tmp_path)[0]).notes
    assert words in note and "Theano" not in note
