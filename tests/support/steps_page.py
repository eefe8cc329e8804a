"""Write docs/steps.md: every target of Snakemake, every command of make, and every step with its options.
`make docs` writes the page again.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import architecture
from paths import ROOT

PAGE = ROOT / "docs" / "steps.md"
HEAD = """# Targets, commands and steps

Written by `make docs` from the Snakefile, rules/, the Makefile and the `--help` of each step.

Snakemake makes what a *target* names, and runs the *steps* that this takes. Each step can be run by hand:
`.venv/bin/python scripts STEP`, those of training with the Python of a framework's environment,
`.envs/FRAMEWORK/bin/python scripts STEP`.
"""


def targets() -> Iterator[str]:
    """Yield the rows of Snakemake's targets: rules with a docstring."""
    rules = "".join(
        path.read_text(encoding="utf-8")
        for path in [ROOT / "Snakefile", *sorted((ROOT / "rules").glob("*.smk"))]
    )
    for name, words in re.findall(r'^rule (\w+):\n    """(.*?)"""', rules, re.M | re.S):
        yield f"| `{name}` | {' '.join(words.split())} |"


def commands() -> Iterator[str]:
    """Yield the rows of make's commands."""
    for name, words in re.findall(
        r"^([a-z-]+):.*?## (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M
    ):
        yield f"| `make {name}` | {words} |"


def usage(step: str) -> str:
    """Return what a step prints for --help, in lines of 100."""
    done = subprocess.run(
        [sys.executable, "scripts", step, "--help"],
        cwd=ROOT,
        env=os.environ | {"COLUMNS": "100", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return re.sub(r"[ \t]+$", "", done.stdout.strip(), flags=re.M)


def page() -> str:
    """Return the page."""
    steps = architecture.steps()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        names = [name for some in steps.values() for name in some]
        helps = dict(zip(names, pool.map(usage, names), strict=True))
    parts = [HEAD.strip(), "## Targets of Snakemake"]
    parts.append("\n".join(["| target | what it makes |", "| --- | --- |", *targets()]))
    parts += ["## Commands of make", "\n".join(["| command | what it does |", "| --- | --- |", *commands()])]
    for stage, some in steps.items():
        parts.append(f"## Steps: {stage.lower()}")
        parts += [f"### {name}\n\n```text\n{helps[name]}\n```" for name in some]
    return "\n\n".join(parts) + "\n"


def files() -> dict[Path, str]:
    """Return {file: its text}."""
    return {PAGE: page()}
