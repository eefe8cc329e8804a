"""The registries of tables and figures: complete, light enough for rules, and what a plan draws."""

import subprocess
import sys

import factory
import jinja2
import pytest
from paths import ROOT

from scripts import figures as plots
from scripts import tables as pages
from scripts.core import registry_modules
from scripts.workflow import targets

STUDIED = targets.studied(ROOT / "resources" / "published" / "times.csv")
SHARED = {"ratios"}  # in the folders of tables and of figures, and none of its own


def files(runs):
    return [figure.file for figure in plots.planned(runs, STUDIED)]


@pytest.mark.parametrize("registry", [pages, plots])
def test_every_module_stands_in_the_registry(registry):
    assert set(registry.PATHS) - SHARED == set(registry.NAMES)


@pytest.mark.parametrize("name", pages.NAMES)
def test_a_table_has_what_the_report_and_the_script_need(name):
    table = pages.module(name)
    assert table.TITLE and table.LABEL and table.tidy and table.page
    assert (ROOT / "report" / f"{name}.rst").exists()
    assert "wildcards" not in (ROOT / "report" / f"{name}.rst").read_text()  # the job of all has none


@pytest.mark.parametrize("name", plots.NAMES)
def test_a_figure_has_what_the_report_and_the_script_need(name):
    figure = plots.module(name)
    assert figure.TITLE and figure.LABEL and figure.draw and figure.describe
    assert "wildcards" not in (ROOT / "report" / f"{name}-figure.rst").read_text()


def test_labels_are_numbered_in_the_order_of_reading():
    places = {entry.name: (entry.category, entry.labels) for entry in pages.entries()}
    assert places["answer"] == ("1 Results", {"table": "01 in short"})
    assert places["validation"] == ("1 Results", {"table": "16 cross-validation and holdout"})
    assert places["effective"] == ("3 Checks", {"check": "4 declared and effective"})
    assert places["machines"] == ("4 Environments", {"environment": "2 machines"})
    assert list(places) == pages.NAMES


def test_rules_read_the_registries_without_pandas_and_matplotlib():
    code = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from scripts import figures, tables
tables.entries(), figures.planned([], set())
print(sorted({{"pandas", "numpy", "matplotlib"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_figures_that_the_plan_has_something_for():
    one = factory.plan(["digits"], ["pytorch"], splits=["holdout"])
    assert files(one) == ["digits", "digits-learning", "epochs", "schedule"]
    assert "breakeven" in files(factory.plan(["digits"], splits=["holdout"]))
    assert "published" in files(factory.plan(["mnist"], ["pytorch"]))
    assert "published" not in files(factory.plan(["mnist"], ["pytorch"], settings=["matched"]))
    assert "published" not in files(factory.plan(["mnist"], ["cntk"]))  # of which the study has no figure
    assert "devices" in files(factory.plan(["digits"], ["pytorch"], devices=["cpu", "gpu"]))
    tuned = files(factory.plan(["digits"], ["pytorch"], implementations=["idiomatic", "tuned"]))
    assert {"breakeven", "implementations"} <= set(tuned) and "devices" not in tuned


def test_a_figure_of_one_dataset_is_labelled_with_it():
    labels = [figure.label for figure in plots.planned(factory.plan(["letter", "mnist"]), STUDIED)]
    assert labels[:2] == ["1 training time: Letter Recognition", "1 training time: MNIST"]
    assert "4 when compiling pays" in labels and "8 schedule of the runs" in labels


def test_constants_are_read_without_running_the_module(tmp_path):
    path = tmp_path / "table.py"
    path.write_text('import nothing_like_it\nLABEL = "a label"\nNEEDS = ["device"]\nN = len(NEEDS)\n')
    assert registry_modules.constants(path) == {"LABEL": "a label", "NEEDS": ["device"]}


# ---- the steps ----


def step(name, tmp_path, *more):
    command = [sys.executable, ROOT / "scripts", name, "--runs", tmp_path / "runs.parquet"]
    command += ["--experiment", tmp_path / "experiment.json", "--out", tmp_path / "out", *more]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def small(tmp_path):
    plan = factory.plan(["digits"], ["pytorch", "theano"], splits=["holdout"])
    factory.table(plan, [factory.make(run) for run in plan], tmp_path)
    factory.write_experiment(plan, tmp_path / "experiment.json")
    return tmp_path


@pytest.mark.slow
def test_one_call_makes_all_tables_and_one_all_figures(small):
    assert step("tables", small).returncode == 0
    wanted = {f"{name}.{suffix}" for name in pages.NAMES for suffix in ("csv", "md", "html", "tex")}
    assert {file.name for file in (small / "out").iterdir()} == wanted
    done = step("figures", small)
    assert done.returncode == 0 and "figure digits-learning" in done.stdout
    figures = ("digits", "digits-learning", "epochs", "breakeven", "schedule")
    drawn = {file.name for file in (small / "out").iterdir()} - wanted
    assert drawn == {f"{name}{end}" for name in figures for end in (".svg", ".png", "-figure.html")}


@pytest.mark.slow
@pytest.mark.parametrize("frameworks", [["pytorch"], ["cntk", "jax"]])
def test_the_step_draws_what_the_rules_expect(tmp_path, frameworks):
    """With the figure of the study where it has one of these frameworks, and without elsewhere."""
    plan = factory.plan(["mnist"], frameworks, splits=["holdout"])
    factory.table(plan, [factory.make(run) for run in plan], tmp_path)
    factory.write_experiment(plan, tmp_path / "experiment.json")
    done = step("figures", tmp_path)
    assert done.returncode == 0, done.stderr
    assert [line.removeprefix("figure ") for line in done.stdout.splitlines()] == files(plan)


@pytest.mark.parametrize("name", ["tables", "figures"])
def test_an_unknown_name_is_refused_with_the_names_that_there_are(small, name):
    done = step(name, small, "tiems")
    assert done.returncode == 1 and "tiems; there are " in done.stderr and "times" in done.stderr
    assert not (small / "out").exists()


def test_a_figure_of_one_dataset_is_drawn_alone_where_it_is_named(small):
    done = step("figures", small, "times", "--dataset", "digits")
    assert sorted(file.name for file in (small / "out").iterdir()) == [
        "digits-figure.html",
        "digits.png",
        "digits.svg",
    ], done
    assert "name it with --dataset" in step("figures", small, "times").stderr


def test_a_failure_names_the_table(small, monkeypatch):
    from scripts.analysis.experiment import load
    from scripts.tables import make

    experiment = load(small / "experiment.json", small / "runs.parquet")
    monkeypatch.setattr(pages.module("phases"), "tidy", lambda experiment: experiment.nonsense)
    with pytest.raises(RuntimeError, match=r"the table phases failed: .*nonsense"):
        make.make("phases", experiment, small / "out")


def test_a_failure_names_the_figure(small, monkeypatch):
    from scripts.analysis.experiment import load
    from scripts.figures import make as figures

    experiment = load(small / "experiment.json", small / "runs.parquet")
    monkeypatch.setattr(plots.module("epochs"), "draw", lambda experiment: experiment.nonsense)
    with pytest.raises(RuntimeError, match=r"the figure epochs failed: .*nonsense"):
        figures.make(plots.Planned("epochs", None, "epochs", ""), experiment, small / "out")


@pytest.mark.parametrize(
    ("seeds", "words"),
    [
        (None, "Every framework gets the same rows (seed 2020)"),
        ([7, 9], "once with each of the seeds 7, 9. Every framework gets the same rows (seed 7, 9)"),
    ],
)
def test_the_first_page_of_the_report_names_the_seeds(seeds, words):
    text = (ROOT / "report" / "workflow.rst").read_text()
    config = {**factory.CONFIG, "seeds": seeds}
    page = jinja2.Template(text).render(snakemake={"config": config}, files=[], results={})
    assert words in page
