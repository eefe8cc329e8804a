"""The study's cells next to the measured ones, and whether both did the same."""

import json

import pandas as pd

from scripts.analysis import display_names
from scripts.analysis.cells import cells
from scripts.analysis.frames import Row, column, each_group, each_row, finished_runs, planned
from scripts.analysis.study import anomalies
from scripts.analysis.study import printed_figures as study
from scripts.core.columns import CELL

PROTOCOL = ["settings", "split", "training", "train_rows", "test_rows", "parameters"]  # and the epochs
NEEDED = [*dict.fromkeys([*CELL, "fold", "replicate", "status", "epochs_s", *PROTOCOL])]


def published(runs: pd.DataFrame, figures: pd.DataFrame) -> pd.DataFrame:
    """Return every cell of the study (`figures`, see printed_figures.read) with what was measured.

    ratio = published_s / measured_s: above 1 the measurement was faster than the study.
    points = measured_percent - published_percent. Both are null unless status is `comparable`;
    `reason` says why not. Only published settings and idiomatic implementations are compared.
    `doubt` says what looks wrong in the printed figures.
    """
    like = runs.loc[(runs["settings"] == "published") & (runs["implementation"] == "idiomatic")]
    groups = dict(each_group(like.loc[:, NEEDED], CELL))
    found = {tuple(cell[CELL]): cell for cell in each_row(cells(like))} if groups else {}
    rows = []
    for key in figures[study.CELL].itertuples(index=False, name=None):
        if like_study(*key) in groups:
            rows.append(measured(found[like_study(*key)], groups[like_study(*key)]))
        else:
            rows.append({"status": "not measured", "reason": "not part of the experiment"})
    names = ["measured_s", "measured_percent", "status", "reason"]
    table = figures.reset_index(drop=True).join(pd.DataFrame(rows, columns=names))
    table[names[:2]] = table[names[:2]].astype(float)
    comparable = table["status"] == "comparable"
    ratio = (table["published_s"] / table["measured_s"]).where(comparable)
    points = (table["measured_percent"] - table["published_percent"]).where(comparable)
    table = table.assign(ratio=ratio, points=points, doubt=anomalies.remarks(figures.reset_index(drop=True)))
    times_first = ["published_s", "measured_s", "ratio"]
    then = ["published_percent", "measured_percent", "points", "status", "reason", "doubt"]
    return table.loc[:, [*study.CELL, *times_first, *then]]


def like_study(device: str, split: str, dataset: str, framework: str) -> tuple[str, ...]:
    """Return the key, as CELL, of the measured cell that corresponds to this cell of the study."""
    return "published", "idiomatic", device, split, dataset, framework


def measured(cell: Row, group: pd.DataFrame) -> dict:
    """Return what a cell of the study measured, and whether that is comparable; `group` are its runs."""
    row = {"measured_s": cell["seconds"], "measured_percent": cell["accuracy_percent"]}
    finished, lacks = finished_runs(group), display_names.incomplete(planned(group))
    if finished.empty:
        return row | {"status": "incomplete", "reason": lacks}
    reasons = differences(finished, column(group, "fold").nunique())
    status = "not comparable" if reasons else "comparable"
    if len(finished) < len(group):
        status = status if reasons else "incomplete"
        reasons = [lacks, *reasons]
    return row | {"status": status, "reason": ", ".join(reasons)}


def differences(runs: pd.DataFrame, folds: int) -> list[str]:
    """Return why the runs of one cell cannot be compared with the study: reasons, best none.

    `runs` are the finished runs (at least one) of a cell, `folds` the number planned of each seed.
    """
    first = runs.iloc[0]
    protocol = study.PROTOCOLS[first["dataset"]]
    reasons = []
    if first["split"] == "kfold" and folds != study.FOLDS:
        reasons.append(f"{folds} folds, not {study.FOLDS}")
    kinds = runs.assign(epochs=runs["epochs_s"].map(len)).drop_duplicates([*PROTOCOL, "epochs"])
    for one in each_row(kinds):
        training, rows = json.loads(one["training"]), int(one["train_rows"] + one["test_rows"])
        if rows != protocol.rows:
            reasons.append(f"{rows} rows, not {protocol.rows}")
        if one["split"] == "holdout" and abs(one["test_rows"] - study.TEST_SHARE * rows) > 1:
            reasons.append(f"{one['test_rows'] / rows:.0%} of the rows for testing, not 30%")
        if one["epochs"] != protocol.epochs:
            reasons.append(f"epochs {len(one['epochs_s'])}, not {protocol.epochs}")
        if training["batch_size"] != protocol.batch_size:
            reasons.append(f"batch size {training['batch_size']}, not {protocol.batch_size}")
        given = training["optimizer"]
        if one["settings"] == "matched":  # names more constants
            given = {name: given.get(name) for name in protocol.optimizer}
        if given != protocol.optimizer:
            reasons.append("another optimizer")
        if one["parameters"] != protocol.parameters:
            reasons.append("another network")
    return list(dict.fromkeys(reasons))
