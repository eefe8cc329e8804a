"""What is printed at the start and end: what is planned, what failed, and the command for it."""

import logging

import factory
import pytest
from snakemake.exceptions import WorkflowError
from snakemake.settings.enums import Quietness

from scripts.core import commands
from scripts.core.errors import UserError
from scripts.workflow import messages

CONFIG = {**factory.CONFIG, "results": "results/x"}
RETRY = f"--forcerun $({commands.status('failed', 'results/x')})"


def failures(count):
    return {f"runs/fold-{n}.json": f"reason {n}" for n in range(count)}


def warnings(left_out=(), failed=None, older=(), cores=None, **changes):
    return messages.warnings_at_start({**CONFIG, **changes}, left_out, failed or {}, older, cores)


def test_the_log_leaves_out_the_commands_of_failed_jobs_and_nothing_else():
    def entry(text, **more):
        return logging.makeLogRecord({"msg": text, **more})

    failed = entry("Error in rule experiment", rule_msg=None, shellcmd="python --config '{...}'")
    assert messages.without_commands(failed) and failed.shellcmd is None
    asked_for = entry("Shell command", shellcmd="python --config '{...}'")
    assert messages.without_commands(asked_for) and asked_for.shellcmd
    assert not messages.without_commands(entry("RuleException:\nCalledProcessError in file x, line 1:\n..."))
    assert messages.without_commands(entry("RuleException:\nValueError in file x, line 1:\n..."))


def test_without_our_profile_nothing_finished_is_made_again():
    ours, default = ["MTIME", "PARAMS"], ["CODE", "INPUT", "MTIME", "PARAMS", "SOFTWARE_ENV"]
    assert messages.check_profile(ours, True) == messages.check_profile(ours, False) == []
    (warning,) = messages.check_profile(default, anything_finished=False)
    assert "profiles/default, is not read" in warning
    with pytest.raises(UserError, match="Add --rerun-triggers mtime params --keep-going"):
        messages.check_profile(default, anything_finished=True)


def test_what_is_planned_is_one_line():
    config = {**CONFIG, "frameworks": ["pytorch"], "datasets": ["mnist", "letter"], "splits": ["kfold"]}
    assert messages.planned(config, range(20)) == (
        "trainclock: 20 training runs planned (pytorch; mnist, letter; kfold); results in results/x/"
    )


def test_nothing_to_warn_of():
    assert warnings() == warnings(threads=4, cores=4) == []


def test_what_is_left_out_is_named():
    assert warnings(["theano has no trainer for gpu"]) == [
        "trainclock: not planned: theano has no trainer for gpu"
    ]


def test_recorded_failures_and_older_runs_come_with_their_command():
    failed, older = warnings(failed=failures(2), older=["a", "b", "c"])
    assert failed.startswith("trainclock: 2 jobs are recorded as failed and are not tried again;")
    assert failed.endswith(RETRY)
    assert "3 finished runs were made by older training code" in older
    assert older.endswith(f"--forcerun $({commands.status('older', 'results/x')})")


def test_fewer_cores_than_threads():
    (line,) = warnings(threads=4, cores=2)
    assert "threads: 4 in the config is lowered to --cores 2" in line


def test_on_a_cluster_the_cores_of_this_machine_do_not_count():
    assert warnings(threads=400, cores=None) == []


@pytest.mark.parametrize(("count", "lines", "more"), [(1, 3, False), (5, 7, False), (7, 8, True)])
def test_the_first_five_failures_are_listed(count, lines, more):
    (text,) = messages.at_end(failures(count), "results/x")
    head, *rest = text.splitlines()
    assert head == f"trainclock: {count} jobs of training or of the parity certificate failed:"
    assert rest[0] == "  runs/fold-0.json: reason 0" and len(rest) + 1 == lines
    assert (f"  and {count - 5} more" in rest) is more
    assert rest[-1].endswith(RETRY)


def test_after_an_error_the_same_command_goes_on():
    (text,) = messages.at_error(failures(1))
    assert text.splitlines()[-1].endswith("add --config on_failure=record")
    assert messages.at_error({}) == messages.at_end({}, "results/x") == []


def test_plan_and_compare_end_with_their_summary(tmp_path):
    (tmp_path / "plan").mkdir()
    (tmp_path / "plan" / "summary.txt").write_text("12 runs.\n")
    assert messages.summaries(["all", "plan"], str(tmp_path)) == [
        f"\n12 runs.\n\nTable: {tmp_path}/plan/plan.html"
    ]
    assert messages.summaries(["all"], str(tmp_path)) == []


def test_a_users_error_reaches_snakemake_as_its_own():
    def refuse(text):
        raise UserError(text)

    assert messages.in_workflow(len, "abc") == 3
    with pytest.raises(WorkflowError, match="threads: 0 is too few"):
        messages.in_workflow(refuse, "threads: 0 is too few")
    with pytest.raises(TypeError):  # a mistake in the program keeps its traceback
        messages.in_workflow(len, 3)


@pytest.mark.parametrize(
    ("targets", "quiet", "level", "expected"),
    [
        ([], None, None, True),
        (["all"], None, None, True),
        ([], [Quietness.RULES], None, True),
        ([], [Quietness.ALL], None, False),
        (["plan"], None, None, False),
        (["all", "plan"], None, None, False),
        ([], None, "1", False),  # make prints it
    ],
)
def test_the_summary_is_printed_after_the_whole_experiment(monkeypatch, targets, quiet, level, expected):
    monkeypatch.delenv("MAKELEVEL", raising=False)
    if level:
        monkeypatch.setenv("MAKELEVEL", level)
    assert messages.ends_with_summary(targets, quiet) == expected
