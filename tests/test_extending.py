"""The worked examples of docs/extending.md work in a copy of the project, and are as short as it says."""

import json
import re
import shutil
import sys

import extending
import factory
import numpy as np
import pandas as pd
import pytest
import yaml
from columns_page import table_columns
from commands import call
from paths import ROOT, SNAKEMAKE

from scripts.core import record

SECTIONS = extending.sections()
# Goals: a new table is its module, its line and its caption, and so on.
MOST = {"A framework": (3, 150), "A dataset": (3, 50), "A table": (3, 50), "A figure": (3, 50)}
MOST |= {"A config key": (3, 20)}


@pytest.fixture(scope="module")
def applied(tmp_path_factory):
    """A copy of the project with all examples in it, and {section: (files, lines)} that each changed."""
    tree = extending.copy_project(tmp_path_factory.mktemp("extended"))
    counts, before = {}, extending.contents(tree)
    for heading, section in SECTIONS.items():
        extending.apply(section, tree)
        after = extending.contents(tree)
        counts[heading] = extending.touched(before, after)
        before = after
    return tree, counts


@pytest.fixture(scope="module")
def tree(applied):
    return applied[0]


@pytest.fixture(scope="module")
def made_up(tree):
    """Folder of a made-up experiment of the extended project."""
    folder = tree / "made-up"
    folder.mkdir()
    plan = factory.plan(["digits"], ["pytorch", "theano"], splits=["holdout"])
    memory = {"pytorch": 700.0, "theano": 300.0}
    made = [factory.make(run, surroundings={"peak_memory_mb": memory[run.framework]}) for run in plan]
    factory.table(plan, made, folder)
    factory.write_experiment(plan, folder / "experiment.json")
    return folder


def step(tree, *words):
    done = call(sys.executable, tree / "scripts", *words, cwd=tree)
    assert done.returncode == 0, done.stdout
    return done.stdout


def python(tree, code):
    """What a program of the extended project prints."""
    done = call(sys.executable, "-c", code, cwd=tree)
    assert done.returncode == 0, done.stdout
    return done.stdout


def make(tree, made_up, what):
    options = ["--runs", made_up / "runs.parquet", "--experiment", made_up / "experiment.json"]
    return step(tree, what, "memory", *options, "--out", made_up / what)


def test_each_takes_as_many_files_and_lines_as_the_page_says(applied):
    assert applied[1] == extending.promised()
    assert list(applied[1]) == list(MOST)
    for heading, (files, lines) in applied[1].items():
        assert files <= MOST[heading][0] and lines <= MOST[heading][1], heading


def test_a_block_without_a_place_is_noticed():
    section = SECTIONS["A table"]
    assert len(extending.steps(section)) == 3
    with pytest.raises(ValueError, match="without a line that says where"):
        extending.steps(section.replace("**Instead of**", "Instead of"))


def test_the_examples_are_formatted_as_the_project_is(tree):
    for command in (["format", "--check"], ["check"]):
        done = call(SNAKEMAKE.with_name("ruff"), *command, "--no-cache", "scripts", cwd=tree)
        assert done.returncode == 0, done.stdout


def test_the_examples_keep_the_rules_of_the_architecture(tree):
    """Floors, no circles, small folders and modules, imports of a framework inside functions only."""
    shutil.copy(ROOT / "tests/test_architecture.py", tree / "tests")
    rules = "floor or circle or small or docstring or numpy_mlp"
    done = call(sys.executable, "-m", "pytest", "-q", "tests/test_architecture.py", "-k", rules, cwd=tree)
    assert done.returncode == 0, done.stdout
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) >= 6


def test_the_dataset_is_prepared_and_split(tree):
    folder = tree / "iris"
    step(tree, "prepare", "iris", "--manifest", tree / "resources/datasets.yaml", "--out", folder)
    x, y = np.load(folder / "x.npy"), np.load(folder / "y.npy")
    assert x.shape == (150, 4) and x[0].tolist() == [51, 35, 14, 2]  # 5.1, 3.5, 1.4, 0.2 cm
    assert np.bincount(y).tolist() == [50, 50, 50]
    assert json.loads((folder / "data.json").read_text())["class_names"][0] == "setosa"
    step(tree, "split", "--y", folder / "y.npy", "--split", "holdout", "--out", folder / "holdout.npz")
    with np.load(folder / "holdout.npz") as split:
        assert sorted([*split["train_0"], *split["test_0"]]) == list(range(150))


def test_the_table_is_made(tree, made_up):
    make(tree, made_up, "tables")
    head, *rows = (made_up / "tables/memory.csv").read_text().splitlines()
    assert head.endswith(",framework,folds,peak_memory_mb")
    assert [row.split(",")[-3:] for row in rows] == [["pytorch", "1", "700.0"], ["theano", "1", "300.0"]]
    meanings = table_columns("memory", pd.read_csv(made_up / "tables/memory.csv"))  # raises if one has none
    assert meanings[-1].unit == "MiB"
    assert "| Digits | PyTorch | 700 |" in re.sub(" +", " ", (made_up / "tables/memory.md").read_text())


def test_the_figure_is_drawn(tree, made_up):
    assert "figure memory" in make(tree, made_up, "figures")
    drawn = {path.name for path in (made_up / "figures").iterdir()}
    assert drawn == {"memory-figure.html", "memory.png", "memory.svg"}


KEY = """
import copy, yaml
from scripts.workflow.config.errors import of_model
config = yaml.safe_load(open("config.yaml"))
wrong, missing = copy.deepcopy(config), copy.deepcopy(config)
wrong["limits"]["power_capped_share"] = 2
del missing["limits"]["power_capped_share"]
print(of_model(config), of_model(wrong), of_model(missing), sep="\\n")
"""
USE = """
import json, sys, yaml
from scripts.core import validity
limits = yaml.safe_load(open("config.yaml"))["limits"]
for run in json.load(open("runs.json")):
    print([(check.flag, reason) for check, _, reason in validity.doubts(run, limits)])
"""


def test_the_key_is_accepted_and_validated(tree):
    fine, wrong, missing = python(tree, KEY).splitlines()
    assert fine == "[]"
    assert "limits.power_capped_share" in wrong and "2 is greater than the maximum of 1" in wrong
    assert "power_capped_share" in missing


def test_the_key_is_used(tree):
    (run,) = factory.plan(["mnist"], ["pytorch"], devices=["gpu"], splits=["holdout"])
    seconds = [None, 0.5, 3.0]  # of 12
    made = [factory.make(run, surroundings={"gpu_power_capped_s": held}) for held in seconds]
    rows = [{**record.flat(one), **vars(run), "older_code": False} for one in made]
    (tree / "runs.json").write_text(json.dumps(rows))
    assert python(tree, USE).splitlines() == [
        "[]",
        "[]",
        "[('power limit', 'its power limit held the GPU back for 25.0% of the time')]",
    ]


def test_the_framework_is_known_and_has_its_looks(tree):
    code = """
from scripts.analysis import display_names
from scripts.figures import style
from scripts.training.frameworks import registry
print(registry.names(), display_names.framework("numpy_mlp"), *style.look("numpy_mlp", []))
"""
    said = python(tree, code)
    assert "'numpy_mlp'" in said and said.endswith("NumPy #602070 (0, (10, 3, 2, 3)) p\n")


def test_snakemake_plans_all_of_it(tree):
    """The framework and the dataset by their names in the config; the table and the figure by themselves."""
    config = yaml.safe_load((tree / "config.yaml").read_text())
    assert config["frameworks"][-1] == "numpy_mlp"
    options = ["--snakefile", tree / "Snakefile", "--directory", tree, "--cores", "2", "--dry-run"]
    done = call(SNAKEMAKE, *options, "--config", "datasets=[iris]", "splits=[holdout]", cwd=tree)
    assert done.returncode == 0, done.stdout
    assert re.search(r"^train +4$", done.stdout, flags=re.M)
    for text in ("Training iris in numpy_mlp", "tables/memory.html", "figures/memory.svg"):
        assert text in done.stdout
