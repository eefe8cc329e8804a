"""What several pages share: a block for each variant, datasets down and frameworks across, gaps, flags."""

from dataclasses import replace

import labels
from render import Block, Cell, gap, text
from summarise import BLOCK

FLAGGED = (
    "(2 flagged): so many of its runs carry a flag, which makes the time or the comparison doubtful;"
    " the table flags says why."
)


def blocks(tidy):
    """(title, rows) of each settings, implementation, device and split, in the plan's order."""
    several = tidy["implementation"].nunique() > 1
    for (settings, implementation, device, split), block in tidy.groupby(BLOCK, sort=False):
        where = f"{labels.device(device)}, {labels.split(split, block['folds'].max())}"
        yield f"{where} ({labels.variant(settings, implementation, several)})", block


def pivot(title, block, make, finish=lambda row: row):
    """Rows are datasets, columns frameworks; `make` turns a row of the tidy table into a Cell."""
    frameworks = list(dict.fromkeys(block["framework"]))
    cells = {(row["dataset"], row["framework"]): make(row) for _, row in block.iterrows()}
    rows = []
    for dataset in dict.fromkeys(block["dataset"]):
        row = [cells.get((dataset, name), gap("not planned")) for name in frameworks]
        rows.append([text(labels.dataset(dataset)), *finish(row)])
    return Block(title, ["dataset", *(labels.framework(name) for name in frameworks)], rows)


def fastest(row):
    """Mark the least of a row, where all of it was measured and there is something to compare."""
    if len(row) < 2 or any(cell.value is None for cell in row):
        return row
    least = min(cell.value for cell in row)
    return [Cell(c.text, c.value, "best" if c.value == least else "") for c in row]


def is_complete(cell):
    return cell["folds_ok"] == cell["folds"]


def incomplete(cell):
    return gap(labels.incomplete(cell["folds_ok"], cell["folds"]))


def flagged(shown, cell):
    """The Cell `shown`, with the number of runs behind it that carry a flag."""
    count = cell["folds_flagged"]
    if not count:
        return shown
    return replace(shown, text=f"{shown.text} ({f'{count} ' if cell['folds'] > 1 else ''}flagged)")


def cell_names(cell):
    return [text(labels.dataset(cell["dataset"])), text(labels.framework(cell["framework"]))]
