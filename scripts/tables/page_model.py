"""A page of tables, whatever the format: its blocks and cells, and how a value becomes a cell."""

import math
from dataclasses import dataclass, field
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class Cell:
    """One cell: its text, the number to sort and align by, and how it is marked.

    mark: "" (plain), "best" (bold) or "gap" (grey: what is missing or not comparable).
    """

    text: str
    value: float | None = None
    mark: str = ""


@dataclass
class Block:
    """One table. Each row is as long as `header`."""

    title: str
    header: list[str]
    rows: list[list[Cell]]


@dataclass
class Page:
    """A title, sentences above the tables, and the tables."""

    title: str
    notes: list[str]
    blocks: list[Block] = field(default_factory=list)


def text(value: Any) -> Cell:
    """Make a cell of the value's text; an empty one of a null."""
    return Cell("" if is_null(value) else str(value))


def whole(value: float | None) -> Cell:
    """Make a cell of a whole number; an empty one of a null."""
    return Cell("") if value is None or is_null(value) else Cell(str(int(value)), int(value))


def seconds(value: float, spread: float | None = None, mark: str = "") -> Cell:
    """Make a cell of seconds: two decimals as the study prints them, three below ten seconds."""
    decimals = 2 if value >= 10 else 3
    return Cell(f"{value:.{decimals}f}{plus_minus(spread, decimals)}", value, mark)


def number(value: float, spread: float | None = None, decimals: int = 2, sign: bool = False) -> Cell:
    """Make a cell of a number, with its spread and with a plus sign if asked for."""
    shown = f"{value:{'+' if sign else ''}.{decimals}f}"
    return Cell(shown + plus_minus(spread, decimals), value)


def gap(words: str) -> Cell:
    """Make a cell of the reason why there is no value."""
    return Cell(words, None, "gap")


def plus_minus(spread: float | None, decimals: int) -> str:
    """Return the spread as ` ± 1.23`; empty without one."""
    return "" if is_null(spread) else f" ± {spread:.{decimals}f}"


def is_null(value: Any) -> bool:
    """Return whether a value is None or not a number."""
    return value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))


def numeric(block: Block, column: int) -> bool:
    """Return whether a column is aligned as numbers: it holds at least one, and otherwise only gaps."""
    cells = [row[column] for row in block.rows]
    return any(cell.value is not None for cell in cells) and all(
        cell.value is not None or cell.mark == "gap" or not cell.text for cell in cells
    )


def sides(block: Block, right: str, left: str) -> list[str]:
    """Name the side of each column: `right` for numbers, otherwise `left`."""
    return [right if numeric(block, column) else left for column in range(len(block.header))]
