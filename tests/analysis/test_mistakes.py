"""Mistakes that were tried for doubtful figures of the study, and what they explain."""

import pytest
import yaml
from paths import ROOT

from scripts.analysis.study import anomalies, mistakes
from scripts.analysis.study import printed_figures as study

FIGURES = study.read()
NAMES = """
small-scale:
  mistake: values divided by 255
  cells: [{device: [cpu, gpu], split: [holdout], dataset: [letter], framework: [tensorflow, theano]}]
other:
  mistake: labels apart
  cells: [{device: [cpu], split: [holdout], dataset: [letter], framework: [tensorflow]}]
not-run:
  mistake: never tried
  cells: [{device: [cpu], split: [holdout], dataset: [letter], framework: [tensorflow]}]
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / mistakes.MISTAKES).write_text(NAMES)
    lines = ["name,dataset,framework,split,runs,least_percent,mean_percent,most_percent"]
    lines += ["small-scale,letter,tensorflow,holdout,1,4.10,4.10,4.10"]
    lines += ["small-scale,letter,theano,holdout,1,21.5,21.5,21.5"]
    lines += ["other,letter,tensorflow,holdout,2,3.85,4.5,7.0"]
    (tmp_path / mistakes.TRIED).write_text("\n".join(lines) + "\n")
    return tmp_path


def test_a_mistake_reproduces_a_figure_within_a_point(folder):
    found = mistakes.tried(FIGURES, folder)
    seen = {
        (r.name, r.device, r.framework): (r.printed, r.measured, r.result)
        for r in found.itertuples(index=False)
    }
    assert seen == {
        ("small-scale", "cpu", "tensorflow"): (3.2, 4.1, "reproduced"),
        ("small-scale", "cpu", "theano"): (3.68, 21.5, "not reproduced"),
        ("small-scale", "gpu", "tensorflow"): (3.9, 4.1, "reproduced"),
        ("small-scale", "gpu", "theano"): (3.28, 21.5, "not reproduced"),
        ("other", "cpu", "tensorflow"): (3.2, 4.5, "reproduced"),
    }


def test_of_several_that_reproduce_a_figure_all_are_named(folder):
    words = mistakes.explanations(mistakes.tried(FIGURES, folder))
    cell = ("cpu", "holdout", "letter", "tensorflow")
    assert words[cell] == "values divided by 255 (4.10 %) or labels apart (3.85 to 7.00 %)"
    assert words["gpu", "holdout", "letter", "theano"] == "none of the mistakes tried"


def test_folds_are_compared_with_folds_where_some_were_made(tmp_path):
    """A fold trains on more rows than the holdout run, and may get several points further."""
    cells = "{device: [cpu], split: [holdout, kfold], dataset: [mnist], framework: [theano]}"
    (tmp_path / mistakes.MISTAKES).write_text(f"slow:\n  mistake: a low rate\n  cells: [{cells}]\n")
    head = "name,dataset,framework,split,runs,least_percent,mean_percent,most_percent\n"
    holdout, fold = "slow,mnist,theano,holdout,1,80,80,80\n", "slow,mnist,theano,kfold,1,83.5,83.5,83.5\n"
    for made, measured in [(holdout, [80, 80]), (holdout + fold, [80, 83.5])]:
        (tmp_path / mistakes.TRIED).write_text(head + made)
        assert mistakes.tried(FIGURES, tmp_path)["measured"].tolist() == measured


def test_each_mistake_is_a_preset_and_explains_cells_that_a_rule_found():
    doubtful = anomalies.find(FIGURES)
    doubtful = doubtful.loc[doubtful["figure"] == anomalies.PERCENT, study.CELL]
    known = set(doubtful.itertuples(index=False, name=None))
    entries = yaml.safe_load((study.FOLDER / mistakes.MISTAKES).read_text())
    for name, entry in entries.items():
        preset = yaml.safe_load((ROOT / "presets/explain" / f"{name}.yaml").read_text())
        assert preset["results"] == f"results/explain/{name}"
        cells = mistakes.cells(entry["cells"])
        assert known & set(cells)
        assert {cell[2] for cell in cells} == set(preset["datasets"])
    assert {path.stem for path in (ROOT / "presets/explain").glob("*.yaml")} == set(entries)
