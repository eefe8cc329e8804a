"""The runs that the study's conclusions are tested with, and why some cells do not count."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from scripts.analysis import display_names
from scripts.analysis.experiment import Experiment
from scripts.core.columns import CELL


@dataclass(frozen=True)
class Measured:
    """The experiment, its idiomatic runs, and what is known of CELLs.

    `missing`: which runs lack; `differs`: in what it is not the study's; `flagged`: how many runs are.
    """

    experiment: Experiment
    runs: pd.DataFrame
    missing: dict
    differs: dict
    flagged: dict

    @property
    def reasons(self) -> dict:
        """Return why cells do not count: runs are missing, or they do something else than the study."""
        keys = {**self.missing, **self.differs}
        return {key: ", ".join(filter(None, (self.missing.get(key), self.differs.get(key)))) for key in keys}

    def of(self, datasets: Sequence[str], frameworks: Sequence[str] | None = None) -> pd.DataFrame:
        """Return the planned runs with published settings."""
        chosen = (self.runs["settings"] == "published") & self.runs["dataset"].isin(datasets)
        if frameworks:
            chosen &= self.runs["framework"].isin(frameworks)
        return self.runs.loc[chosen]


def not_counted(cells: tuple, reasons: dict) -> str:
    """Return why a comparison of these cells does not count, by the reasons of cells; empty if it does."""
    whys = [reasons.get(cell, "") for cell in cells]
    if len(set(whys)) == 1:
        return whys[0]
    cells_of = {}
    for cell, why in zip(cells, whys, strict=True):
        cells_of.setdefault(why, []).append(cell)
    cells_of.pop("", None)
    return ", ".join(f"{apart(cells_of[why], cells)}: {why}" for why in cells_of)


def apart(some: list, cells: tuple) -> str:
    """Return in what some cells differ from the others: `PyTorch`, `GPU`, `matched`."""
    words = {
        "device": display_names.device,
        "split": display_names.split,
        "framework": display_names.framework,
    }
    varying = [n for n in range(len(CELL)) if len({cell[n] for cell in cells}) > 1]
    names = [" ".join(words.get(CELL[n], str)(cell[n]) for n in varying) for cell in some]
    return " and ".join(dict.fromkeys(names))
