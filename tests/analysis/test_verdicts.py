"""Verdicts on the study's conclusions, on made records: confirmed, contradicted, not tested."""

import copy

import factory
import pytest

from scripts import tables
from scripts.analysis.experiment import Experiment
from scripts.analysis.study import printed_figures as study
from scripts.analysis.study import verdicts
from scripts.analysis.study.conclusions import CONCLUSIONS
from scripts.tables import page_html, page_markdown
from scripts.tables.terminal import summary

FIGURES = study.read()
COMPARISON = factory.CONFIG["comparison"] | {"bootstrap": 500}  # enough for values that hardly vary
WOBBLE = [1.0, 1.0, 1.01, 1.02, 0.98, 0.99, 1.01, 0.99, 1.0, 1.0]  # mean 1
IMAGES = ["mnist", "cifar10", "cifar100"]
RUNNABLE = [*IMAGES, "letter"]


def experiment(folder, plan, seconds=None, *, accuracy=None, config=factory.CONFIG, skip=(), **changes):
    """`seconds(run)` is total_s, `accuracy(run)` of the test; both wobble a little over the folds."""
    made = [
        factory.make(
            run,
            config,
            train_s=(seconds(run) if seconds else 100.0) * WOBBLE[run.fold] - 2,
            accuracy=(accuracy(run) if accuracy else 0.7) + (WOBBLE[run.fold] - 1) / 10,
            **changes,
        )
        for run in plan
        if run not in skip
    ]
    runs = factory.table(plan, made, folder, config)[0]
    return Experiment(runs, FIGURES, COMPARISON)


def outcome(number, found):
    return verdicts.outcome(CONCLUSIONS[number - 1], verdicts.prepare(found))


def judged(number, found):
    one = outcome(number, found)
    return one.verdict, one.evidence


# ---- 1 and 2: CPU and GPU ----


def both_devices(datasets=("mnist", "cifar10"), splits=("kfold",), **lists):
    frameworks = lists.pop("frameworks", ["tensorflow", "pytorch"])
    return factory.plan(datasets, frameworks, devices=["cpu", "gpu"], splits=splits, **lists)


def gpu(times):
    """total_s of a GPU that is so many times as fast as the CPU."""
    return lambda run: 300.0 / (times if run.device == "gpu" else 1)


@pytest.mark.parametrize(
    ("times", "verdict"), [(4, "confirmed"), (1.2, "contradicted"), (0.5, "contradicted")]
)
def test_networks_of_images_on_the_gpu(tmp_path, times, verdict):
    found, evidence = judged(1, experiment(tmp_path, both_devices(), gpu(times)))
    assert found == verdict
    assert f"{4 if times == 4 else 0} of 4 say yes (CPU / GPU time {times:.2f}" in evidence


@pytest.mark.parametrize(("times", "verdict"), [(0.5, "confirmed"), (4, "contradicted")])
def test_letter_on_the_gpu(tmp_path, times, verdict):
    assert judged(2, experiment(tmp_path, both_devices(["letter"]), gpu(times)))[0] == verdict


def test_devices_in_the_other_order_say_the_same(tmp_path):
    plan = factory.plan(["letter"], ["pytorch"], devices=["gpu", "cpu"], splits=["kfold"])
    found, evidence = judged(2, experiment(tmp_path, plan, gpu(0.5)))
    assert found == "confirmed" and "GPU / CPU time 2.00" in evidence


def test_one_exception_is_told_and_does_not_turn_the_verdict(tmp_path):
    def seconds(run):
        slow = run.dataset == "mnist" and run.framework == "pytorch"
        return gpu(1.5 if slow else 4)(run)

    found, evidence = judged(1, experiment(tmp_path, both_devices(IMAGES), seconds))
    assert found == "confirmed"
    assert "5 of 6 say yes" in evidence and "No: MNIST, PyTorch, folds: 1.50 (1.50 to 1.50)." in evidence


def test_a_limit_inside_the_intervals_leaves_it_undecided(tmp_path):
    def seconds(run):
        return gpu(2 * (1.1 if run.fold % 2 else 1 / 1.1))(run)

    found, evidence = judged(1, experiment(tmp_path, both_devices(), seconds))
    assert found == "not tested"
    assert evidence.startswith("The measurements do not decide. 0 of 4 say yes")
    assert "Open: MNIST, TensorFlow, folds:" in evidence


def test_one_run_of_each_counts_only_far_from_the_limit(tmp_path):
    plan = both_devices(splits=["holdout"])
    assert judged(1, experiment(tmp_path / "far", plan, gpu(3.1)))[0] == "confirmed"
    found, evidence = judged(1, experiment(tmp_path / "near", plan, gpu(2.9)))
    assert found == "not tested" and "too close" in evidence


def test_one_dataset_is_too_little_for_three(tmp_path):
    found, evidence = judged(1, experiment(tmp_path, both_devices(["mnist"]), gpu(4)))
    assert found == "not tested"
    assert "Of MNIST, CIFAR-10 and CIFAR-100 only MNIST can be compared" in evidence


@pytest.mark.parametrize("number", [1, 2])
def test_without_a_gpu_the_devices_are_not_tested(tmp_path, number):
    plan = factory.plan(RUNNABLE, ["pytorch"], splits=["kfold"])
    one = outcome(number, experiment(tmp_path, plan))
    assert (one.verdict, one.evidence, one.runs) == ("not tested", "No runs with GPU.", "")
    assert "presets/gpu.yaml" in one.conclusion.command


# ---- 3 and 4: cross-validation ----


def both_splits(datasets=RUNNABLE, frameworks=("tensorflow", "pytorch"), **lists):
    return factory.plan(datasets, frameworks, **lists)


def folds(times):
    """total_s with which ten folds take so many times the holdout run."""
    return lambda run: 100.0 * times / 10 if run.split == "kfold" else 100.0


@pytest.mark.parametrize(
    ("times", "verdict"), [(12.9, "confirmed"), (10, "confirmed"), (16, "contradicted"), (6, "contradicted")]
)
def test_ten_folds_take_ten_times_as_long(tmp_path, times, verdict):
    found, evidence = judged(
        3, experiment(tmp_path, both_splits(["mnist", "cifar10", "letter"]), folds(times))
    )
    assert found == verdict
    assert f"folds / holdout time {times:.2f} to {times:.2f}" in evidence


@pytest.mark.parametrize(("finished", "verdict"), [(3, "confirmed"), (2, "not tested")])
def test_three_folds_stand_for_ten(tmp_path, finished, verdict):
    plan = both_splits(["mnist", "cifar10", "letter"], ["pytorch"])
    skip = [run for run in plan if run.dataset == "mnist" and run.split == "kfold" and run.fold >= finished]
    found, evidence = judged(3, experiment(tmp_path, plan, folds(12.9), skip=skip))
    assert found == verdict
    named = "Estimated from a part of the folds: MNIST, PyTorch, CPU (3/10 folds)."
    assert (named in evidence) == (finished == 3)
    assert ("26 runs, published settings, CPU" in outcome(3, experiment(tmp_path, plan, skip=skip)).runs) == (
        finished == 3
    )


def gains(images, letter):
    """Accuracy that rises by so much from the holdout run to the folds."""

    def accuracy(run):
        return 0.6 + (run.split == "kfold") * (letter if run.dataset == "letter" else images)

    return accuracy


@pytest.mark.parametrize(
    ("images", "letter", "verdict", "words"),
    [
        (0.01, 0.3, "confirmed", "Letter raised: confirmed"),
        (0.01, 0.01, "contradicted", "Letter raised: contradicted"),
        (0.2, 0.3, "contradicted", "Images not raised: contradicted"),
    ],
)
def test_what_folds_do_to_accuracy(tmp_path, images, letter, verdict, words):
    found, evidence = judged(4, experiment(tmp_path, both_splits(), accuracy=gains(images, letter)))
    assert found == verdict and words in evidence


def test_the_holdout_is_not_taken_as_exact(tmp_path):
    """Its accuracy of 0.6 has an error of 0.34 points (21,000 test rows): 4.6 may be 5, 4.2 may not."""
    plan = both_splits(["mnist"], ["pytorch"])
    for points, words in [(4.2, "1 of 1 say yes"), (4.6, "0 of 1 say yes")]:
        found = experiment(tmp_path / words, plan, accuracy=gains(points / 100, 0))
        assert words in judged(4, found)[1]


def test_half_a_conclusion_is_not_confirmed(tmp_path):
    found, evidence = judged(4, experiment(tmp_path, both_splits(["letter"]), accuracy=gains(0, 0.3)))
    assert found == "not tested"
    assert "Images not raised: not tested, no run of MNIST, CIFAR-10 or CIFAR-100 with published" in evidence
    assert "Letter raised: confirmed. 2 of 2 say yes" in evidence


# ---- 5: Theano ----


def theano(images, letter):
    """total_s of which Theano's is so many times that of the others."""
    return lambda run: (
        50.0 * (1 if run.framework != "theano" else letter if run.dataset == "letter" else images)
    )


@pytest.mark.parametrize(
    ("images", "letter", "verdict"),
    [(2, 0.5, "confirmed"), (0.5, 0.5, "contradicted"), (2, 2, "contradicted"), (1, 0.5, "not tested")],
)
def test_theano_is_slow_for_images_and_fast_for_letter(tmp_path, images, letter, verdict):
    plan = factory.plan(["mnist", "cifar10", "letter"], splits=["kfold"])
    assert judged(5, experiment(tmp_path, plan, theano(images, letter)))[0] == verdict


def test_slower_than_one_only_is_not_slowest(tmp_path):
    def seconds(run):
        return {"tensorflow": 50.0, "theano": 80.0, "pytorch": 120.0}[run.framework]

    plan = factory.plan(["mnist", "cifar10", "letter"], splits=["kfold"])
    found, evidence = judged(5, experiment(tmp_path, plan, seconds))
    assert found == "contradicted"
    assert "Slowest for images: contradicted. 0 of 2 say yes" in evidence
    assert "No: MNIST, Theano : PyTorch, CPU, folds: 0.67" in evidence


def test_without_theano_it_is_not_tested(tmp_path):
    one = outcome(
        5, experiment(tmp_path, factory.plan(RUNNABLE, ["tensorflow", "pytorch"], splits=["kfold"]))
    )
    assert one.verdict == "not tested" and "no runs with Theano" in one.evidence


# ---- 6: defaults ----


def both_settings(**lists):
    return factory.plan(
        ["mnist"], ["tensorflow", "pytorch"], settings=["published", "matched"], splits=["kfold"], **lists
    )


def accuracies(published, matched):
    """By how much TensorFlow is worse than PyTorch with either settings."""

    def accuracy(run):
        worse = {"published": published, "matched": matched}[run.settings]
        return 0.75 - (worse if run.framework == "tensorflow" else 0) + run.fold % 3 / 1000

    return accuracy


@pytest.mark.parametrize(
    ("published", "matched", "verdict"),
    [(0.17, 0.0, "confirmed"), (0.17, 0.16, "contradicted"), (0.17, -0.16, "contradicted")],
)
def test_defaults_explain_differences_of_accuracy(tmp_path, published, matched, verdict):
    found = experiment(tmp_path, both_settings(), accuracy=accuracies(published, matched))
    one = outcome(6, found)
    assert one.verdict == verdict
    assert one.runs.startswith("40 runs, published and matched settings, CPU")


def test_both_differences_are_uncertain(tmp_path):
    """With matched settings exactly 2 points are left; of how many they are a part is uncertain."""

    def accuracy(run):
        worse = {"published": 0.06, "matched": 0.02}[run.settings] * (run.framework == "tensorflow")
        spread = 0.02 * (run.fold % 2) * (run.settings == "published") * (run.framework == "tensorflow")
        return 0.75 - worse - spread

    one = outcome(6, experiment(tmp_path, both_settings(), accuracy=accuracy))
    (compared,) = one.parts[0][3]
    assert compared.value == pytest.approx(2 / 7)
    low, high = compared.interval
    assert low < 0.27 and high > 0.31


def test_without_a_difference_there_is_nothing_to_explain(tmp_path):
    found, evidence = judged(6, experiment(tmp_path, both_settings(), accuracy=accuracies(0.001, 0)))
    assert found == "not tested" and "nothing to explain" in evidence


def test_without_matched_settings_it_is_not_tested(tmp_path):
    found, evidence = judged(6, experiment(tmp_path, factory.plan(["mnist"], splits=["kfold"])))
    assert (found, evidence) == ("not tested", "No runs with matched settings.")


# ---- what does not count ----


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"rows": 1000}, "1000 rows, not 70000"),
        ({"epochs": 1}, "Epochs 1, not 12"),
        ({"folds": 2}, "2 folds, not 10"),
        (
            {"implementations": ["tuned"]},
            "No run of MNIST, CIFAR-10 or CIFAR-100 with published settings, idiomatic",
        ),
        ({"settings": ["matched"]}, "with published settings, idiomatic"),
    ],
)
def test_runs_off_the_protocol_decide_nothing(tmp_path, change, why):
    """The numbers would confirm the first conclusion."""
    config = copy.deepcopy(factory.CONFIG)
    for training in config["training"].values():
        training["epochs"] = change.get("epochs", training["epochs"])
    lists = {name: change[name] for name in ("folds", "implementations", "settings") if name in change}
    rows = {"rows": change["rows"]} if "rows" in change else {}
    found = experiment(tmp_path, both_devices(["mnist", "cifar10"], **lists), gpu(4), config=config, **rows)
    verdict, evidence = judged(1, found)
    assert verdict == "not tested" and why in evidence and "say yes" not in evidence


def test_a_missing_fold_is_not_counted_and_told(tmp_path):
    plan = both_devices(IMAGES)
    skip = [
        run
        for run in plan
        if (run.dataset, run.framework, run.device, run.fold) == ("mnist", "pytorch", "gpu", 3)
    ]
    found, evidence = judged(1, experiment(tmp_path, plan, gpu(4), skip=skip))
    assert found == "confirmed"
    assert (
        "5 of 5 say yes" in evidence and "Not counted (GPU: 9/10 folds): MNIST, PyTorch, folds." in evidence
    )


def test_digits_test_nothing_and_each_verdict_says_why(tmp_path):
    plan = factory.plan(["digits"], settings=["published", "matched"], devices=["cpu", "gpu"])
    found = verdicts.judge(experiment(tmp_path, plan))
    assert [one.conclusion.number for one in found] == [1, 2, 3, 4, 5, 6]
    assert {one.verdict for one in found} == {"not tested"}
    assert all("o run of " in one.evidence and one.conclusion.command for one in found)


def test_nothing_finished_is_missing(tmp_path):
    found, evidence = judged(1, experiment(tmp_path, plan := both_devices(), skip=plan))
    assert (found, evidence) == ("not tested", "Missing.")


# ---- the table and the terminal ----


def test_terminal_has_a_line_for_each_conclusion(tmp_path):
    found = experiment(tmp_path / "a", both_devices(["letter"]), gpu(0.5))
    lines = summary.conclusions(tables.module("verdicts").tidy(found)).splitlines()
    assert len(lines) == 7 and max(map(len, lines)) <= 80
    assert lines[2] == "  2  confirmed     Letter Recognition is better trained on a CPU"
    digits = experiment(tmp_path / "b", factory.plan(["digits"], ["pytorch"], folds=3))
    (line,) = summary.conclusions(tables.module("verdicts").tidy(digits)).splitlines()
    assert "not tested" in line and len(line) <= 80


def test_page_and_csv_show_verdict_evidence_and_rule(tmp_path):
    busy = {"surroundings": {"other_cores": 2.0}}
    found = experiment(tmp_path, both_devices(["letter"]), gpu(0.5), **busy)
    module = tables.module("verdicts")
    tidy = module.tidy(found)
    assert tidy["conclusion"].tolist() == [1, 2, 3, 4, 5, 6]
    assert tidy["verdict"].tolist().count("confirmed") == 1
    row = tidy.iloc[1]
    assert (row["comparisons"], row["yes"], row["no"]) == (2, 2, 0)
    assert row["runs"] == "40 runs, published settings, CPU and GPU, 40 flagged"
    page = module.page(tidy, found)
    conclusions, rules, each = page.blocks
    assert [row[1].text for row in conclusions.rows] == tidy["verdict"].tolist()
    assert [bool(row[3].text) for row in conclusions.rows] == [
        verdict == "not tested" for verdict in tidy["verdict"]
    ]
    assert len(rules.rows) == 6 and all(row[1].text for row in rules.rows)
    assert [row[8].text for row in each.rows] == ["yes", "yes"]
    assert verdicts.RULE in page_markdown.markdown(page) and "40 flagged" in page_html.html_page(page)
