"""What several pages share: a block for each variant, datasets down and frameworks across, gaps, flags."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pandas as pd

from scripts.analysis import display_names
from scripts.analysis.frames import Row, column, each_group, each_row
from scripts.core.columns import BLOCK
from scripts.tables import page_model
from scripts.tables.page_model import Block, Cell, gap, text

MOST_ACROSS = 4  # frameworks that are columns; more are rows, or a table would be too wide for a page
FLAGGED = (
    "(2 flagged): so many of its runs carry a flag, which makes the time or the comparison doubtful;"
    " the table flags says why."
)


def blocks(tidy: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield (title, rows) of each settings, implementation, device and split, in the plan's order.

    A table that compares two implementations, devices or splits has not all of these as columns.
    """
    keys = [name for name in BLOCK if name in tidy]
    several = "implementation" in keys and column(tidy, "implementation").nunique() > 1
    for _, block in each_group(tidy, keys):
        first = block.iloc[0]
        where = [display_names.device(first["device"])] if "device" in keys else []
        if "split" in keys:
            replicates = column(block, "replicates").max() if "replicates" in block else 1
            where.append(display_names.split(first["split"], column(block, "folds").max(), replicates))
        variant = display_names.variant(first["settings"], first.get("implementation"), several)
        title = f"{', '.join(where)} ({variant})"
        yield title[0].upper() + title[1:], block


def pivot(title: str, block: pd.DataFrame, make: Callable[[Row], Cell]) -> Block:
    """Return a Block: rows are datasets, columns frameworks; `make` turns a row of `block` into a Cell.

    More than MOST_ACROSS frameworks are rows, and datasets are columns.
    """
    names = {"dataset": display_names.dataset, "framework": display_names.framework}
    down, across = names if column(block, "framework").nunique() <= MOST_ACROSS else reversed(names)
    columns = list(dict.fromkeys(block[across]))
    cells = {(row[down], row[across]): make(row) for row in each_row(block)}
    rows = []
    for one in dict.fromkeys(block[down]):
        row = [cells.get((one, other), gap("not planned")) for other in columns]
        rows.append([text(names[down](one)), *row])
    return Block(title, [down, *map(names[across], columns)], rows)


def is_complete(cell: Row) -> bool:
    """Return whether all folds of a cell are there."""
    return cell["folds_ok"] == cell["folds"]


def incomplete(cell: Row) -> Cell:
    """Return the Cell of a number that lacks folds."""
    return gap(display_names.incomplete(cell))


def flagged(shown: Cell, cell: Row) -> Cell:
    """Return the Cell `shown`, with the number of runs behind it that carry a flag."""
    count = cell["folds_flagged"]
    if not count:
        return shown
    return replace(shown, text=f"{shown.text} ({f'{count} ' if cell['folds'] > 1 else ''}flagged)")


def with_flags(shown: Cell, count: int) -> Cell:
    """Return the Cell `shown` of several cells, with the number of their runs that carry a flag."""
    return replace(shown, text=f"{shown.text} ({count} flagged)") if count else shown


def fastest(shown: Cell, is_fastest: bool) -> Cell:
    """Return the Cell `shown`, bold if its framework is shown to be faster than all others of its row."""
    return replace(shown, mark="best") if is_fastest else shown


def interval(low: float, high: float, apart: float | None = None, sign: bool = False) -> Cell:
    """Return `1.40 to 1.66`, or a gap where there is none.

    It has more decimals where an end would be rounded to `apart`, to show on which side of it the
    interval ends.
    """
    if page_model.is_null(low):
        return gap("")
    for decimals in (2, 3, 4):
        if not any(round(end, decimals) == apart != end for end in (low, high)):
            break
    shape = f"{'+' if sign else ''}.{decimals}f"
    return Cell(f"{low:{shape}} to {high:{shape}}", low)


def cell_names(cell: Row) -> list[Cell]:
    """Return the Cells of the dataset and the framework."""
    return [text(display_names.dataset(cell["dataset"])), text(display_names.framework(cell["framework"]))]
