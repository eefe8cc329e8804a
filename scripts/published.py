"""The published study: its printed figures, what it trained, and which figures look wrong."""

import json
import math
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from cli import UserError

FOLDER = Path(__file__).resolve().parents[1] / "resources" / "published"
CELL = ["device", "split", "dataset", "framework"]
FOLDS = 10
TEST_SHARE = 0.3


@dataclass(frozen=True)
class Protocol:
    """What the study trained on one dataset; a measurement is comparable if it did the same."""

    rows: int
    classes: int
    parameters: int
    epochs: int
    batch_size: int
    optimizer: dict


PROTOCOLS = {
    "mnist": Protocol(70000, 10, 1199882, 12, 128, {"name": "adadelta"}),
    "cifar10": Protocol(
        60000, 10, 1250858, 12, 128, {"name": "rmsprop", "learning_rate": 1e-4, "decay": 1e-6}
    ),
    "cifar100": Protocol(
        60000,
        100,
        1297028,
        12,
        128,
        {"name": "sgd", "learning_rate": 0.01, "decay": 1e-6, "momentum": 0.9, "nesterov": True},
    ),
    "letter": Protocol(
        20000,
        26,
        2570,
        300,
        128,
        {"name": "sgd", "learning_rate": 0.001, "decay": 1e-7, "momentum": 0.0, "nesterov": False},
    ),
}


def read(folder=FOLDER):
    """The 48 cells of the study: CELL, published_s (whole variant), published_percent.

    Raises UserError naming the file if a table is damaged.
    """
    tables = []
    for name, column in (("times", "published_s"), ("accuracy", "published_percent")):
        path = Path(folder) / f"{name}.csv"
        try:
            table = pd.read_csv(path)[[*CELL, column]]
            if table.duplicated(CELL).any() or table.isna().any(axis=None):
                raise ValueError("a cell is empty or stands twice")
        except (KeyError, ValueError) as error:
            raise UserError(f"{path}: not a table of published figures ({error})") from None
        tables.append(table)
    both = tables[0].merge(tables[1], on=CELL, validate="1:1")  # keeps the study's order
    if len(both) < max(map(len, tables)):
        raise UserError(f"{folder}: times.csv and accuracy.csv do not have the same cells")
    return both


def differences(runs, folds):
    """Why the runs of one cell cannot be compared with the study: a list of reasons, best empty.

    `runs` are the finished runs (at least one) of a cell, `folds` the number planned.
    """
    first = runs.iloc[0]
    protocol = PROTOCOLS[first["dataset"]]
    reasons = []
    if first["split"] == "kfold" and folds != FOLDS:
        reasons.append(f"{folds} folds, not {FOLDS}")
    for _, one in runs.iterrows():
        training, rows = json.loads(one["training"]), int(one["train_rows"] + one["test_rows"])
        if rows != protocol.rows:
            reasons.append(f"{rows} rows, not {protocol.rows}")
        if one["split"] == "holdout" and abs(one["test_rows"] - TEST_SHARE * rows) > 1:
            reasons.append(f"{one['test_rows'] / rows:.0%} of the rows for testing, not 30%")
        if len(one["epochs_s"]) != protocol.epochs:
            reasons.append(f"epochs {len(one['epochs_s'])}, not {protocol.epochs}")
        if training["batch_size"] != protocol.batch_size:
            reasons.append(f"batch size {training['batch_size']}, not {protocol.batch_size}")
        if training["optimizer"] != protocol.optimizer:
            reasons.append("another optimizer")
        if one["parameters"] != protocol.parameters:
            reasons.append("another network")
    return list(dict.fromkeys(reasons))


# ---- Which printed figures look wrong: found by rules, not by a list kept by hand ----

# CIFAR-100 differs from CIFAR-10 in the last layer only: this many times its time is not credible.
SAME_WORK = 5
CHANCE = 1.5  # accuracy up to 1.5 times 1/classes is guessing
# Cross-validation trains 10 folds on 90 %, the split once on 70 %.
FOLD_WORK = FOLDS * (1 - 1 / FOLDS) / (1 - TEST_SHARE)  # 12.86
FOLD_FACTOR = 1.5  # the printed ratio may be off by this factor


def doubts(study):
    """What looks wrong in each printed cell: a Series of text, mostly empty, in `study`'s order."""
    return pd.Series(["; ".join(cell_doubts(cell, study)) for _, cell in study.iterrows()])


def cell_doubts(cell, study):
    def other(**change):
        wanted = {name: cell[name] for name in CELL} | change
        found = study[(study[CELL] == pd.Series(wanted)).all(axis=1)]
        return found.iloc[0] if len(found) else None

    remarks = []
    cifar10 = other(dataset="cifar10")
    if cell["dataset"] == "cifar100" and cifar10 is not None:
        times = cell["published_s"] / cifar10["published_s"]
        if times > SAME_WORK:
            remarks.append(f"{times:.0f} times CIFAR-10, although the networks differ in the last layer only")
    if (study["published_s"] == cell["published_s"]).sum() > 1:
        remarks.append(f"{cell['published_s']:g} s is printed twice")
    twin = other(split="kfold" if cell["split"] == "holdout" else "holdout")
    if twin is not None and twin["published_percent"] == cell["published_percent"]:
        remarks.append(f"{cell['published_percent']:.2f} % is printed for both splits")
    chance = 100 / PROTOCOLS[cell["dataset"]].classes
    if cell["published_percent"] <= CHANCE * chance:
        remarks.append(f"accuracy at chance level ({chance:.2f} %)")
    if cell["split"] == "kfold" and twin is not None:
        times = cell["published_s"] / twin["published_s"]
        if abs(math.log(times / FOLD_WORK)) > math.log(FOLD_FACTOR):
            remarks.append(f"{times:.1f} times the 70/30 split, where the work is {FOLD_WORK:.1f} times")
    return remarks
