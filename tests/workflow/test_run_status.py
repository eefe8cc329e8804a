"""Which runs are finished, which failed, and which older code made; and the commands that print these."""

import json
import subprocess
import sys

import factory
import pytest
from paths import ROOT

from scripts.core import record, training_spec
from scripts.training.code_digest import trainer_digest
from scripts.workflow import run_status

CONFIG = factory.CONFIG
SCRIPT = ROOT / "scripts", "status"
PLANNED = factory.plan(["mnist"], ["pytorch"], folds=2)


def write(run, folder, **origin):
    """Write the record of a run, made from the config by the present code."""
    made_from = training_spec.of_config(CONFIG, run.settings, run.dataset).digest
    facts = {"network_digest": made_from, "trainer_digest": trainer_digest(run.framework), **origin}
    record.write(factory.make(run, origin=facts), run.path(folder))


def fail(path):
    failure = record.Failure("it diverged", "2026-01-01", "2026-01-02", "node1")
    path.parent.mkdir(parents=True, exist_ok=True)
    record.write_failure(failure, path)
    return failure


def printed(*options):
    done = subprocess.run([sys.executable, *SCRIPT, *options], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.splitlines(), done.stderr


def test_unfinished_runs_keep_their_order(tmp_path):
    write(PLANNED[1], tmp_path)
    assert [*run_status.finished(CONFIG, PLANNED, tmp_path)] == [PLANNED[1]]
    assert run_status.unfinished(CONFIG, PLANNED, tmp_path) == [PLANNED[0], PLANNED[2]]
    other = {**CONFIG, "seed": 1}
    assert run_status.unfinished(other, PLANNED, tmp_path) == PLANNED


def test_a_recorded_failure_is_not_finished_and_has_its_reason(tmp_path):
    path = PLANNED[0].path(tmp_path)
    failure = fail(path)
    write(PLANNED[1], tmp_path)
    paths = [run.path(tmp_path) for run in PLANNED]
    assert run_status.recorded_failures(paths) == {path: failure}
    assert run_status.recorded_reasons(paths) == {path: "it diverged"}
    assert PLANNED[0] in run_status.unfinished(CONFIG, PLANNED, tmp_path)


def test_older_code_is_found_in_records_alone(tmp_path):
    write(PLANNED[0], tmp_path, trainer_digest="0" * 16)
    write(PLANNED[1], tmp_path)
    fail(PLANNED[2].path(tmp_path))
    paths = [run.path(tmp_path) for run in PLANNED]
    assert run_status.made_by_older_code([*paths, tmp_path / "none.json"]) == [paths[0]]


def test_the_present_code_has_a_digest_for_each_framework():
    first, second = run_status.training_code(["pytorch", "theano"])
    assert first == f"pytorch={trainer_digest('pytorch')}" and second.startswith("theano=")
    assert first.partition("=")[2] != second.partition("=")[2]


def test_the_commands_print_a_path_a_line(tmp_path):
    write(PLANNED[0], tmp_path / "runs", trainer_digest="0" * 16)
    write(PLANNED[1], tmp_path / "runs")
    failed = [tmp_path / "parity/pytorch/idiomatic/mnist-float32.npz", PLANNED[2].path(tmp_path / "runs")]
    for path in failed:
        fail(path)
    (tmp_path / "plan").mkdir()
    (tmp_path / "plan" / "fold-0.json").write_text(json.dumps({}))
    assert printed("--failed", tmp_path) == (0, [*map(str, failed)], "")
    assert printed("--older", tmp_path) == (0, [str(PLANNED[0].path(tmp_path / "runs"))], "")


@pytest.mark.parametrize("option", ["--failed", "--older"])
def test_a_folder_that_is_not_there_is_named(tmp_path, option):
    code, lines, error = printed(option, tmp_path / "none")
    assert (code, lines) == (1, [])
    assert error == f"error: {tmp_path}/none: there is no such folder\n"


def test_one_of_the_two_is_asked_for(tmp_path):
    assert printed(tmp_path)[0] == printed("--failed", "--older", tmp_path)[0] == 2
