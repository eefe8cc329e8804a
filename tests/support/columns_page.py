"""Write docs/columns.md: type, unit and meaning of every column of runs.csv and of each table. Types are
those of tables of a made-up experiment in which no column is empty. `make docs` writes the page again.
"""

import ast
import json
import tempfile
import tokenize
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import factory
import numpy as np
import pandas as pd
import pyarrow as pa
from paths import ROOT

from scripts import tables
from scripts.analysis.experiment import Experiment
from scripts.analysis.study import printed_figures
from scripts.core import record
from scripts.core.run_id import RunId
from scripts.parity import certificate
from scripts.records import run_table
from scripts.tables.column_meanings import MEANINGS, OF_TABLE, UNITS

PAGE = ROOT / "docs" / "columns.md"
RECORD, RUN_ID = (ROOT / "scripts" / "core" / name for name in ("record.py", "run_id.py"))
PARITY_FILES = ("parity", "parity-steps")

HEAD = """# Columns of the tables

Written by `make docs` from the comments on the fields in scripts/core/record.py and from
scripts/tables/column_meanings.py. Every table is a CSV file in RESULTS/tables, tidy and in full precision; an
empty field is null: not measured or not known. Lists and mappings are JSON in the CSV. `_a` and `_b` are the
two sides of a comparison, `_low` and `_high` the two ends of an interval.
"""
ARROW_TYPES = {"string": "text", "int64": "whole number", "double": "number", "bool": "true or false"}
PANDAS_TYPES = {"bool": "true or false", "integer": "whole number", "floating": "number", "string": "text"}
PANDAS_TYPES |= {"boolean": "true or false", "mixed-integer-float": "number"}


class NoMeaning(KeyError):
    """A column of a table whose meaning is nowhere."""


@dataclass(frozen=True)
class Column:
    """A row of the page, all in words."""

    name: str
    type: str
    unit: str
    meaning: str


# ---- Columns of a run ----


@cache
def field_comments(path: Path = RECORD) -> dict[str, str]:
    """Return {field: comment} of all classes in a file: at the end of its line, else in the lines above.

    Names of fields are unique in a record; of the classes that have the same field the first counts.
    """
    with path.open("rb") as file:
        tokens = [token for token in tokenize.tokenize(file.readline) if token.type == tokenize.COMMENT]
    comments = {token.start[0]: token.string.lstrip("# ") for token in tokens}
    alone = {token.start[0] for token in tokens if not token.line[: token.start[1]].strip()}
    found = {}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            first = node.lineno
            while first - 1 in alone:
                first -= 1
            above = " ".join(comments[line] for line in range(first, node.lineno)).rstrip(".")
            found.setdefault(node.target.id, comments.get(node.end_lineno or node.lineno, above))
    return found


def run_columns() -> list[Column]:
    """Return the columns of runs.csv. Raises NoMeaning for a field without a comment."""
    comments = {**field_comments(RUN_ID), **field_comments(), **run_table.STATUS}
    sections = [record.Record, *record.SECTIONS.values()]
    hints = {name: hint for section in sections for name, hint in typing.get_type_hints(section).items()}
    columns = []
    for field in run_table.schema():
        mapping = "Dict" in str(hints.get(field.name))
        type_ = "mapping" if mapping else arrow_type(field.type)
        meaning = comments.get(field.name)
        if not meaning:
            raise NoMeaning(f"runs: {field.name}: no comment in {RECORD.name}")
        if meaning[1].islower():  # not CPU, ISO, ...
            meaning = meaning[0].lower() + meaning[1:]
        columns.append(Column(field.name, type_, unit(field.name, type_), meaning))
    return columns


def arrow_type(kind: pa.DataType) -> str:
    """Return an Arrow type in words."""
    if pa.types.is_list(kind):
        return f"list of {arrow_type(kind.value_type)}s".replace("texts", "text")
    return "mapping" if pa.types.is_struct(kind) else ARROW_TYPES[str(kind)]


def fits(column: str, end: str) -> bool:
    """Return whether a key of UNITS is the name of a column, or its end."""
    return column == end or (end.startswith("_") and column.endswith(end))


def unit(column: str, type_: str) -> str:
    """Return the unit of a column, empty if it is no number or has none."""
    units = (unit for end, unit in UNITS.items() if fits(column, end))
    return next(units, "") if "number" in type_ else ""


# ---- Columns of the tables ----


def made_up_tables() -> dict[str, pd.DataFrame]:
    """Return every table of a small experiment with both devices, settings, implementations and splits."""
    experiment = made_up_experiment()
    found = {name: tables.module(name).tidy(experiment) for name in tables.NAMES}
    return found | dict(zip(PARITY_FILES, made_up_certificate(), strict=True))


def made_up_experiment() -> Experiment:
    """Return an experiment in which every column of every table has a value somewhere."""
    usual = {"settings": "published", "devices": "cpu", "implementations": "idiomatic"}
    variants = [{}, {"settings": "matched"}, {"devices": "gpu"}, {"implementations": "tuned"}]
    planned = []
    for variant in variants:
        lists = {name: [value] for name, value in {**usual, **variant}.items()}
        planned += factory.plan(
            ["mnist"], ["tensorflow", "keras_torch", "pytorch"], folds=3 if variant else 8, **lists
        )  # some intervals need 8
    made = [made_up_run(run) for run in planned[:-1]]
    with tempfile.TemporaryDirectory() as folder:
        runs, _ = factory.table(planned, made, Path(folder))
    runs = runs.assign(repeated_rows=2, seen_test_rows=1)  # what the data themselves say
    comparison = {**factory.CONFIG["comparison"], "bootstrap": 1000}
    return Experiment(runs, printed_figures.read(), comparison)


def made_up_run(run: RunId) -> record.Record:
    """Return a run on a machine that reports everything; the first fold of PyTorch was disturbed."""
    facts = dict.fromkeys(["precision", "tf32", "compile", "layout", "input_path", "blas", "compiler"], "x")
    slow = {"tensorflow": 3.0, "keras_torch": 2.5, "pytorch": 2.0}[run.framework]
    slow *= {"cpu": 4.0, "gpu": 1.0}[run.device] * {"idiomatic": 2.0, "tuned": 1.0}[run.implementation]
    limits = {"cpu_quota_cores": 4.0, "memory_limit_mb": 8000, "gpu_power_limit_w": 300.0}
    return factory.make(
        run,
        train_s=slow * (10 + run.fold),
        accuracy=(0.8 if run.framework == "pytorch" else 0.9) + run.fold / 1000,
        times={"build_s": 0.5 / slow, "first_s": 60.0},
        software={
            "library_facts": {"framework_version": "1", "keras": "3", **facts, "more": "x"},
            "asked_facts": facts,
        },
        threads={"thread_pools": {"OpenBLAS": 4}},
        machine={"gpu": "Test GPU", "driver": "1"},
        state={"virtual": False, "smt": True, **limits},
        surroundings={"other_cores": 2.0 if (run.framework, run.fold) == ("pytorch", 0) else 0.0},
    )


def made_up_certificate() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the parity certificate of two frameworks, one of which failed, and its steps."""
    losses, gradient = np.array([2.0, 1.0]), np.ones(3)
    steps = {"losses": losses, "gradient_0": gradient, "facts": json.dumps({"version": "1"})}
    steps |= {"epoch_loss": np.array(1.0), "probabilities": np.full((2, 2), 0.5)}
    nudged = {f"nudged_{name}": steps[name][None] for name in ("losses", "epoch_loss", "probabilities")}
    nudged["nudged_gradients"] = np.zeros(1)
    failure = record.Failure("it diverged", "2026-01-01", "2026-01-01", "node1")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, arrays in {
            "reference/mnist": {**steps, **nudged},
            "cpu/pytorch/idiomatic/mnist-float64": steps,
            "cpu/pytorch/idiomatic/mnist-float32": steps,
        }.items():
            path = folder / f"{file}.npz"
            path.parent.mkdir(parents=True, exist_ok=True)
            np.savez(path, **arrays)
        record.write_failure(failure, folder / "cpu/theano/idiomatic/mnist-float64.npz")
        return certificate.certify(folder, sorted(folder.rglob("*.npz")))


def table_columns(name: str, tidy: pd.DataFrame) -> list[Column]:
    """Return the columns of a table. Raises NoMeaning naming a column whose meaning is nowhere."""
    of_runs = {column.name: column.meaning for column in run_columns()}
    columns = []
    for column in tidy:
        found = OF_TABLE.get((name, column)) or MEANINGS.get(column) or of_runs.get(column)
        if not found:
            raise NoMeaning(f"{name}: {column}: no meaning in scripts/tables/column_meanings.py")
        type_ = pandas_type(tidy[column])
        columns.append(Column(column, type_, unit(column, type_), found))
    return columns


def pandas_type(values: pd.Series) -> str:
    """Return the type of a column in words, from its values: one that is null everywhere has none."""
    if values.dropna().empty:
        raise ValueError(f"{values.name}: null in the whole made-up table, so of no type")
    return PANDAS_TYPES[pd.api.types.infer_dtype(values, skipna=True)]


def unused_meanings(found: dict[str, pd.DataFrame]) -> Iterator[object]:
    """Yield meanings and units that are of no column."""
    pairs = {(name, column) for name, tidy in found.items() for column in tidy}
    names = {column for _, column in pairs}
    yield from (name for name in MEANINGS if name not in names)
    yield from (pair for pair in OF_TABLE if pair not in pairs)
    names |= set(run_table.COLUMNS)
    for end in UNITS:
        if not any(fits(name, end) for name in names):
            yield end


# ---- The page ----


def page(found: dict[str, pd.DataFrame]) -> str:
    """Return the text of docs/columns.md."""
    titles = {name: tables.module(name).TITLE for name in tables.NAMES}
    titles |= {"parity": "Parity certificate", "parity-steps": "Parity, step by step"}
    parts = [HEAD, f"## All runs: runs.csv\n\n{as_markdown(run_columns())}\n"]
    for name, tidy in found.items():
        parts.append(f"## {titles[name]}: {name}.csv\n\n{as_markdown(table_columns(name, tidy))}\n")
    return "\n".join(parts)


def as_markdown(columns: list[Column]) -> str:
    """Return columns as the rows of a Markdown table."""
    lines = ["| column | type | unit | meaning |", "| --- | --- | --- | --- |"]
    for column in columns:
        meaning = column.meaning.replace("|", r"\|")
        lines.append(f"| `{column.name}` | {column.type} | {column.unit} | {meaning} |")
    return "\n".join(lines)


def files() -> dict[Path, str]:
    """Return the page and its text."""
    return {PAGE: page(made_up_tables())}
