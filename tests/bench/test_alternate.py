"""Commands in turns: their order, what is measured of each, and the medians and ratios made of it."""

import json
import sys

import pytest

from bench import alternate, lines
from bench.alternate import Disturbance, Sample, Seconds, Side, command
from bench.lines import Ratio
from scripts.core.errors import UserError

CALM = Disturbance(0.0, 0.0)


def writing(file, word, more=""):
    """A command that adds a word to a file."""
    return command(sys.executable, "-c", f"open({str(file)!r}, 'a').write({word!r});{more}")


def test_commands_run_in_turns_after_once_to_warm_up(tmp_path):
    sides = [Side(writing(tmp_path / "order", word)) for word in "AB"]
    samples, _ = alternate.alternate(sides, turns=3)
    assert (tmp_path / "order").read_text() == "AB" + "ABABAB"
    assert [len(own) for own in samples] == [3, 3]


def test_two_sides_of_one_command_share_its_process(tmp_path):
    run = writing(tmp_path / "order", "A", "print('7 s')")
    part = Side(run, lambda printed: Seconds(float(printed.split()[0]), None))
    (whole, parts), _ = alternate.alternate([Side(run), part], turns=2)
    assert (tmp_path / "order").read_text() == "A" * 3
    assert [(sample.wall_s, sample.cpu_s) for sample in parts] == [(7.0, None)] * 2
    assert [sample.peak_mb for sample in parts] == [sample.peak_mb for sample in whole]


def test_processor_time_of_children_and_memory_are_counted():
    # More than this process has: the system counts what a child had before it became another program.
    work = "import time\nx = bytearray(1400 * 2**20)\nwhile time.process_time() < 0.3: pass"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {work!r}], check=True)"
    _, busy = alternate.run(command(sys.executable, "-c", child))
    assert busy.cpu_s is not None
    assert busy.cpu_s >= 0.3
    assert 1400 < busy.peak_mb < 1700


def test_a_command_that_fails_is_named_with_what_it_printed():
    failing = command(sys.executable, "-c", "print('first'); sys = 1 / 0")
    with pytest.raises(UserError, match=r"(?s)-c .*status 1.*first.*ZeroDivisionError"):
        alternate.alternate([Side(failing)], turns=1)


@pytest.mark.parametrize(
    ("before", "after", "share", "others"),
    [
        ((10.0, 1.0), (19.0, 2.0), 0.1, 1.5),  # 9 s busy, 6 of them ours, in 2 s
        ((10.0, 1.0), (10.0, 1.0), 0.0, 0.0),
        ((None, None), (1.0, 1.0), None, None),
    ],
)
def test_stolen_time_and_other_programs_are_seen(before, after, share, others):
    found = alternate.disturbance(before, after, own_s=6.0, wall_s=2.0)
    assert (found.stolen_share, found.other_cores) == (share, others)


def test_our_own_commands_are_no_other_programs(monkeypatch):
    readings = iter([(0.0, 0.0), (1000.0, 0.0)])
    monkeypatch.setattr(alternate, "processor_seconds", lambda: next(readings))
    monkeypatch.setattr(alternate, "run", lambda one: ("", Sample(1.0, 100.0, 1.0)))
    monkeypatch.setattr(alternate, "default_timer", iter([0.0, 10.0]).__next__)
    _, found = alternate.alternate(two_sides(), turns=2)
    assert found.other_cores == (1000 - 2 * 2 * 100) / 10


def samples_of(*values):
    return [Sample(wall, cpu, memory) for wall, cpu, memory in values]


def two_sides():
    return [Side(command(word)) for word in "AB"]


def test_a_line_has_medians_and_ratios_of_them_and_of_the_turns():
    a = samples_of((3.0, 2.0, 100.0), (9.0, 2.0, 100.0), (4.0, 8.0, 100.0))
    b = samples_of((2.0, 1.0, 50.0), (3.0, 4.0, 50.0), (1.0, 1.0, 50.0))
    found = lines.line("x", two_sides(), [a, b], {"wall": 2.0}, CALM)
    assert found.medians == [
        {"wall": 4.0, "cpu": 2.0, "memory": 100.0},
        {"wall": 2.0, "cpu": 1.0, "memory": 50.0},
    ]
    assert found.ratios["wall"] == Ratio(medians=2.0, lowest=1.5, highest=4.0)
    assert found.ratios["cpu"] == Ratio(medians=2.0, lowest=0.5, highest=8.0)
    assert found.ratios["memory"].medians == 2.0


@pytest.mark.parametrize(
    ("targets", "met"),
    [({}, None), ({"wall": 2.0}, True), ({"wall": 1.9}, False), ({"wall": 2.0, "memory": 1.0}, False)],
)
def test_a_target_is_met_if_no_ratio_is_above_it(targets, met):
    a, b = samples_of((4.0, 2.0, 100.0)), samples_of((2.0, 1.0, 50.0))
    assert lines.line("x", two_sides(), [a, b], targets, CALM).met() is met


def test_what_is_not_known_has_no_ratio_and_one_process_no_ratio_of_memory():
    one = command("A")
    a, b = samples_of((4.0, 2.0, 100.0)), samples_of((2.0, None, 100.0))
    found = lines.line("x", [Side(one), Side(one, lambda printed: Seconds(2.0, None))], [a, b], {}, CALM)
    assert [*found.ratios] == ["wall"]
    assert found.medians == [{"wall": 4.0, "cpu": 2.0}, {"wall": 2.0}]


def test_a_line_without_b_has_no_ratio():
    found = lines.line("x", [Side(command("A"))], [samples_of((4.0, 2.0, 100.0))], {}, CALM)
    assert (found.medians, found.ratios) == ([{"wall": 4.0, "cpu": 2.0, "memory": 100.0}], {})


def test_a_line_comes_back_from_json():
    from dataclasses import asdict

    a, b = samples_of((4.0, 2.0, 100.0)), samples_of((2.0, None, 50.0))
    found = lines.line("x", two_sides(), [a, b], {"wall": 1.0}, Disturbance(0.02, None))
    assert lines.of_dict(json.loads(json.dumps(asdict(found)))) == found
