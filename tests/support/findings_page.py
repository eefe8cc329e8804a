"""Write docs/findings.md: what each script in findings/ shows, from the comment at its head. `make docs`
writes the page again.
"""

import re
from pathlib import Path

from paths import ROOT

PAGE = ROOT / "docs" / "findings.md"
FIELDS = ("In short", "Library", "One would expect", "Behaviour", "Who meets it")
HEAD = """# Surprises in libraries

Written by `make docs` from the heads of the scripts in findings/.

What surprised us about libraries and tools of this field while trainclock was built, and is no fault of
trainclock. Each is a script that installs pinned packages in a temporary folder, shows the behaviour without
trainclock, and fails if it has changed. They need uv:

```
bash findings/NAME.sh
```
"""


def fields(script: Path) -> dict[str, str]:
    """Return {field: its text on one line} of the comment at the head of a script, FIELDS among them."""
    comment = re.match(r"#!.*\n((?:#.*\n)+)", script.read_text(encoding="utf-8"))
    assert comment, f"{script}: begins with no comment"
    lines = [line.removeprefix("#") for line in comment[1].splitlines()]
    found, name = {}, ""
    for line in lines:
        begun = re.match(r" ([A-Z][\w ]*?)(?: \(.*?\))?: (.*)", line) or re.match(r" (Output seen)()", line)
        if begun and (begun[1] in FIELDS or begun[1] == "Output seen"):
            name = begun[1]
            found[name] = begun[2].strip()
        elif name:
            found[name] += f" {line.strip()}"
    return found


def page() -> str:
    """Return the page: a line for each script, then what it says in full."""
    scripts = sorted((ROOT / "findings").glob("*.sh"))
    rows, parts = [], []
    for script in scripts:
        of = fields(script)
        rows.append(f"| [{script.stem}](#{script.stem}) | {of['Library']} | {of['In short']} |")
        words = [f"*{name}*: {of[name]}" for name in FIELDS[1:]]
        parts.append(
            "\n\n".join(
                [f"## {script.stem}", of["In short"], *words, f"[The script](../findings/{script.name})"]
            )
        )
    table = "\n".join(["| finding | library | in short |", "| --- | --- | --- |", *rows])
    return "\n\n".join([HEAD.strip(), table, *parts]) + "\n"


def files() -> dict[Path, str]:
    """Return {file: its text}."""
    return {PAGE: page()}
