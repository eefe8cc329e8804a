"""Rows of a table as little text for a page, which explore.js unpacks: columns, JSON, gzip, base64.

A column of texts is {"of": the texts that differ, "at": the place of each row's}; one of times is
{"first": seconds since 1970, "steps": seconds from row to row}; others are the values themselves.
`epochs` are the values of all lists, one after the other, and `lengths` says how many each row has.
"""

import base64
import gzip
import json
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

TIMES = "started"


def pack(rows: list[dict], names: list[str]) -> str:
    """Return the rows, mappings of `names` and `epochs`, as base64 of a gzip file that is always the same."""
    columns = {name: column([row[name] for row in rows], name == TIMES) for name in names}
    lists = [row["epochs"] for row in rows]
    values = [value for epochs in lists for value in epochs]
    content = {"columns": columns, "lengths": list(map(len, lists)), "epochs": values}
    text = json.dumps(content, allow_nan=False, separators=(",", ":"))
    return base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode()


def column(values: list, are_times: bool) -> Any:
    """Return one column in the form that takes the least room."""
    if are_times:
        return times(values)
    if any(isinstance(value, str) for value in values):
        places = {value: n for n, value in enumerate(dict.fromkeys(values))}
        return {"of": list(places), "at": [places[value] for value in values]}
    return values


def times(texts: list[str | None]) -> dict:
    """Return texts like `2026-01-01 00:00:00`; a null is a step of null."""
    seconds = [None if text is None else int(utc(text).timestamp()) for text in texts]
    known = [one for one in seconds if one is not None]
    steps = iter([0, *(after - before for before, after in pairwise(known))])
    return {
        "first": known[0] if known else 0,
        "steps": [None if one is None else next(steps) for one in seconds],
    }


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
