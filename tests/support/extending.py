"""Apply the worked examples of docs/extending.md to a copy of the project."""

import difflib
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from commands import call
from paths import ROOT

PAGE = ROOT / "docs" / "extending.md"
COPIED = ["Snakefile", "config.yaml", "pyproject.toml", "tests/support"]
COPIED += ["envs", "presets", "profiles", "report", "resources", "rules", "schemas", "scripts"]
COPIED += ["config", "workflow"]
LEFT_OUT = shutil.ignore_patterns("__pycache__", ".*_cache")
STEP = re.compile(
    r"^\*\*(?P<how>[\w ]+)\*\*(?: of)?(?: `(?P<first>[^`]+)`)?(?: in `(?P<second>[^`]+)`)?:\n\n"
    r"```\w+\n(?P<block>.*?)^```$",
    re.M | re.S,
)


@dataclass(frozen=True)
class Step:
    """A block of the page and where it goes; `anchor` is the beginning of a line of the file."""

    how: str
    file: str
    anchor: str
    block: str


def sections() -> dict[str, str]:
    """Return the text of each section of the page by its heading."""
    parts = re.split(r"^## (.+)\n", PAGE.read_text(encoding="utf-8"), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def steps(section: str) -> list[Step]:
    """Return the blocks of a section. Raises ValueError if one has no place."""
    found = []
    for match in STEP.finditer(section):
        first, second = match["first"] or "", match["second"] or ""
        file, anchor = (second, first) if second else (first, "")
        found.append(Step(match["how"].lower(), file, anchor, match["block"]))
    if len(found) != section.count("\n```") / 2:
        raise ValueError(f"{PAGE.name}: a block without a line that says where it goes")
    return found


def promised() -> dict[str, tuple[int, int]]:
    """Return {what: (files, lines)} of the table at the top of the page."""
    rows = re.findall(r"^\| (an? [\w ]+) \| (\d+) \| (\d+) \|$", PAGE.read_text(encoding="utf-8"), flags=re.M)
    return {what.capitalize(): (int(files), int(lines)) for what, files, lines in rows}


def copy_project(folder: Path) -> Path:
    """Copy all that the workflow and its steps need; return the folder."""
    for name in COPIED:
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=LEFT_OUT)
        else:
            shutil.copy(source, target)
    return folder


def apply(section: str, tree: Path) -> None:
    """Apply all steps of a section to a copy of the project."""
    for step in steps(section):
        if step.how == "run":
            done = call("sh", "-ec", step.block, cwd=tree)
            assert done.returncode == 0, done.stdout
        elif step.how == "new file":
            assert not (tree / step.file).exists(), f"{step.file} is there already"
            (tree / step.file).write_text(step.block, encoding="utf-8")
        else:
            edit(tree / step.file, step)


def edit(path: Path, step: Step) -> None:
    """Put a block below, above or instead of the one line that begins with the anchor, or at the end."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    block = [step.block, "\n\n" if step.block.startswith("def ") else ""]
    if step.how == "at the end":
        path.write_text("".join(lines + block), encoding="utf-8")
        return
    (at,) = [number for number, line in enumerate(lines) if line.startswith(step.anchor)]
    start, end = {"below": (at + 1, at + 1), "above": (at, at), "instead of": (at, at + 1)}[step.how]
    path.write_text("".join(lines[:start] + block + lines[end:]), encoding="utf-8")


def contents(tree: Path) -> dict[str, list[str]]:
    """Return the lines of all text files of a copy, by path."""
    files = [path for name in COPIED for path in [tree / name, *(tree / name).rglob("*")] if path.is_file()]
    return {
        str(path.relative_to(tree)): path.read_text(encoding="utf-8").splitlines()
        for path in files
        if path.suffix != ".pyc"
    }


def touched(before: dict[str, list[str]], after: dict[str, list[str]]) -> tuple[int, int]:
    """Return how many files differ, and how many lines were added or removed: what git diff --stat counts."""
    changed = [name for name in before | after if before.get(name) != after.get(name)]
    lines = 0
    for name in changed:
        diff = difflib.unified_diff(before.get(name, []), after.get(name, []), n=0, lineterm="")
        lines += sum(line[:1] in "+-" for line in [*diff][2:])
    return len(changed), lines
