"""Effective: what was declared, and what the frameworks read back."""

from typing import Any

import pandas as pd

from scripts.analysis import display_names, provenance
from scripts.analysis.experiment import Experiment
from scripts.analysis.frames import Row, each_row
from scripts.analysis.provenance import ASKED, COMPUTING, FACTS, OWN_CHOICE, THREADS
from scripts.tables.page_model import Block, Cell, Page, is_null, number, text, whole

TITLE = "Declared and effective"
LABEL = "declared and effective"


def tidy(experiment: Experiment) -> pd.DataFrame:
    """Return the numbers of the table."""
    return provenance.effective(experiment.runs)


def page(tidy: pd.DataFrame, experiment: Experiment) -> Page:
    """Lay the table out."""
    page = Page(
        TITLE,
        [
            "What the config asks for and what each framework reports it did, one row for each that differs.",
            "threads: as the config wants them, as given, and as the framework's own pool reports; pools:"
            " those of every OpenMP and BLAS library in the process, as they report them.",
            "computing: threads of the process that took CPU time while the epochs ran (a twentieth or"
            " more of what the busiest took), in bold where they were not as many as given. More may take"
            " turns, as those of TensorFlow's two pools do; runs that used more processors than they were"
            " given carry the flag `too much CPU`. busy: cores that"
            " the process really kept busy while the epochs ran (CPU seconds per second, median of the"
            " runs). Fewer than the threads is no fault: it is how well the framework fills them.",
            "pinned: the cores that its runs had for themselves, or how many of its runs had some.",
            "precision to input path: as read back. Where something else was asked for, or the choice was"
            " left to the framework, that is in brackets; elsewhere it is as asked.",
        ],
    )
    if tidy.empty:
        page.notes.append("No run is finished yet.")
        return page
    header = ["framework", "variant", "device", "asked", "given", "reported", "computing"]
    header += ["pools", "busy", "pinned"]
    header += ["precision", "TF32", "compile", "layout", "input path", "BLAS", "more"]
    rows = []
    for row in each_row(tidy):
        pinned = row["pinned_cores"]
        if not isinstance(pinned, str):
            pinned = f"{row['runs_pinned']} of {row['runs']} runs" if row["runs_pinned"] else "no"
        cells = [text(display_names.framework(row["framework"]))]
        cells += [text(display_names.variant(row["settings"], row["implementation"]))]
        cells += [text(display_names.device(row["device"]))]
        cells += [whole(row[name]) for name in THREADS]
        cells += [computing(row), text(row["thread_pools"]), number(row["busy_cores"]), text(pinned)]
        cells += [fact(row[name], row[asked]) for name, asked in zip(FACTS[:-1], ASKED, strict=True)]
        rows.append([*cells, text(row["blas"]), text(row["other_facts"])])
    page.blocks.append(Block("", header, rows))
    return page


def computing(row: Row) -> Cell:
    """How many threads computed, in the run with the fewest and in that with the most of them."""
    least, most = (row[name] for name in COMPUTING)
    if is_null(least):
        return whole(None)
    words = f"{least}" if least == most else f"{least} to {most}"
    return Cell(words, most, "" if least == most == row["threads"] else "best")


def fact(read: Any, asked: Any) -> Cell:
    """A fact as read back, and what was asked for where that is something else."""
    if is_null(asked) or is_null(read) or read == asked:
        return text(on_off(read))
    if asked == OWN_CHOICE:
        return text(f"{on_off(read)} ({asked})")
    return Cell(f"{on_off(read)} (asked: {on_off(asked)})", None, "best")


def on_off(value: Any) -> Any:
    return {True: "on", False: "off"}.get(value, value) if isinstance(value, bool) else value
