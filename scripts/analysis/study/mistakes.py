"""Mistakes that could have made doubtful accuracies of the study, each tried in an experiment of its own."""

from itertools import product
from pathlib import Path

import pandas as pd
import yaml

from scripts.analysis.frames import Row, each_group, each_row
from scripts.analysis.study import printed_figures as study

MISTAKES, TRIED = "mistakes.yaml", "tried.csv"
NEAR = 1.0  # points; the same training with another seed differs by as much
REPRODUCED, NOT_REPRODUCED = "reproduced", "not reproduced"


def tried(figures: pd.DataFrame, folder: Path = study.FOLDER) -> pd.DataFrame:
    """Return one row for each mistake and printed accuracy that it was tried for.

    Its columns are name (of the preset), mistake, study.CELL, printed, least, measured and most (in percent;
    of several seeds or folds: least, mean and most), and result: REPRODUCED if the printed figure is at most
    NEAR beyond them. A cell of cross-validation is compared with the holdout where no fold was made.
    """
    of_runs = pd.read_csv(folder / TRIED)
    keys = of_runs[["name", "dataset", "framework", "split"]].itertuples(index=False, name=None)
    found = of_runs[["least_percent", "mean_percent", "most_percent"]].itertuples(index=False, name=None)
    measured = dict(zip(keys, found, strict=True))
    cells_printed = figures[study.CELL].itertuples(index=False, name=None)
    printed = dict(zip(cells_printed, figures["published_percent"].astype(float), strict=True))
    rows = []
    for name, entry in yaml.safe_load((folder / MISTAKES).read_text(encoding="utf-8")).items():
        for cell in cells(entry["cells"]):
            _, split, dataset, framework = cell
            of_cell = name, dataset, framework
            percent = measured.get((*of_cell, split)) or measured.get((*of_cell, "holdout"))
            if percent is None or cell not in printed:
                continue
            least, mean, most = percent
            is_near = least - NEAR <= printed[cell] <= most + NEAR
            result = REPRODUCED if is_near else NOT_REPRODUCED
            rows.append((name, entry["mistake"], *cell, printed[cell], least, mean, most, result))
    columns = ["name", "mistake", *study.CELL, "printed", "least", "measured", "most", "result"]
    return pd.DataFrame(rows, columns=columns)


def cells(patterns: list[dict[str, list[str]]]) -> list[tuple[str, ...]]:
    """Return the cells of the study that patterns name, as study.CELL."""
    return [cell for one in patterns for cell in product(*(one[name] for name in study.CELL))]


def explanations(found: pd.DataFrame) -> dict[tuple, str]:
    """Return in words what explains each cell of `tried`: {study.CELL: words}."""
    words = {}
    for cell, group in each_group(found, study.CELL):
        by = [row for row in each_row(group) if row["result"] == REPRODUCED]
        named = [f"{row['mistake']} ({span(row)} %)" for row in by]
        words[cell] = " or ".join(named) or "none of the mistakes tried"
    return words


def span(row: Row) -> str:
    """Write what was measured: `4.28`, or `3.75 to 5.63` of several seeds."""
    least, most = f"{row['least']:.2f}", f"{row['most']:.2f}"
    return least if least == most else f"{least} to {most}"
