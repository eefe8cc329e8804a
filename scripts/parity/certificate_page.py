"""The certificate as a page: which pairs agree, and by how much they differ in each precision."""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from scripts.analysis import display_names
from scripts.parity.agreement import EARLY, EXACT, FLOAT32, PAIR, ROOM, agrees
from scripts.tables.page_model import Block, Cell, Page, gap, text
from scripts.training.batch_order import PARITY_TEST_ROWS

WHAT_IS_COMPARED = (
    "Matched settings, dropout off, same initial weights and batches: largest relative difference"
    " from a plain NumPy float64 reference, of the losses of the first steps, of the gradients of"
    " the first, and of an epoch of these steps and a smaller batch, trained as in a run. With"
    " published settings each library keeps its own defaults: of those runs this shows the layers"
    " alone.",
    f"Float64 shows the mathematics: losses, and the mean loss of the epoch, within"
    f" {EXACT['losses']:.0e}, gradients within"
    f" {EXACT['gradients']:.0e}, probabilities of {PARITY_TEST_ROWS} test rows after the epoch"
    f" within {EXACT['probabilities']:.0e}. Float32 is what runs: losses within"
    f" {FLOAT32[f'losses_{EARLY}']:.0e} through step {EARLY}, {FLOAT32['losses']:.0e} to the end and"
    f" in the mean of the epoch, gradients within {FLOAT32['gradients']:.0e}, probabilities within"
    f" {FLOAT32['probabilities']:.0e}, or {ROOM} times what the same NumPy reference in float32"
    " differs by at most (last columns of the second table) when weights and inputs are changed by a"
    " millionth: rounding turns a ReLU now and then, and from there any two computations part.",
)
# The differences of each block. The file has more: NumPy's own of each kind.
FLOAT64 = {
    "float64_losses": "losses",
    "float64_gradients": "gradients",
    "float64_epoch": "epoch",
    "float64_probabilities": "predictions",
}
SINGLE = {
    f"float32_losses_{EARLY}": f"losses, {EARLY} steps",
    "float32_losses": "losses, all steps",
    "float32_gradients": "gradients",
    "float32_epoch": "epoch",
    "float32_probabilities": "predictions",
    "numpy_float32_losses": "NumPy: losses",
    "numpy_float32_gradients": "NumPy: gradients",
}


def page(rows: pd.DataFrame) -> Page:
    """Lay out the certificate: a block for each precision, as one with all differences is too wide."""
    found = records(rows)
    agreed, failed = sum(map(agrees, found)), int(rows.loc[:, "failure"].notna().sum())
    agreement = (
        f"{agreed} of {len(found)} agree: the same network, loss and optimiser, whatever the framework."
    )
    untested = [f"{untested_words(failed)}."] if failed else []
    double = [[*names_of(row), *outcome(row), *difference_cells(row, FLOAT64)] for row in found]
    single = [[*names_of(row), *difference_cells(row, SINGLE)] for row in found if pd.isna(row["failure"])]
    blocks = [Block("Float64: the mathematics", [*PAIR, "version", "agrees", *FLOAT64.values()], double)]
    blocks += [Block("Float32: what runs", [*PAIR, *SINGLE.values()], single)] if single else []
    return Page("Parity certificate", [agreement, *untested, *WHAT_IS_COMPARED], blocks)


def records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """List the rows of the certificate as {column: value}."""
    return rows.to_dict("records")


def untested_words(count: int) -> str:
    """Return the words for pairs without first steps."""
    return f"{count} {'is' if count == 1 else 'are'} not tested, since first steps failed"


def names_of(row: Mapping[str, Any]) -> list[Cell]:
    """Return the cells that name the pair of a row."""
    names = [display_names.dataset(row["dataset"]), display_names.framework(row["framework"])]
    return [*map(text, [*names, row["implementation"], display_names.device(row["device"])])]


def difference_cells(row: Mapping[str, Any], columns: Mapping[str, str]) -> list[Cell]:
    """Return the cells of relative differences; of a pair that was not tested they are gaps."""
    values = [row[name] for name in columns]
    return [
        gap("-") if value is None or math.isnan(value) else Cell(f"{value:.1e}", float(value))
        for value in values
    ]


def outcome(row: Mapping[str, Any]) -> list[Cell]:
    """Return the cells of the framework's version and of the verdict."""
    return [text(row["version"] or ""), verdict(row)]


def verdict(row: Mapping[str, Any]) -> Cell:
    """Make the cell of whether a row agrees."""
    if pd.notna(row["failure"]):
        return gap(f"not tested: {row['failure']}")
    if not row["same_network"]:
        return Cell("NO: not the same network", None, "best")
    if not row["float32_as_expected"]:
        return Cell("NO: float32 goes astray", None, "best")
    return Cell("yes")
