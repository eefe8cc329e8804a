"""Rows and groups of a table, with types: those of pandas leave open what a row holds."""

from collections.abc import Iterable, Iterator
from typing import Any, Protocol

import pandas as pd

from scripts.core.columns import PLANNED


class Row(Protocol):
    """A row of a table, or a mapping like it: gives the value of a column by the column's name."""

    def __getitem__(self, column: Any, /) -> Any: ...

    def __contains__(self, column: Any, /) -> bool: ...

    def keys(self) -> Iterable[Any]:
        """Return the names of the columns."""
        ...


def each_row(table: pd.DataFrame) -> Iterator[Row]:
    """Yield the rows of a table in their order."""
    for _, row in table.iterrows():
        yield row


def each_group(table: pd.DataFrame, columns: list[str]) -> Iterator[tuple[tuple[Any, ...], pd.DataFrame]]:
    """Yield (values of `columns`, rows that have them), in the order in which they first occur.

    Rows with a null in one of the columns are in no group.
    """
    for key, group in table.groupby(columns, sort=False):
        yield (key if isinstance(key, tuple) else (key,)), group


def column(table: pd.DataFrame, name: str) -> pd.Series:
    """Return one column of a table."""
    return table.loc[:, name]


def planned(runs: pd.DataFrame) -> dict[str, int]:
    """Return PLANNED of the runs of a cell: its replicates, and how many runs it has, finished and failed."""
    status = column(runs, "status")
    counts = len(runs), status.eq("ok").sum(), status.eq("failed").sum()
    return dict(zip(PLANNED, [column(runs, "replicate").nunique(), *map(int, counts)], strict=True))


def finished_runs(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the runs that have a record, in their order."""
    return runs.loc[runs["status"] == "ok"]
