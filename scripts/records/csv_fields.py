"""Columns as Python's csv module takes them: lists as JSON, many numbers at a time."""

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

# Numbers that Arrow writes as Python's repr does, and eight times as fast.
PLAIN_FROM, PLAIN_BELOW = 1e-4, 1e9


def fields(values: list) -> list:
    """Return the fields of one column: arrays and lists as JSON, all else as it is."""
    if {np.ndarray, list}.isdisjoint(map(type, values)):
        return values
    texts = iter(json_lists([value for value in values if isinstance(value, np.ndarray)]))
    return [next(texts) if isinstance(value, np.ndarray) else field(value) for value in values]


def field(value: Any) -> Any:
    """Return a list as JSON, all else as it is."""
    return json.dumps(value) if isinstance(value, list) else value


def json_lists(arrays: list[np.ndarray]) -> list[str]:
    """Return each array of floats as a JSON list, each number as short as it is exact."""
    if not arrays:
        return []
    numbers = np.concatenate(arrays)
    with np.errstate(invalid="ignore"):
        size = np.abs(numbers)
        plain = (size >= PLAIN_FROM) & (size < PLAIN_BELOW) & (numbers != np.floor(numbers))
    texts = pc.cast(pa.array(numbers), pa.string())
    others = pa.array([json.dumps(number) for number in numbers[~plain].tolist()], pa.string())
    texts = pc.call_function("replace_with_mask", [texts, pa.array(~plain), others])
    ends = np.cumsum([0, *map(len, arrays)])
    lists = pa.ListArray.from_arrays(pa.array(ends, pa.int32()), texts)
    joined = pc.call_function("binary_join", [lists, ", "])
    return [f"[{text}]" for text in joined.to_pylist()]
