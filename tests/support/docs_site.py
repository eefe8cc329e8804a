"""Hooks of MkDocs: the site has the README as its home, and files outside of docs/ that pages link to.

Links stay as they are in the repository, so that pages can be read there, too; here they are rewritten.
"""

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"(?<=\]\()(?!https?:|mailto:|#)([^)#\s]+)")
HOME = "README.md"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the home page, and what pages link to outside of docs/."""
    pages = [HOME, *(f"docs/{file.src_uri}" for file in files.documentation_pages())]
    added: set[str] = set()
    while pages:
        source = pages.pop()
        for target in [source, *linked(source)]:
            if target not in added and (target == HOME or not target.startswith("docs/")):
                added.add(target)
                files.append(File.generated(config, place(target), abs_src_path=str(ROOT / target)))
                pages += [target] if target.endswith(".md") else []
    return files


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Rewrite the links of a page to where its targets lie in the site."""
    source = in_repository(page.file.src_uri)
    folder = posixpath.dirname(page.file.src_uri)
    return LINK.sub(lambda link: posixpath.relpath(place(resolved(source, link[1])), folder or "."), markdown)


def linked(source: str) -> Iterator[str]:
    """Yield the files that a page of the repository links to, as paths from its root."""
    for link in LINK.findall((ROOT / source).read_text(encoding="utf-8")):
        target = resolved(source, link)
        if (ROOT / target).is_file():
            yield target


def resolved(source: str, link: str) -> str:
    """Return what a link of a page leads to, from the root of the repository; of a folder its README."""
    target = posixpath.normpath(posixpath.join(posixpath.dirname(source), link))
    return f"{target}/README.md" if (ROOT / target).is_dir() else target


def place(path: str) -> str:
    """Return where a file of the repository lies in the site."""
    if path == HOME:
        return "index.md"
    return path.removeprefix("docs/") if path.startswith("docs/") else f"files/{path}"


def in_repository(uri: str) -> str:
    """Return which file of the repository a page of the site is."""
    if uri == "index.md":
        return HOME
    return uri.removeprefix("files/") if PurePosixPath(uri).parts[0] == "files" else f"docs/{uri}"
