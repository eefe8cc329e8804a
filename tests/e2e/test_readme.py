"""The commands of the README and of the tutorial, as they are printed there."""

import re
import shlex

import pytest
from commands import call
from paths import ROOT

PAGES = ("README.md", "docs/tutorial.md")
MADE_BY_THE_FIXTURE = "make quickstart"
# Hours; what they would do is tried.
LONG = ".venv/bin/snakemake --cores 4", ".venv/bin/snakemake --profile"
CONDA = ".venv/bin/snakemake --cores 4 --use-conda"
CLASS = (
    ".venv/bin/snakemake --cores 1 compare --config"
    " 'compare=[ours=replication/quickstart.tar.gz, anna=class/anna.tar.gz, ben=class/ben.tar.gz]'"
)
STUDY = "make compare A=results/study B=replication/CPU.tar.gz"
# What they call is tried: with a conda in test_conda.py, on made-up runs in test_forecast.py, of exports in
# test_compare.py and test_replication.py.
ELSEWHERE = {CONDA, "make plan", CLASS, STUDY}
EXPORT = ROOT / "anna.tar.gz"  # which a command of the tutorial writes


def commands(page):
    """The commands in the blocks of a page, comments left out."""
    text = (ROOT / page).read_text(encoding="utf-8")
    text = re.sub(r"^```\w+\n.*?^```$", "", text, flags=re.M | re.S)  # what they print
    lines = "\n".join(re.findall(r"^```\n(.*?)^```$", text, re.M | re.S)).splitlines()
    return [line.split("  #")[0].strip() for line in lines if line.strip()]


PRINTED = [(page, line) for page in PAGES for line in commands(page)]


@pytest.mark.parametrize(("page", "command"), [one for one in PRINTED if one[1] not in ELSEWHERE])
def test_a_command_works_as_it_is_printed(quickstart, page, command):
    if command == MADE_BY_THE_FIXTURE:
        assert "12 of 12 runs are there" in quickstart
        return
    more = ["--dry-run"] if command.startswith(LONG) else []
    done = call(*shlex.split(command), *more)
    EXPORT.unlink(missing_ok=True)
    assert done.returncode == 0, done.stdout


def test_what_is_tried_elsewhere_is_still_printed():
    assert {command for _, command in PRINTED} >= ELSEWHERE


def test_the_tutorial_explains_a_record_with_these_words(quickstart):
    """The page in the tutorial is of our own run; of another machine the names are the same."""
    (command,) = (line for line in commands("docs/tutorial.md") if " explain " in line)
    printed = call(*shlex.split(command)).stdout
    for title in (
        "Wall seconds",
        "What it learned",
        "How it ran",
        "Software",
        "The same rows in each framework",
    ):
        assert title in printed
        assert title in (ROOT / "docs/tutorial.md").read_text(encoding="utf-8")
