"""Values as fields of a CSV file, as Python's own module writes them, many at a time."""

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

# Numbers that Arrow writes as Python's repr does, and eight times as fast.
PLAIN_FROM, PLAIN_BELOW = 1e-4, 1e9


def fields(values: list) -> list[str]:
    """Return the fields of one column; arrays and lists are JSON, None is empty."""
    kinds = set(map(type, values))
    if kinds <= {str, type(None)}:
        known = {value: field(value) for value in set(values)}
        return [known[value] for value in values]
    if kinds <= {float}:
        return list(map(repr, values))
    arrays = [value for value in values if isinstance(value, np.ndarray)]
    texts = iter(json_lists(arrays))
    return [next(texts) if isinstance(value, np.ndarray) else field(value) for value in values]


def field(value: Any) -> str:
    """Return one value as a field."""
    if value is None:
        return ""
    if isinstance(value, str):
        return quoted(value)
    return quoted(json.dumps(value)) if isinstance(value, list) else str(value)


def quoted(text: str) -> str:
    """Return a text in quotes where it holds a sign that would end the field."""
    if "," in text or '"' in text or "\n" in text or "\r" in text:
        return '"' + text.replace('"', '""') + '"'
    return text


def json_lists(arrays: list[np.ndarray]) -> list[str]:
    """Return each array of floats as the field of a JSON list, each number as short as it is exact."""
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
    return [quoted(f"[{text}]") for text in joined.to_pylist()]
