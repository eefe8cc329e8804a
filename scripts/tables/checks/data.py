"""Data: rows that are there more than once, and test rows that are also trained on."""

import pandas as pd

from scripts.analysis import cells, display_names
from scripts.analysis.experiment import Experiment
from scripts.analysis.frames import Row, each_group, each_row, finished_runs
from scripts.tables import page_model
from scripts.tables.page_model import Block, Cell, Page, gap, number, text, whole

TITLE = "Data"
LABEL = "data: repeated rows"
ROWS = ["train_rows", "test_rows", "repeated_rows", "seen_test_rows"]
NUMBERS = [
    "rows",
    "repeated_rows",
    "repeated_percent",
    "folds",
    "test_rows",
    "seen_test_rows",
    "seen_percent",
]
HEADER = ["dataset", "split", "rows", "repeated", "%", "folds", "test rows", "also trained on", "%"]


def tidy(experiment: Experiment) -> pd.DataFrame:
    """Return one row for each dataset and split: NUMBERS, of all folds of the first seed.

    rows             that the split uses; repeated_rows of them are equal to another one, label and all,
                     not counted the first
    test_rows        of all folds; seen_test_rows of them are also in the training part of their fold
    Null where no run of that split has them: data or splits were not there.
    """
    runs, rows = experiment.runs, []
    finished = finished_runs(runs).loc[:, ["dataset", "split", "replicate", "fold", *ROWS]]
    for (dataset, split), group in each_group(runs, ["dataset", "split"]):
        own = finished.loc[(finished["dataset"] == dataset) & (finished["split"] == split)]
        own = own.loc[own["replicate"] == group["replicate"].min()].dropna(subset="seen_test_rows")
        folds = own.drop_duplicates("fold")
        found = {"dataset": dataset, "split": split}
        if not folds.empty:
            first = folds.iloc[0]
            used, tested = first["train_rows"] + first["test_rows"], folds["test_rows"].sum()
            found |= {
                "rows": used,
                "repeated_rows": first["repeated_rows"],
                "repeated_percent": 100 * first["repeated_rows"] / used,
                "folds": len(folds),
                "test_rows": tested,
                "seen_test_rows": folds["seen_test_rows"].sum(),
                "seen_percent": 100 * folds["seen_test_rows"].sum() / tested,
            }
        rows.append(found)
    return pd.DataFrame(rows, columns=["dataset", "split", *NUMBERS]).astype(dict.fromkeys(NUMBERS, float))


def page(tidy: pd.DataFrame, experiment: Experiment) -> Page:
    """Lay the table out."""
    notes = [
        "Repeated: rows equal to an earlier one in every value and in the label. Also trained on: test rows"
        " of which an equal one is in the training part of their fold. The network has seen their answer, so"
        f" accuracies are marked from {cells.SEEN_MUCH:g} % on. The rows are the same for every framework, so"
        " that comparisons of frameworks stay fair.",
    ]
    finished = finished_runs(experiment.runs)
    made = set(zip(finished["dataset"], finished["split"], strict=True))
    rows = [row(one, (one["dataset"], one["split"]) in made) for one in each_row(tidy)]
    return Page(TITLE, notes, [Block("", HEADER, rows)])


def row(one: Row, made: bool) -> list[Cell]:
    names = [text(display_names.dataset(one["dataset"])), text(display_names.split(one["split"]))]
    if page_model.is_null(one["rows"]):
        return [*names, gap("not known" if made else "missing"), *[gap("")] * 6]
    return [
        *names,
        whole(one["rows"]),
        whole(one["repeated_rows"]),
        number(one["repeated_percent"]),
        whole(one["folds"]),
        whole(one["test_rows"]),
        whole(one["seen_test_rows"]),
        number(one["seen_percent"]),
    ]
