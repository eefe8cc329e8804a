"""The files that `make bench` writes: their JSON, the page, and that a part is measured again by itself."""

import json
import sys
from functools import partial

import pytest
from commands import call
from paths import ROOT

from bench import command_line, comparisons, page, section
from bench.alternate import Seconds, Side, command
from bench.comparisons import Case, dry_run, start
from bench.place import Lacking
from scripts.core.errors import UserError


def stand_in(wall_s, cpu_s, more=""):
    """A side whose process prints what it took."""
    line = json.dumps({"wall_s": wall_s, "cpu_s": cpu_s})
    words = command(sys.executable, "-c", f"print({line!r});{more}")
    return Side(words, lambda printed: Seconds(**json.loads(printed)))


def not_here():
    raise Lacking("no environment .envs/theano; to make it: python scripts environment envs/theano.yaml")


@pytest.fixture
def stand_ins(monkeypatch):
    """Two comparisons of stand-in commands: one with a missing environment, one that fails."""
    first = [
        Case("PyTorch, MNIST", partial(list, [stand_in(2.0, 3.0), stand_in(1.0, 4.0)]), {"wall": 1.5}),
        Case("Theano, MNIST", not_here),
    ]
    second = [Case("one", partial(list, [stand_in(1.0, 1.0, "1 / 0")]))]
    monkeypatch.setattr(dry_run, "cases", lambda place: iter(first))
    monkeypatch.setattr(start, "cases", lambda place: iter(second))


def bench(monkeypatch, folder, *words):
    monkeypatch.setattr(sys, "argv", ["python bench", *words, "--turns", "1", "--out", str(folder)])
    command_line.main()


def test_a_comparison_is_printed_and_written(stand_ins, monkeypatch, tmp_path, capsys):
    bench(monkeypatch, tmp_path, "dry_run")
    printed = capsys.readouterr().out
    assert "left out: no environment .envs/theano; to make it: python scripts environment" in printed
    assert any(line.split()[:2] == ["PyTorch,", "MNIST"] for line in printed.splitlines())
    assert "wall 1.5: missed" in printed
    kept = json.loads((tmp_path / "performance.json").read_text())["dry_run"]
    assert kept["turns"] == 1
    assert kept["left_out"] == ["Theano, MNIST"]
    (line,) = kept["lines"]
    assert line["ratios"]["wall"] == {"medians": 2.0, "lowest": 2.0, "highest": 2.0}
    assert [len(own) for own in line["samples"]] == [1, 1]
    text = (tmp_path / "performance.md").read_text()
    assert f"on {kept['date']}, {kept['machine']}." in text
    assert "Left out on this machine: Theano, MNIST." in text
    assert "2 (2 to 2) | 0.75 (0.75 to 0.75)" in text


def test_a_line_that_fails_is_named_at_the_end_and_the_others_stay(stand_ins, monkeypatch, tmp_path, capsys):
    bench(monkeypatch, tmp_path, "dry_run")
    with pytest.raises(UserError, match="could not be measured, see above: one"):
        bench(monkeypatch, tmp_path, "start")
    assert "ZeroDivisionError" in capsys.readouterr().out
    text = (tmp_path / "performance.md").read_text()
    assert "Failed: one." in text
    assert "PyTorch, MNIST" in text


def test_what_was_measured_comes_back_from_its_file(stand_ins, monkeypatch, tmp_path):
    bench(monkeypatch, tmp_path, "dry_run")
    sections = section.read(tmp_path / "performance.json")
    section.write(sections, tmp_path / "again.json")
    assert (tmp_path / "again.json").read_text() == (tmp_path / "performance.json").read_text()


def test_the_page_has_every_comparison_with_the_command_that_makes_it():
    text = page.text({})
    for name in comparisons.NAMES:
        assert f"`make bench only={name}`: not measured yet." in text
        assert f"## {comparisons.module(name).TITLE}\n\nA: " in text


def test_the_page_in_docs_is_that_of_its_json():
    for file, text in page.files().items():
        assert file.read_text(encoding="utf-8") == text, f"{file} is stale: run `make docs`"


@pytest.mark.parametrize(
    ("value", "text"), [(123.456, "123 s"), (1.2345, "1.23 s"), (0.1, "0.1 s"), (0.01234, "12.3 ms")]
)
def test_seconds_have_three_digits(value, text):
    assert page.seconds(value) == text


def test_an_unknown_comparison_is_refused_and_help_lists_all():
    done = call(sys.executable, ROOT / "bench", "dryrun")
    assert done.returncode == 2
    assert f"there is no comparison dryrun; there are {', '.join(comparisons.NAMES)}" in done.stdout
    assert all(name in call(sys.executable, ROOT / "bench", "--help").stdout for name in comparisons.NAMES)
