"""Slips of arithmetic that could have made doubtful times of the study, each tried on the printed figures."""

from pathlib import Path

import pandas as pd
import yaml

from scripts.analysis.frames import each_group, each_row
from scripts.analysis.study import arithmetic, mistakes
from scripts.analysis.study import printed_figures as study
from scripts.analysis.study.mistakes import NOT_REPRODUCED, REPRODUCED

SLIPS = "slips.yaml"
NEAR = 0.1  # part of what is expected: times of like cells that no rule doubts differ by more


def tried(figures: pd.DataFrame, folder: Path = study.FOLDER) -> pd.DataFrame:
    """Return one row for each slip and printed time that it was tried for.

    Its columns are name, slip, study.CELL, printed, without (the printed seconds without the slip), expected
    (what the time of the like cell and the ratio of their work make expect) and result: REPRODUCED if both
    differ by at most NEAR.
    """
    cells_printed = figures[study.CELL].itertuples(index=False, name=None)
    printed = dict(zip(cells_printed, figures["published_s"].astype(float), strict=True))
    rows = []
    for name, entry in yaml.safe_load((folder / SLIPS).read_text(encoding="utf-8")).items():
        for cell in mistakes.cells(entry["cells"]):
            other = tuple((dict(zip(study.CELL, cell, strict=True)) | entry["like"]).values())
            if cell not in printed or other not in printed:
                continue
            without = printed[cell] / entry["factor"]
            expected = printed[other] * work(cell) / work(other)
            is_near = abs(without / expected - 1) <= NEAR
            result = REPRODUCED if is_near else NOT_REPRODUCED
            rows.append((name, entry["slip"], *cell, printed[cell], without, expected, result))
    return pd.DataFrame(
        rows, columns=["name", "slip", *study.CELL, "printed", "without", "expected", "result"]
    )


def work(cell: tuple[str, ...]) -> float:
    """Return the work of a cell of the study, to be compared between image networks or within a dataset."""
    of = dict(zip(study.CELL, cell, strict=True))
    adds = arithmetic.convolutions().get(of["dataset"], 1)
    return adds * arithmetic.rows_trained(of["dataset"], of["split"])


def explanations(found: pd.DataFrame) -> dict[tuple, str]:
    """Return in words what explains each cell of `tried`: {study.CELL: words}."""
    words = {}
    for cell, group in each_group(found, study.CELL):
        by = [row for row in each_row(group) if row["result"] == REPRODUCED]
        named = [f"{row['slip']} ({row['without']:,.0f} s, expected {row['expected']:,.0f})" for row in by]
        words[cell] = " and ".join(named) or "none of the slips tried"
    return words
