"""The table of runs: one row a run, one column a fact; its types, and its files as Parquet and CSV."""

import csv
import json
import typing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from scripts.core import record
from scripts.core.columns import RUN_ID
from scripts.core.files import atomic

# Columns that records have not, and their meanings.
STATUS = {
    "status": "ok, failed or missing",
    "failure": "why it failed, with on_failure: record",
    "validity": "verdict on the timing of a finished run: clean, or what disturbed it",
    "older_code": "whether the code that it went through has changed since",
    "flags": "what is doubtful: name, measured / limit, and reason of each flag",
}
COLUMNS = [*RUN_ID, *STATUS, *(name for name in record.columns() if name not in RUN_ID)]
FLAG = pa.struct([("flag", pa.string()), ("excess", pa.float64()), ("reason", pa.string())])


def schema() -> pa.Schema:
    """Return the Arrow schema of the table, from the types of the record: the same whatever is missing."""
    hints = typing.get_type_hints(record.Record)
    for section in record.SECTIONS.values():
        hints.update(typing.get_type_hints(section))
    hints |= {"status": str, "failure": str, "validity": str, "older_code": bool}
    types = {name: arrow_type(hint) for name, hint in hints.items()} | {"flags": pa.list_(FLAG)}
    return pa.schema([(name, types[name]) for name in COLUMNS])


def arrow_type(hint: Any) -> pa.DataType:
    """Return the Arrow type of a type of core/record.py: lists stay lists, mappings become text."""
    choices = [choice for choice in typing.get_args(hint) if choice is not type(None)]
    if typing.get_origin(hint) is typing.Union:
        return arrow_type(choices[0])
    if typing.get_origin(hint) is list:
        return pa.list_(arrow_type(choices[0]))
    return {bool: pa.bool_(), int: pa.int64(), float: pa.float64()}.get(hint, pa.string())


def write_parquet(rows: list[dict], path: Path) -> None:
    """Write the rows, mappings of COLUMNS, typed."""
    names = schema().names
    plain = [{name: as_text(row[name], lists=False) for name in names} for row in rows]
    with atomic(path) as temporary:
        pq.write_table(pa.Table.from_pylist(plain, schema=schema()), temporary)


def write_csv(rows: list[dict], path: Path) -> None:
    """Write the rows as text in full precision; lists and mappings are JSON."""
    with atomic(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows([as_text(row[name]) for name in COLUMNS] for row in rows)


def as_text(value: Any, lists: bool = True) -> Any:
    """Return mappings (and lists) as JSON text, everything else as it is; None becomes an empty field."""
    encode = isinstance(value, dict) or (lists and isinstance(value, list))
    return json.dumps(value, sort_keys=isinstance(value, dict)) if encode else value
