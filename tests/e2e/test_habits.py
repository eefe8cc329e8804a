"""Habits of Snakemake's users that docs/running.md tells about: report as a zip, completion, containers."""

import re
import subprocess
import zipfile

from commands import call, snakemake
from paths import ROOT

RUNNING = (ROOT / "docs" / "running.md").read_text(encoding="utf-8")


def test_the_report_as_a_zip_holds_all_of_it(quickstart, tmp_path):
    done = call(
        *(".venv/bin/snakemake", "--configfile", "presets/quickstart.yaml"),
        *("--report", tmp_path / "report.zip"),
    )
    assert done.returncode == 0, done.stdout
    with zipfile.ZipFile(tmp_path / "report.zip") as file:
        names = file.namelist()
        page = next(name for name in names if name.endswith("report.html"))
        text = file.read(page).decode()
    ends = {name.rsplit("/", 1)[-1] for name in names}
    assert {"answer.html", "digits-figure.html", "runs.csv", "explore.html"} <= ends
    assert "answer.html" in text


def test_the_line_for_completion_completes_our_targets():
    (line,) = re.findall(r"^complete -W .*$", RUNNING, re.M)
    command = f"{line}; compgen {line.removeprefix('complete ').removesuffix(' snakemake')} -- pa"
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["parity", "parity_figure", "parity_passed"], done.stderr


def test_containerize_is_refused_as_the_page_says(tmp_path):
    done = snakemake("--containerize", directory=tmp_path)
    assert done.returncode != 0
    assert "any conda env definition is dynamic" in done.stdout, done.stdout
