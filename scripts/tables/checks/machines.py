"""Machines: what made the runs, and how it was set."""

from collections.abc import Iterator

import pandas as pd

from scripts.analysis import display_names, provenance
from scripts.analysis.experiment import Experiment
from scripts.analysis.frames import Row, each_row
from scripts.analysis.provenance import STATE
from scripts.tables import page_model
from scripts.tables.page_model import Block, Page, number, text, whole

TITLE = "Machines"
LABEL = "machines"


def tidy(experiment: Experiment) -> pd.DataFrame:
    """Return the numbers of the table."""
    return provenance.machines(experiment.runs)


def page(tidy: pd.DataFrame, experiment: Experiment) -> Page:
    """Lay the table out."""
    page = Page(
        TITLE,
        [
            "One row for each machine and framework that made runs. Times on different machines may"
            " differ for the machine's sake, not the framework's. The table of software has the versions.",
        ],
    )
    if tidy.empty:
        page.notes.append("No run is finished yet.")
        return page
    # Software has a table of its own; a column that no machine fills only takes room.
    filled = tidy.drop(columns=["framework_version", "keras", "python"]).dropna(axis="columns", how="all")
    numbers = {"cores", "memory_mb", "threads", "runs"}
    shown = [str(name) for name in filled if name not in STATE]
    rows = []
    for row in each_row(tidy.assign(framework=tidy["framework"].map(display_names.framework))):
        cells = {name: whole(row[name]) if name in numbers else text(row[name]) for name in shown}
        gflops = row["calibration_gflops"]
        if not page_model.is_null(gflops):
            cells["calibration_gflops"] = number(gflops, decimals=0)
        cells["system"] = text("; ".join([row["system"], *state_words(row)]))
        rows.append(list(cells.values()))
    names = {"memory_mb": "memory MiB", "system": "system and its state"}
    names |= {"calibration_gflops": "GFLOP/s"}
    page.blocks.append(Block("", [names.get(name, name) for name in shown], rows))
    return page


def state_words(row: Row) -> Iterator[str]:
    """Yield how the machine was set, as far as it reports that: `turbo on`, `governor powersave`, ..."""
    for name in ("turbo", "smt"):
        if not page_model.is_null(row[name]):
            yield f"{name.replace('smt', 'SMT')} {'on' if row[name] else 'off'}"
    if not page_model.is_null(row["virtual"]) and row["virtual"]:
        yield "virtual machine"
    for name, words in {
        "governor": "governor {}",
        "cpu_quota_cores": "quota of {:g} cores",
        "memory_limit_mb": "limit of {} MiB",
        "gpu_power_limit_w": "GPU limit of {:g} W",
    }.items():
        if not pd.isna(row[name]):
            yield words.format(row[name])
