"""What the mistakes gave that were tried for doubtful figures, from the exports of their experiments."""

from pathlib import Path

import pandas as pd

from scripts.analysis.frames import column
from scripts.compare import sources

KEYS = ["name", "dataset", "framework", "split"]
COLUMNS = [*KEYS, "runs", "least_percent", "mean_percent", "most_percent"]


def csv(folder: Path) -> str:
    """Write COLUMNS of the published, idiomatic runs of all exports in a folder, as CSV.

    An experiment of several seeds or folds has several runs.
    """
    tables = [of_export(path) for path in sorted(folder.glob("*.tar.gz"))]
    table = pd.concat(tables) if tables else pd.DataFrame(columns=COLUMNS)
    return table.to_csv(index=False, lineterminator="\n", float_format="%.4f")


def of_export(path: Path) -> pd.DataFrame:
    """Return COLUMNS of one export, whose file is named after its preset."""
    runs = sources.read_all([str(path)])[0].finished
    runs = runs.loc[column(runs, "implementation") == "idiomatic"]
    named = runs.assign(name=path.name.removesuffix(".tar.gz"), percent=100 * runs["test_accuracy"])
    found = named.groupby(KEYS)["percent"].agg(["size", "min", "mean", "max"]).reset_index()
    found.columns = COLUMNS
    return found
