"""The published study: its printed figures and what it trained."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from scripts.core.errors import UserError
from scripts.core.paths import RESOURCES

FOLDER = RESOURCES / "published"
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
    multiply_adds: int = 0  # of one row forward; 0: the network is so small that time is not made of them


PROTOCOLS = {
    "mnist": Protocol(70000, 10, 1199882, 12, 128, {"name": "adadelta"}, 11_992_448),
    "cifar10": Protocol(
        60000, 10, 1250858, 12, 128, {"name": "rmsprop", "learning_rate": 1e-4, "decay": 1e-6}, 20_741_120
    ),
    "cifar100": Protocol(
        60000,
        100,
        1297028,
        12,
        128,
        {"name": "sgd", "learning_rate": 0.01, "decay": 1e-6, "momentum": 0.9, "nesterov": True},
        20_787_200,
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


def read(folder: Path = FOLDER) -> pd.DataFrame:
    """Read the 48 cells of the study: CELL, published_s (whole variant), published_percent.

    Raises UserError naming the file if a table is damaged.
    """
    tables = []
    for name, column in (("times", "published_s"), ("accuracy", "published_percent")):
        path = Path(folder) / f"{name}.csv"
        try:
            table = pd.read_csv(path).loc[:, [*CELL, column]]
            if table.duplicated(CELL).any() or table.isna().to_numpy().any():
                raise ValueError("a cell is empty or is there twice")
        except (KeyError, ValueError) as error:
            raise UserError(f"{path}: not a table of published figures ({error})") from None
        tables.append(table)
    both = tables[0].merge(tables[1], on=CELL, validate="1:1")  # keeps the study's order
    if len(both) < max(map(len, tables)):
        raise UserError(f"{folder}: times.csv and accuracy.csv do not have the same cells")
    return both
