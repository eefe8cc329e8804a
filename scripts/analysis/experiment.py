"""What all tables and figures are made from: the table of runs, the study's figures, and how to compare."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from scripts.analysis.study import printed_figures as study
from scripts.core.columns import RUN_ID
from scripts.core.errors import UserError
from scripts.core.experiment_file import read_experiment

# Columns that every table of runs has.
NEEDED = [*RUN_ID, "status", "validity", "flags", "attempts", "total_s"]


@dataclass(frozen=True)
class Experiment:
    """What the tables and figures are made from.

    `runs` is the table of runs, `figures` are those that the study prints, `comparison` is that section of
    the config.
    """

    runs: pd.DataFrame
    figures: pd.DataFrame
    comparison: dict


def load(experiment: Path, runs: Path, published: Path = study.FOLDER) -> Experiment:
    """Read the experiment's JSON, the table of its runs and the folder of the study's figures.

    Raises UserError naming the file that is damaged.
    """
    config, _ = read_experiment(experiment)
    return Experiment(read_runs(runs), study.read(published), config["comparison"])


def read_runs(path: Path) -> pd.DataFrame:
    """Read the table of runs as records/collect.py wrote it. Raises UserError naming the file and the fix."""
    try:
        runs = pd.read_parquet(path)
    except (ValueError, KeyError) as error:
        raise UserError(f"{path}: not a table of runs ({error}): delete it and run snakemake again") from None
    missing = [name for name in NEEDED if name not in runs]
    if missing:
        raise UserError(f"{path}: lacks {', '.join(missing)}: delete it and run snakemake again")
    if runs.empty:
        raise UserError("the experiment has no runs: check the lists at the top of the config")
    return runs
