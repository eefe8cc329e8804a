"""Lock the software again: write the closure of the direct pins into envs/*.yaml and pyproject.toml.

Direct pins are edited by hand, in the one file that has them; this script resolves what they need
and writes it below the marker line, everything at its newest. Naming files (`envs/jax.yaml`) leaves the
versions in all others as they are. `--check` writes nothing, keeps the locked versions as long as they
fit, and fails where direct pins and closure disagree.

The SHA-256 of every file of the locked versions go into envs/hashes/NAME.txt; those of .venv, which
pyproject.toml and envs/analysis.yaml fill, into workflow.txt. uv installs nothing that has another.
"""

import argparse
import os
import re
import subprocess
import tempfile
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts.core.errors import UserError
from scripts.core.files import atomic
from scripts.core.paths import ROOT
from scripts.environments.env_file import builders_of, find_uv

MARKER = "# Locked closure, written by `make lock`."
HEAD = "# Written by `make lock`: the only files that uv may install for these versions.\n"
# Tests import the analysis scripts in the workflow's own environment, whatever its Python.
FLOOR = {"analysis": "3.11"}


def compile_pins(
    requirements: Iterable[str],
    python: str,
    *options: str,
    constraints: Iterable[str] = (),
    builders: Iterable[str] = (),
    kept: Iterable[str] = (),
) -> str:
    """Compile the requirements with `uv pip compile`, which prefers the versions in `kept`.

    `builders` are requirements of what builds a package from its source. Returns what uv writes. Raises
    UserError if no versions fit.
    """
    with tempfile.TemporaryDirectory() as folder:
        names = ("in.txt", "constraints.txt", "builders.txt", "out.txt")
        wanted, bounds, building, out = (Path(folder, name) for name in names)
        wanted.write_text("\n".join(requirements))
        bounds.write_text("\n".join(constraints))
        building.write_text("\n".join(builders))
        out.write_text("\n".join(kept))  # uv prefers what its output file has already
        command = [find_uv(), "pip", "compile", "--quiet", "--universal", "--no-header"]
        command += ["--no-annotate", "--python-version", python, *options]
        command += ["--constraints", bounds, "--build-constraints", building, "--output-file", out, wanted]
        finished = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)
        if finished.returncode:
            raise UserError(f"uv could not resolve {requirements}:\n{finished.stderr.strip()}")
        return out.read_text()


def compile_closure(
    requirements: Iterable[str],
    python: str,
    constraints: Iterable[str] = (),
    builders: Iterable[str] = (),
    kept: Iterable[str] = (),
) -> list[str]:
    """List names and versions, `name==version[; marker]`, of everything that the requirements need.

    Versions in `kept` stay where they fit; everything else is the newest that fits.
    """
    text = compile_pins(requirements, python, constraints=constraints, builders=builders, kept=kept)
    return [line.strip() for line in text.splitlines() if "==" in line]


def compile_hashes(pins: Iterable[str], python: str, builders: Iterable[str]) -> str:
    """Write the text of a constraints file: each pin with the SHA-256 of all files of its version."""
    return HEAD + compile_pins(pins, python, "--no-deps", "--generate-hashes", builders=builders)


def name_of(requirement: str) -> str:
    """Return the name of a requirement's package as PyPI compares names."""
    return canonicalize_name(Requirement(requirement).name)


def pip_list(dependencies: list[Any]) -> list[str]:
    """Take the pip requirements from the `dependencies` of an env file."""
    return next(part["pip"] for part in dependencies if isinstance(part, dict))


def python_of(dependencies: list[Any]) -> str:
    """Take the version of Python, X.Y, from the `dependencies` of an env file."""
    return next(p.split("=")[1] for p in dependencies if isinstance(p, str) and p.startswith("python="))


def locked_environment(file: Path, constraints: Iterable[str], keep: bool) -> str:
    """Write the text of an env file with a new closure; `keep`: its versions stay where they fit.

    Raises UserError if the file has no marker.
    """
    head, marker, tail = file.read_text().partition(MARKER)
    if not marker:
        raise UserError(f"{file}: the line {MARKER!r} is missing at the end of its pip list")
    parts = yaml.safe_load(head)["dependencies"]
    direct = pip_list(parts)
    python = python_of(parts)
    kept = direct + (yaml.safe_load(tail) or []) if keep else ()
    floor, builders = FLOOR.get(file.stem, python), builders_of(parts)
    closure = compile_closure(direct, floor, constraints, builders=builders, kept=kept)
    known = {name_of(requirement) for requirement in direct}
    lines = [f'      - "{c}"' if ";" in c else f"      - {c}" for c in closure]
    below = [line for line, c in zip(lines, closure, strict=True) if name_of(c) not in known]
    return head + MARKER + "\n" + "".join(line + "\n" for line in below)


def locked_project(file: Path, keep: bool) -> tuple[str, list[str]]:
    """Write the text of pyproject.toml with new constraints, and list those constraints."""
    text = file.read_text()
    project = tomllib.loads(text)
    direct = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    kept = project["tool"]["uv"]["constraint-dependencies"] if keep else ()
    # Both live in .venv: where they need the same package (pandas), the direct pins of analysis.yaml hold.
    analysis = yaml.safe_load((ROOT / "envs" / "analysis.yaml").read_text())["dependencies"]
    python = project["project"]["requires-python"].lstrip(">=")
    closure = compile_closure(direct, python, pip_list(analysis), kept=kept)
    # Markers quote with ', which TOML takes inside "...".
    block = "".join(f'    "{entry}",\n' for entry in closure)
    pattern = r"(constraint-dependencies = \[\n)(.*?)(^\])"
    return re.sub(pattern, rf"\g<1>{block}\g<3>", text, flags=re.S | re.M), closure


def locked_texts(files: Sequence[Path], keep: bool) -> dict[Path, str]:
    """Lock env files and pyproject.toml again: {file: its text}. `keep`: versions stay where they fit."""
    project = ROOT / "pyproject.toml"
    text, closure = "", []
    if any(file == project or file.stem in FLOOR for file in files):
        text, closure = locked_project(project, keep)
    texts = {}
    for file in files:
        bounds = closure if file.stem in FLOOR else ()
        texts[file] = text if file == project else locked_environment(file, bounds, keep)
    return texts


def hash_files(texts: Mapping[Path, str]) -> dict[Path, tuple[list[str], str, list[str]]]:
    """Name the files in envs/hashes of env files and pyproject.toml: {file: (pins, python, builders)}.

    `texts` maps env files and pyproject.toml to their text.
    """
    files, folder = {}, ROOT / "envs" / "hashes"
    if any(file.stem in (*FLOOR, "pyproject") for file in texts):
        project, analysis = ROOT / "pyproject.toml", ROOT / "envs" / "analysis.yaml"
        parts = [texts.get(file) or file.read_text() for file in (project, analysis)]
        closure = tomllib.loads(parts[0])["tool"]["uv"]["constraint-dependencies"]
        pins = closure + pip_list(yaml.safe_load(parts[1])["dependencies"])
        files[folder / "workflow.txt"] = (pins, FLOOR["analysis"], [])
    for file, text in texts.items():
        if file.stem not in (*FLOOR, "pyproject"):
            parts = yaml.safe_load(text)["dependencies"]
            files[folder / f"{file.stem}.txt"] = (pip_list(parts), python_of(parts), builders_of(parts))
    return files


def main() -> None:
    """Lock the files that the command line names, or check them. Raises UserError for what is not locked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "files", nargs="*", type=Path, metavar="FILE", help="default: pyproject.toml and all of envs/"
    )
    parser.add_argument("--check", action="store_true", help="only check whether the locks are current")
    parser.add_argument(
        "--hashes", action="store_true", help="leave all versions as they are, and write their hashes again"
    )
    args = parser.parse_args()
    everything = [ROOT / "pyproject.toml", *sorted((ROOT / "envs").glob("*.yaml"))]
    files = [file.resolve() for file in args.files] or everything
    if args.hashes:
        texts = {file: file.read_text() for file in files}
    else:
        texts = locked_texts(files, keep=args.check)
    if not args.check:
        texts |= {file: compile_hashes(*pins) for file, pins in hash_files(texts).items()}
    changed = [file for file, text in texts.items() if not file.exists() or file.read_text() != text]
    names = [os.path.relpath(file, ROOT) for file in changed]
    if args.check and changed:
        raise UserError(f"not locked: {', '.join(names)}; run `make lock`")
    for file in changed:
        with atomic(file) as temporary:
            temporary.write_text(texts[file])
    print("\n".join(f"locked {name}" for name in names) or "nothing changed")
