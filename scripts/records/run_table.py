"""The table of runs: one row a run, one column a fact; its types, and its files as Parquet and CSV."""

import csv
import json
import marshal
import typing
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from scripts.core import record
from scripts.core.columns import RUN_ID
from scripts.core.files import atomic
from scripts.records import csv_fields

# Columns that records have not, and their meanings.
STATUS = {
    "status": "ok, failed or missing",
    "failure": "why it failed, with on_failure: record",
    "validity": "verdict on the timing of a finished run: clean, or what disturbed it",
    "older_code": "whether the code that it went through has changed since",
    "repeated_rows": "rows of its split that are equal to another one, label and all, not counted the first",
    "seen_test_rows": "test rows that are also in its training part; null where data or splits are not there",
    "flags": "what is doubtful: name, measured / limit, and reason of each flag",
}
ROWS = {"repeated_rows": int, "seen_test_rows": int}
COLUMNS = [*RUN_ID, *STATUS, *(name for name in record.columns() if name not in RUN_ID)]
FLAG = pa.struct([("flag", pa.string()), ("excess", pa.float64()), ("reason", pa.string())])


def schema() -> pa.Schema:
    """Return the Arrow schema of the table, from the types of the record: the same whatever is missing."""
    kinds = {name: arrow_type(hint) for name, hint in types().items()} | {"flags": pa.list_(FLAG)}
    return pa.schema([(name, kinds[name]) for name in COLUMNS])


def types() -> dict[str, Any]:
    """Return the types of the columns but `flags`, as core/record.py declares them."""
    hints = typing.get_type_hints(record.Record)
    for section in record.SECTIONS.values():
        hints.update(typing.get_type_hints(section))
    return hints | {"status": str, "failure": str, "validity": str, "older_code": bool, **ROWS}


def arrow_type(hint: Any) -> pa.DataType:
    """Return the Arrow type of a type of core/record.py: lists stay lists, mappings become text."""
    choices = [choice for choice in typing.get_args(hint) if choice is not type(None)]
    if typing.get_origin(hint) is typing.Union:
        return arrow_type(choices[0])
    if typing.get_origin(hint) is list:
        return pa.list_(arrow_type(choices[0]))
    return {bool: pa.bool_(), int: pa.int64(), float: pa.float64()}.get(hint, pa.string())


LISTS_OF_FLOATS = [field.name for field in schema() if field.type == pa.list_(pa.float64())]
MAPPINGS = [name for name, hint in types().items() if "Dict[" in str(hint)]
BATCH = 2000  # rows that are converted at once


def compact(row: dict) -> dict:
    """Return a row in a fraction of its memory: lists of floats as arrays, mappings as JSON text."""
    small = row.copy()
    for name in MAPPINGS:
        if isinstance(row[name], dict):
            small[name] = json_text(marshal.dumps(row[name], 2))
    for name in LISTS_OF_FLOATS:
        if isinstance(row[name], list) and {float}.issuperset(map(type, row[name])):
            small[name] = np.array(row[name], float)
    return small


@cache
def json_text(mapping: bytes) -> str:
    """Return a mapping, as marshal writes it, as JSON text: made once for equal ones, as most runs have."""
    return json.dumps(marshal.loads(mapping), sort_keys=True)


def batches(rows: list[dict]) -> Iterator[list[dict]]:
    """Yield the rows, some thousand at a time, compact."""
    for start in range(0, len(rows), BATCH):
        yield list(map(compact, rows[start : start + BATCH]))


def write_parquet(rows: list[dict], path: Path) -> None:
    """Write the rows, mappings of COLUMNS, typed."""
    typed = schema()
    # Texts repeat, numbers hardly do.
    options: dict[str, Any] = {"use_dictionary": [one.name for one in typed if one.type == pa.string()]}
    with atomic(path) as temporary, pq.ParquetWriter(temporary, typed, **options) as parquet:
        for batch in batches(rows):
            arrays = [pa.array([row[field.name] for row in batch], field.type) for field in typed]
            parquet.write_batch(pa.record_batch(arrays, typed))


def write_csv(rows: list[dict], path: Path) -> None:
    """Write the rows as text in full precision; lists and mappings are JSON."""
    with atomic(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for batch in batches(rows):
            columns = [csv_fields.fields([row[name] for row in batch]) for name in COLUMNS]
            writer.writerows(zip(*columns, strict=True))
