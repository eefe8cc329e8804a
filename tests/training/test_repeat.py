"""Doubtful runs are repeated, and the attempt that was disturbed least counts, whatever it took."""

import os
import time
from dataclasses import replace

import factory
import pytest

from scripts.core import record
from scripts.training.supervision import repeat

RUN = factory.plan(["letter"], ["pytorch"], splits=["holdout"])[0]
RULES = repeat.Policy(doubtful=2, wait_s=0, longest_s=900, limits=factory.CONFIG["limits"])


def attempt(other_cores=0.0, train_s=12.0, **changes):
    return factory.make(RUN, train_s=train_s, surroundings={"other_cores": other_cores}, **changes)


class Runs:
    """A run whose attempts come out as these; with the record of the first in its place."""

    def __init__(self, folder, *attempts):
        self.out, self.attempts, self.announced = folder / "fold-0.json", attempts, []
        record.write(attempts[0], self.out)
        self.made = 1

    def again(self, path):
        made = self.attempts[self.made]
        self.made += 1
        if made is None:
            return False
        record.write(made, path)
        return True

    def keep_cleanest(self, rules=RULES):
        repeat.keep_cleanest(self.out, rules, self.again, self.announced.append)
        return record.read(self.out)

    def kept(self):
        return sorted(path.name for path in repeat.attempts_folder(self.out).glob("*"))


@pytest.fixture(autouse=True)
def calm(monkeypatch):
    monkeypatch.setattr(repeat, "calm", lambda rules: True)


def test_a_clean_run_is_not_repeated(tmp_path):
    runs = Runs(tmp_path, attempt())
    assert runs.keep_cleanest() == attempt()
    assert (runs.made, runs.kept(), runs.announced) == (1, [], [])


def test_a_clean_repetition_ends_it_and_all_attempts_are_kept(tmp_path):
    shared, clean = attempt(other_cores=1.0), attempt(train_s=13.0)
    runs = Runs(tmp_path, shared, clean)
    assert runs.keep_cleanest() == replace(clean, attempts=2)
    assert runs.kept() == ["1.json", "2.json"]
    assert record.read(repeat.attempts_folder(runs.out) / "1.json") == shared
    assert runs.announced == ["others kept 1.0 cores busy while it ran: repeated (1 of at most 2 times)"]


def test_the_cleanest_counts_not_the_fastest(tmp_path):
    attempts = [attempt(1.0, train_s=5.0), attempt(0.5, train_s=30.0), attempt(0.6, train_s=4.0)]
    runs = Runs(tmp_path, *attempts)
    assert runs.keep_cleanest() == replace(attempts[1], attempts=3)
    assert runs.made == 3


def test_the_verdict_comes_before_the_size_of_the_excess(tmp_path):
    paused = attempt(times={"suspended_s": 1000.0})
    runs = Runs(tmp_path, attempt(0.26), paused, attempt(0.26))
    assert runs.keep_cleanest() == replace(paused, attempts=3)


def test_of_equal_attempts_the_first_counts(tmp_path):
    attempts = [attempt(1.0, train_s=seconds) for seconds in (9.0, 8.0, 7.0)]
    assert Runs(tmp_path, *attempts).keep_cleanest() == replace(attempts[0], attempts=3)


def test_flags_that_leave_the_times_alone_repeat_nothing(tmp_path):
    runs = Runs(tmp_path, attempt(threads={"threads_declared": 8}))
    runs.keep_cleanest()
    assert runs.made == 1


def test_neither_a_slow_nor_a_bad_run_is_doubtful(tmp_path):
    runs = Runs(tmp_path, attempt(train_s=800.0, accuracy=0.01))
    runs.keep_cleanest()
    assert runs.made == 1


def test_a_long_run_is_left_as_it_is(tmp_path):
    runs = Runs(tmp_path, attempt(1.0, train_s=899.0))
    runs.keep_cleanest()
    assert runs.made == 1


def test_repetition_can_be_switched_off(tmp_path):
    runs = Runs(tmp_path, attempt(1.0))
    runs.keep_cleanest(replace(RULES, doubtful=0))
    assert runs.made == 1


def test_a_machine_that_stays_busy_is_not_waited_for_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(repeat, "calm", lambda rules: False)
    runs = Runs(tmp_path, attempt(1.0))
    assert runs.keep_cleanest() == attempt(1.0)
    assert runs.announced[0].endswith("the machine does not calm down: not repeated")


def test_after_a_wait_in_vain_nobody_waits_for_some_minutes(tmp_path, monkeypatch):
    monkeypatch.undo()
    naps, busy = [], [0.0]

    def sleep(seconds):
        naps.append(seconds)
        busy[0] += seconds  # one core is busy all the time

    monkeypatch.setattr(repeat.time, "sleep", sleep)
    monkeypatch.setattr(repeat.time, "monotonic", lambda: sum(naps))
    monkeypatch.setattr(repeat.activity, "cpu_seconds", lambda stat: (busy[0], 0.0))
    rules = replace(RULES, wait_s=5)
    assert not repeat.calm(rules, tmp_path / "own") and len(naps) == 6
    assert not repeat.calm(rules, tmp_path / "own") and len(naps) == 7
    os.utime(tmp_path / "own" / "busy", (0, 0))  # long ago
    assert not repeat.calm(rules, tmp_path / "own") and len(naps) == 13
    busy_before = busy[0]
    monkeypatch.setattr(repeat.activity, "cpu_seconds", lambda stat: (busy_before, 0.0))
    assert repeat.calm(rules, tmp_path / "own")


def test_a_repetition_that_fails_takes_nothing_away(tmp_path):
    runs = Runs(tmp_path, attempt(1.0), None)
    assert runs.keep_cleanest() == attempt(1.0)
    assert runs.announced[-1] == "the repetition failed; what was there before it counts"


def test_attempts_of_an_earlier_call_are_removed(tmp_path):
    runs = Runs(tmp_path, attempt(1.0), attempt())
    runs.keep_cleanest()
    Runs(tmp_path, attempt()).keep_cleanest()
    assert runs.kept() == []


@pytest.mark.parametrize(("seconds", "made"), [(10, 1), (600, 2)])
def test_no_repetition_that_the_job_has_no_time_left_for(tmp_path, monkeypatch, seconds, made):
    """The cluster would cut it off, and the finished attempt would be lost with it."""
    monkeypatch.setenv("SLURM_JOB_END_TIME", str(int(time.time()) + seconds))
    runs = Runs(tmp_path, attempt(other_cores=1.0), attempt())
    runs.keep_cleanest()
    assert runs.made == made
