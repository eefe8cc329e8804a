"""Software: every version that ran."""

import json
from typing import Any

import pandas as pd

from scripts.analysis import display_names, provenance
from scripts.analysis.experiment import Experiment
from scripts.analysis.frames import each_row
from scripts.tables.page_model import Block, Cell, Page, text, whole

TITLE = "Software"
LABEL = "software"


def tidy(experiment: Experiment) -> pd.DataFrame:
    """Return the numbers of the table."""
    return provenance.software(experiment.runs)


def page(tidy: pd.DataFrame, experiment: Experiment) -> Page:
    """Lay the table out."""
    page = Page(
        TITLE,
        [
            "What ran, as each run found it installed: one row for each set of software."
            " The files that pin it are in this category of the report, and in envs/.",
            "What a library does not report is empty.",
        ],
    )
    if tidy.empty:
        page.notes.append("No run is finished yet.")
        return page
    page.notes += display_names.retired(tidy["framework"])
    shown = tidy.drop(columns="packages").dropna(axis="columns", how="all")
    names = [str(name) for name in shown]
    words = {"framework": display_names.framework, "device": display_names.device, "runs": whole}
    rows = [[as_cell(words.get(name, text)(row[name])) for name in names] for row in each_row(shown)]
    heads = {"framework_version": "version", "keras": "Keras", "numpy": "NumPy", "python": "Python"}
    heads |= {"blas": "BLAS", "compiler": "C++ compiler"}
    header = [heads.get(name, name) for name in names]
    page.blocks = [Block("Libraries", header, rows), packages_block(tidy)]
    return page


def as_cell(value: Any) -> Cell:
    return value if isinstance(value, Cell) else text(value)


def packages_block(tidy: pd.DataFrame) -> Block:
    """Rows are packages, columns the sets of software in the order of the first table."""
    sets = [json.loads(packages) for packages in tidy["packages"]]
    names = [
        f"{display_names.framework(row['framework'])}, {display_names.device(row['device'])}"
        for row in each_row(tidy)
    ]
    rows = [
        [text(package), *(text(versions.get(package)) for versions in sets)]
        for package in sorted(set().union(*sets))
    ]
    return Block("Every installed package", ["package", *names], rows)
