"""The documents name files and steps that exist, and their links lead somewhere."""

import re

import architecture
import findings_page
import pytest
import steps_page
from paths import ROOT

from scripts import tables

PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "config.yaml", "Makefile")]
PAGES += [ROOT / "replication" / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PAGES += sorted((ROOT / "resources").glob("*.yaml"))
PATH = re.compile(
    r"(?<![\w/.-])(?:scripts|bench|tests|rules|envs|docs|presets|profiles|replication|resources|report|schemas)/[\w./-]+\.\w+"
)
# Names that stand for any other.
ANY = re.compile(r"small|NAME|FOLDER|STEP|FRAMEWORK|DATASET|/X\.|toy|\.envs")


def step_names():
    return {name for some in architecture.steps().values() for name in some}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_and_steps_that_a_page_names_exist(page):
    text = page.read_text(encoding="utf-8")
    if page.name == "extending.md":
        text = re.sub(r"^```.*?^```$|`[^`\n]*`", "", text, flags=re.M | re.S)  # test_extending tries them
    named = {path for path in PATH.findall(text) if not ANY.search(path)}
    assert sorted(path for path in named if not (ROOT / path).exists()) == []
    steps = set(re.findall(r"python3? scripts ([a-z][\w-]*)", text))
    assert steps <= step_names()


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.suffix == ".md"], ids=lambda page: str(page.relative_to(ROOT))
)
def test_links_of_a_page_lead_to_files(page):
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("generated", [findings_page, steps_page], ids=lambda generated: generated.PAGE.name)
def test_a_generated_page_is_not_stale(generated):
    for file, text in generated.files().items():
        assert file.read_text(encoding="utf-8") == text, f"{file} is stale: run `make docs`"


def test_every_rule_says_what_it_makes():
    """`snakemake --list-target-rules` prints it."""
    files = [ROOT / "Snakefile", *sorted((ROOT / "rules").glob("*.smk"))]
    rules = re.findall(r"^rule \w+:\n(.*)", "".join(file.read_text() for file in files), re.M)
    assert len(rules) > 20
    assert [line for line in rules if not line.startswith('    """')] == []


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.suffix == ".md"], ids=lambda page: str(page.relative_to(ROOT))
)
def test_commands_of_make_that_a_page_names_exist(page):
    text = re.sub(r"^```\w+\n.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    code = "\n".join(re.findall(r"^```\n.*?^```$|`[^`\n]+`", text, re.M | re.S))
    lines = re.findall(r"\bmake ((?:[a-z-]+(?![\w=.-]) ?)+)", code)
    named = {name for line in lines for name in line.split()}
    known = re.findall(r"^([a-z-]+):.*?## ", (ROOT / "Makefile").read_text(), re.M)
    assert named <= set(known)


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 120


def test_the_page_on_results_names_every_table():
    text = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    named = {name for row in re.findall(r"^\| ([a-z_, -]+) \|", text, re.M) for name in row.split(", ")}
    assert set(tables.NAMES) <= named
