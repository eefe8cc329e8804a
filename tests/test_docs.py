"""The documents name files and steps that exist, and their links lead somewhere."""

import re

import architecture
import pytest
from paths import ROOT

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
