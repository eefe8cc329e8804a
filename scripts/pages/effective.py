"""Effective: what was declared, beside what the frameworks read back."""

import labels
import summarise
from render import Block, Page, number, text, whole
from summarise import FACTS, THREADS


def tidy(experiment):
    return summarise.effective(experiment.runs)


def page(tidy, experiment):
    page = Page(
        "Declared and effective",
        [
            "What the config asks for and what each framework says it did, one row for each that differs.",
            "threads: as the config wants them, as given, and as the framework reports them. busy: cores"
            " that the process really kept busy while the epochs ran (CPU seconds per second, median of the"
            " runs). Fewer than the threads is no fault: it is how well the framework fills them.",
            "pinned: the cores that its runs had for themselves, or how many of its runs had some.",
        ],
    )
    if tidy.empty:
        page.notes.append("No run is finished yet.")
        return page
    header = ["framework", "variant", "device", "asked", "given", "reported", "busy", "pinned"]
    header += ["precision", "TF32", "compile", "layout", "input path", "BLAS", "more"]
    rows = []
    for _, row in tidy.iterrows():
        pinned = row["pinned_cores"]
        if not isinstance(pinned, str):
            pinned = f"{row['runs_pinned']} of {row['runs']} runs" if row["runs_pinned"] else "no"
        cells = [text(labels.framework(row["framework"]))]
        cells += [text(labels.variant(row["settings"], row["implementation"]))]
        cells += [text(labels.device(row["device"]))]
        cells += [whole(row[name]) for name in THREADS]
        cells += [number(row["busy_cores"]), text(pinned)]
        rows.append([*cells, *(text(on_off(row[name])) for name in [*FACTS, "other_facts"])])
    page.blocks.append(Block("", header, rows))
    return page


def on_off(value):
    return {True: "on", False: "off"}.get(value, value) if isinstance(value, bool) else value
