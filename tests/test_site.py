"""The site: it is made without a warning, its links lead somewhere, and it fetches nothing."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from paths import ROOT


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [Path(sys.executable).with_name("mkdocs"), "build", "--strict", "--quiet", "--site-dir", folder],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


class Document(HTMLParser):
    """Its ids, what it links to, and what a browser loads for it."""

    def __init__(self, file):
        super().__init__()
        self.ids, self.links, self.loaded = set(), [], []
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        of = dict(attrs)
        self.ids.add(of.get("id"))
        if tag == "a" and of.get("href"):
            self.links.append(of["href"])
        if of.get("src") or (tag == "link" and of.get("rel") in ("stylesheet", "icon")):
            self.loaded.append(of.get("src") or of["href"])


@pytest.fixture(scope="module")
def documents(site):
    return {page: Document(page) for page in site.rglob("*.html") if page.name != "404.html"}


def test_links_and_anchors_of_the_site_lead_somewhere(documents):
    lost = []
    for page, document in documents.items():
        for link in [*document.links, *document.loaded]:
            parts = urlsplit(link)
            if parts.scheme:
                continue
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            ids = documents[target].ids if target in documents else set()
            if not target.is_file() or (ids and unquote(parts.fragment) not in {"", *ids}):
                lost.append((page.name, link))
    assert lost == []
    assert len(documents) > 40


def test_a_page_of_the_site_loads_nothing_from_elsewhere(site, documents):
    assert [src for document in documents.values() for src in document.loaded if urlsplit(src).scheme] == []
    styles = "".join(file.read_text(encoding="utf-8") for file in site.rglob("*.css"))
    assert re.findall(r"url\(['\"]?(?:https?:)?//[^)]*", styles) == []


def test_the_home_of_the_site_is_the_readme(site):
    home = (site / "index.html").read_text(encoding="utf-8")
    assert "Three ways to run it" in home
    assert 'src="replication.svg"' in home
    assert (site / "files" / "config.yaml").read_text() == (ROOT / "config.yaml").read_text()
