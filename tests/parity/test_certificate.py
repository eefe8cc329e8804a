"""The certificate passes for the same network and fails for a constant that is only slightly wrong."""

import json
import os
import sys
import threading
import time
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from commands import call
from paths import ENVIRONMENTS, ROOT

from scripts.core import record
from scripts.core.errors import UserError
from scripts.parity import agreement, certificate_page, figure, first_steps
from scripts.parity import certificate as certify
from scripts.tables import page_markdown

RESULTS = ROOT / "results" / "quickstart"
STEPS = 50


def difference(*values, gradient=1e-16, epoch=1e-16, predicted=1e-16):
    return agreement.Differences(np.array(values), gradient, epoch, predicted)


GOOD = difference(*[1e-15] * STEPS)


def judged(exact=GOOD, single=GOOD, own=GOOD):
    return agreement.judge(exact, single, own)


def test_float64_must_agree_nearly_to_rounding():
    assert judged()["same_network"]
    assert judged(exact=difference(1e-15, 9e-8))["same_network"]
    assert not judged(exact=difference(1e-15, 2e-7))["same_network"]
    assert not judged(exact=difference(1e-15, gradient=2e-9))["same_network"]
    assert not judged(exact=difference(1e-15, epoch=2e-7))["same_network"]
    assert not judged(exact=difference(1e-15, predicted=2e-7))["same_network"]


def test_float32_may_part_as_far_as_numpy_does_and_no_farther():
    late = [1e-6] * 20 + [9e-4] * 30
    assert judged(single=difference(*late))["float32_as_expected"]
    early = difference(*[2e-4] * STEPS)
    assert not judged(single=early)["float32_as_expected"]
    assert judged(single=early, own=difference(*[3e-5] * STEPS))["float32_as_expected"]
    assert not judged(single=difference(*[1e-6] * 20, 2e-3))["float32_as_expected"]
    assert not judged(single=difference(1e-7, gradient=2e-4))["float32_as_expected"]
    for kind in ("epoch", "predicted"):
        apart = difference(1e-7, **{kind: 2e-3})
        assert not judged(single=apart)["float32_as_expected"]
        assert judged(single=apart, own=difference(1e-7, **{kind: 3e-4}))["float32_as_expected"]


def outcome(losses, gradient, epoch_loss=1.0, probabilities=((0.5, 0.5), (0.5, 0.5))):
    found = {"losses": np.array(losses), "gradient_0": np.array(gradient)}
    return {**found, "epoch_loss": np.array(epoch_loss), "probabilities": np.array(probabilities)}


def test_differences_are_relative():
    reference = outcome([2.0, 4.0], [3.0, 4.0], epoch_loss=5.0)
    found = outcome([2.0, 4.4], [3.0, 4.5], epoch_loss=5.1, probabilities=[[0.5, 0.5], [0.2, 0.8]])
    losses, gradients, epoch, probabilities = agreement.differences(found, reference)
    np.testing.assert_allclose(losses, [0, 0.1])
    assert gradients == pytest.approx(0.1)
    assert epoch == pytest.approx(0.02)
    assert probabilities == pytest.approx(0.3)  # not relative


def test_losses_near_0_are_compared_with_one_that_is_near_to_it():
    """Own data may be learned within fifty steps: 0 and 1e-12 are then the same."""
    reference = outcome([0.0, 1e-12, 1e-3], [3.0])
    found = {**reference, "losses": np.array([0.0, 0.0, 1.1e-3])}
    losses = agreement.differences(found, reference).losses
    np.testing.assert_allclose(losses, [0, 1e-9, 0.1])


def test_a_layer_without_gradients_is_the_same_where_it_has_none_elsewhere():
    reference = outcome(np.ones(2), np.zeros(2)) | {"gradient_1": np.ones(2)}
    same = {**reference, "gradient_1": np.array([1.0, 1.1])}
    assert agreement.differences(same, reference)[1] == pytest.approx(0.1 / np.sqrt(2))
    other = {**reference, "gradient_0": np.array([0, 1e-6])}
    assert agreement.differences(other, reference)[1] == pytest.approx(1e-6 / (1e-3 * np.sqrt(2)))
    broken = {**reference, "gradient_1": np.array([np.nan, 1])}
    assert np.isnan(agreement.differences(broken, reference)[1])


def test_the_yardstick_is_the_greatest_of_the_nudged_trainings():
    reference = {
        "losses": np.array([2.0, 4.0]),
        "nudged_losses": np.array([[2.0, 4.4], [2.1, 4.0]]),
        "nudged_gradients": np.array([1e-6, 8e-4]),
        "epoch_loss": np.array(2.0),
        "nudged_epoch_loss": np.array([2.0, 2.1]),
        "probabilities": np.array([[0.5, 0.5]]),
        "nudged_probabilities": np.array([[[0.5, 0.5]], [[0.51, 0.49]]]),
    }
    found = agreement.spread(reference)
    np.testing.assert_allclose(found.losses, [0.05, 0.1])
    assert found.gradients == 8e-4
    assert (found.epoch, found.probabilities) == pytest.approx((0.05, 0.01))


def test_every_framework_of_the_quickstart_has_its_certificate(quickstart):
    rows = pd.read_csv(RESULTS / "tables" / "parity.csv")
    assert set(rows["framework"]) == {"tensorflow", "pytorch", "theano"}
    assert rows["same_network"].all() and rows["float32_as_expected"].all()
    assert (rows["steps"] == STEPS).all()
    assert (RESULTS / "parity" / "passed").exists()
    assert "agree" in (RESULTS / "tables" / "parity.md").read_text()
    report = (RESULTS / "report.html").read_text()
    assert "parity.html" in report and "parity-figure.html" in report


@pytest.fixture
def files(tmp_path):
    """First steps of one network on the CPU, and of another one on the GPU."""
    steps = outcome([2.0, 1.0], np.ones(3)) | {"facts": json.dumps({"version": "1"})}
    nudged = {f"nudged_{name}": steps[name][None] for name in ("losses", "epoch_loss", "probabilities")}
    nudged["nudged_gradients"] = np.zeros(1)
    other = {**steps, "losses": np.array([2.0, 1.1])}
    made = {"reference/mnist": {**steps, **nudged}}
    for precision in ("float64", "float32"):
        made[f"cpu/pytorch/idiomatic/mnist-{precision}"] = steps
        made[f"gpu/pytorch/idiomatic/mnist-{precision}"] = other
    for name, arrays in made.items():
        path = tmp_path / f"{name}.npz"
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, **arrays)
    return sorted(tmp_path.rglob("*.npz"))


def test_each_device_has_its_certificate(files, tmp_path):
    rows, steps = certify.certify(tmp_path, files)
    assert rows[["device", "same_network"]].to_numpy().tolist() == [["cpu", True], ["gpu", False]]
    assert "1 of 2 agree" in page_markdown.markdown(certificate_page.page(rows))
    judged = {f"float64_{what}" for what in agreement.EXACT} | {
        f"float32_{what}" for what in agreement.FLOAT32
    }
    assert judged <= {*certificate_page.FLOAT64, *certificate_page.SINGLE}
    rows.to_csv(tmp_path / "parity.csv")
    with pytest.raises(
        UserError, match=r"1 of 2 do not train the same network: pytorch \(idiomatic, gpu\) on"
    ):
        certify.check(tmp_path / "parity.csv")
    legend = figure.draw(steps).legends[0]
    names = [text.get_text() for text in legend.get_texts()]
    assert {"PyTorch, CPU", "PyTorch, GPU"} < set(names)


def test_first_steps_of_a_version_without_an_epoch_are_refused(files, tmp_path):
    path = tmp_path / "cpu/pytorch/idiomatic/mnist-float64.npz"
    with np.load(path) as arrays:
        before = {name: arrays[name] for name in arrays.files if name != "epoch_loss"}
    np.savez(path, **before)
    with pytest.raises(UserError, match="of an older version, without an epoch: delete the folder parity"):
        certify.certify(tmp_path, files)


@pytest.mark.parametrize(("device", "threads", "at_once"), [("cpu", "2", 2), ("gpu", "4", 1)])
def test_precisions_take_turns_on_a_gpu(monkeypatch, device, threads, at_once):
    """A framework may take all of a GPU's memory."""
    running, most, commands = [], [], []
    both_run = threading.Barrier(at_once, timeout=20)

    def call(command):
        running.append(command)
        both_run.wait()  # with two at once each waits for the other
        time.sleep(0.05)
        most.append(len(running))
        commands.append(command)
        both_run.wait()
        running.remove(command)
        return -9 * (command[-1] == "float32")

    monkeypatch.setattr(first_steps.subprocess, "call", call)
    args = SimpleNamespace(device=device, threads=4)
    assert first_steps.both(args) == 9
    assert most == [at_once] * 2
    assert {command[command.index("--threads") + 1] for command in commands} == {threads}
    assert sorted(command[-1] for command in commands) == ["float32", "float64"]


def test_first_steps_without_a_gpu_say_so(quickstart, tmp_path):
    options = [*Steps(tmp_path).options("network", SGD), "--out", tmp_path / "steps", "--device", "gpu"]
    python = ENVIRONMENTS / "pytorch/bin/python"
    done = call(
        *(python, ROOT / "scripts", "first-steps", "--framework", "pytorch", "--dataset", "digits"),
        *options,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": ""},
    )
    assert done.returncode == 1 and "error: " in done.stdout and "GPU" in done.stdout, done.stdout
    assert "Traceback" not in done.stdout and not list(tmp_path.glob("steps*"))


class Steps:
    """First steps of digits in the reference and in PyTorch, each with an optimiser of its own."""

    def __init__(self, folder):
        self.folder = folder
        self.recipe = json.loads((RESULTS / "networks/matched/digits.json").read_text())

    def options(self, name, optimizer):
        training = {**self.recipe["training"], "optimizer": optimizer}
        network = self.folder / f"{name}.json"
        network.write_text(json.dumps({**self.recipe, "training": training}))
        yield from ("--network", network, "--data", ROOT / "results/data/digits")
        yield from ("--splits", RESULTS / "splits/digits/holdout.npz")
        yield from ("--weights", RESULTS / "weights/digits/fold-0.npz")

    def run(self, python, step, out, optimizer, *more):
        out = self.folder / "parity" / out
        out.parent.mkdir(parents=True, exist_ok=True)
        options = self.options(step, optimizer)
        done = call(python, ROOT / "scripts", step, *options, "--out", out, *more)
        assert done.returncode == 0, done.stdout

    def certificate(self, of_reference, of_pytorch):
        """Exit status and text of the check after a PyTorch with this optimiser."""
        python, certificate = sys.executable, (ROOT / "scripts", "certificate")
        self.run(python, "reference", "reference/digits.npz", of_reference)
        self.run(
            ENVIRONMENTS / "pytorch/bin/python",
            "first-steps",
            "cpu/pytorch/idiomatic/digits",
            of_pytorch,
            *("--framework", "pytorch", "--dataset", "digits"),
        )
        table, folder = self.folder / "parity.csv", self.folder / "parity"
        options = ["--parity", folder, "--files", *folder.rglob("*.npz")]
        options += ["--out", table.with_suffix(""), "--steps", self.folder / "steps.csv"]
        done = call(python, *certificate, *options)
        assert done.returncode == 0, done.stdout
        return call(python, *certificate, "--check", table)


RMSPROP = {"name": "rmsprop", "learning_rate": 1e-3, "decay": 0.0, "rho": 0.9, "epsilon": 1e-7}
SGD = {"name": "sgd", "learning_rate": 0.01, "decay": 1e-6, "momentum": 0.9, "nesterov": True}


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (RMSPROP, RMSPROP | {"epsilon": 1.1e-7}),
        (SGD, SGD | {"decay": 0.0}),
        (SGD, SGD | {"nesterov": False}),
    ],
    ids=["epsilon", "decay ignored", "no Nesterov"],
)
def test_a_slightly_wrong_constant_fails_the_certificate(quickstart, tmp_path, right, wrong):
    done = Steps(tmp_path).certificate(right, wrong)
    assert done.returncode == 1
    assert "pytorch (idiomatic, cpu) on digits" in done.stdout
    assert "not the same network" in (tmp_path / "parity.md").read_text().lower()


def test_decay_with_nesterov_momentum_agrees(quickstart, tmp_path):
    """The form of the momentum matters once the rate falls."""
    done = Steps(tmp_path).certificate(SGD, SGD)
    assert done.returncode == 0, done.stdout
    assert "1 of 1 train the same network" in done.stdout


def test_what_is_not_tested_is_neither_passed_nor_left_out(files, tmp_path):
    """An experiment may go on without them (on_failure: record); nothing then says that all agree."""
    path = tmp_path / "cpu/pytorch/idiomatic/mnist-float64.npz"
    record.write_failure(record.Failure("killed", "", "", "host"), path)
    rows, _ = certify.certify(tmp_path, files)
    page = page_markdown.markdown(certificate_page.page(rows.iloc[:1]))
    assert "0 of 1 agree" in page and "1 is not tested, since first steps failed" in page
    assert "not tested: killed" in page and "Float32: what runs" not in page  # no table without rows
    rows.iloc[:1].to_csv(tmp_path / "parity.csv")
    certify.check(tmp_path / "parity.csv")
