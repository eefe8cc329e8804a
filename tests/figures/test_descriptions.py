"""The text alternative of every figure: what it states, and that SVG and PNG carry it."""

from xml.etree import ElementTree

import factory
import matplotlib.pyplot as plt
import pytest
from PIL import Image

from scripts import figures
from scripts.analysis.experiment import Experiment
from scripts.analysis.study import printed_figures as study
from scripts.figures import files
from scripts.figures.draw import describe
from scripts.figures.layout import listed

FIGURES = study.read()
SVG = "{http://www.w3.org/2000/svg}"


def experiment(planned, made, folder):
    runs, _ = factory.table(planned, made, folder, factory.CONFIG)
    return Experiment(runs, FIGURES, factory.CONFIG["comparison"])


def epochs_of(seconds, **more):
    return {"times": {"epochs_s": seconds, "train_s": sum(seconds), "total_s": sum(seconds) + 2, **more}}


def test_times_are_named_least_first(tmp_path):
    plan = factory.plan()
    seconds = {"tensorflow": 98.0, "pytorch": 48.0, "theano": 298.0}
    made = [factory.make(run, train_s=seconds[run.framework]) for run in plan if run != plan[2]]
    words = describe("times", experiment(plan, made, tmp_path), "mnist")
    assert "MNIST (published settings), least first." in words
    assert "CPU, holdout split: PyTorch 50.0 s, TensorFlow 100.0 s, Theano missing." in words
    assert "CPU, 10-fold cross-validation: PyTorch 500.0 s, TensorFlow 1000 s, Theano 3000 s." in words


def test_learning_names_the_last_losses(tmp_path):
    plan = factory.plan(["mnist"], ["tensorflow", "pytorch"], splits=["holdout"])
    losses = {"tensorflow": [2.0, 0.5], "pytorch": [2.0, 0.125]}
    made = [factory.make(run, learning={"train_losses": losses[run.framework]}) for run in plan]
    words = describe("learning", experiment(plan, made, tmp_path), "mnist")
    assert words.endswith("least first. CPU, holdout split: PyTorch 0.125, TensorFlow 0.5.")


def test_noise_is_the_middle_half(tmp_path):
    plan = factory.plan(["mnist"], ["tensorflow", "pytorch"], splits=["holdout"])
    made = [
        factory.make(plan[0], **epochs_of([8.0, 9.0, 10.0, 11.0, 12.0])),
        factory.make(plan[1], **epochs_of([10.0] * 5)),
    ]
    words = describe("epochs", experiment(plan, made, tmp_path))
    assert "MNIST, CPU: PyTorch 0.0%, TensorFlow 20.0%." in words


def test_what_starts_later_catches_up(tmp_path):
    plan = factory.plan(["mnist"], ["tensorflow", "pytorch"], splits=["holdout"])
    made = [
        factory.make(plan[0], **epochs_of([1.0] * 12, compile_s=9.5)),
        factory.make(plan[1], **epochs_of([3.0] * 12)),
    ]
    words = describe("breakeven", experiment(plan, made, tmp_path))
    assert "MNIST, CPU, 12 epochs trained: TensorFlow is ahead of PyTorch after 4 epochs." in words
    made = [factory.make(run, train_s=12.0) for run in plan]
    assert "no lines cross" in describe("breakeven", experiment(plan, made, tmp_path))


@pytest.mark.parametrize(
    ("name", "lists", "sides"),
    [
        ("devices", {"devices": ["cpu", "gpu"]}, "CPU / GPU"),
        ("implementations", {"implementations": ["idiomatic", "tuned"]}, "idiomatic / tuned"),
    ],
)
def test_ratios_are_counted(tmp_path, name, lists, sides):
    plan = factory.plan(["mnist", "letter"], ["pytorch"], **lists)
    second = {"tuned", "gpu"}
    slow = {"mnist": 58.0, "letter": 8.0}
    made = [
        factory.make(run, train_s=18.0 if {run.implementation, run.device} & second else slow[run.dataset])
        for run in plan
    ]
    words = describe(name, experiment(plan, made, tmp_path))
    assert "4 ratios: 1 shown to be above 1, 1 below, 2 of one run each." in words
    assert "From 0.50 (Letter Recognition, PyTorch, holdout split" in words
    assert f"to 3.00 (MNIST, PyTorch, holdout split, {sides})." in words


def test_published_names_the_ends(tmp_path):
    plan = factory.plan(["mnist"], splits=["holdout"])
    made = [factory.make(run, train_s=98.0) for run in plan]
    words = describe("published", experiment(plan, made, tmp_path))
    assert words == (
        "3 of the study's 48 cells are comparable. Published over measured seconds: from 10.1 (MNIST,"
        " TensorFlow, CPU, holdout split) to 19.3 (MNIST, Theano, CPU, holdout split)."
    )


def test_schedule_says_when_and_how_busy(tmp_path):
    plan = factory.plan(["mnist"], ["tensorflow", "pytorch"], splits=["holdout"])
    others = {"surroundings": {"other_cores": 0.25}}
    words = describe("schedule", experiment(plan, [factory.make(plan[0], **others)], tmp_path))
    assert "1 of 2 runs are finished, from 2026-" in words
    assert "other programs took up to 0.2 cores." in words


@pytest.mark.parametrize("name", figures.NAMES)
def test_without_a_finished_run(tmp_path, name):
    plan = factory.plan(
        ["mnist"], ["pytorch"], devices=["cpu", "gpu"], implementations=["idiomatic", "tuned"]
    )
    dataset = "mnist" if name in figures.OF_ONE_DATASET else None
    words = describe(name, experiment(plan, [], tmp_path), dataset)
    assert "missing" in words or "o run is finished" in words or "0 of the study" in words, words


def test_both_files_carry_the_words(tmp_path):
    figure = plt.figure()
    figure.suptitle("Times <all>")
    words = "A & B take <1 s>."
    files.save(figure, tmp_path / "figure", words)
    root = ElementTree.parse(tmp_path / "figure.svg").getroot()
    assert (root.get("role"), root.get("aria-labelledby")) == ("img", "title desc")
    texts = {
        root.find(f"{SVG}{name}").get("id"): root.find(f"{SVG}{name}").text for name in ("title", "desc")
    }
    assert texts == {"title": "Times <all>", "desc": words}
    with Image.open(tmp_path / "figure.png") as image:
        assert (image.text["Title"], image.text["Description"]) == ("Times <all>", words)


def test_a_long_list_names_the_first_and_the_last():
    words = [f"{n} s" for n in range(12)]
    assert listed(words[:8]) == ", ".join(words[:8])
    assert listed(words) == "0 s, 1 s, 2 s, 3 s, 4 s, 5 s, 6 s, 4 more, 11 s"
