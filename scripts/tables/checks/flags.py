"""Flags: missing, failed and doubtful runs, one row for all folds of a cell that share a flag."""

import pandas as pd

from scripts.analysis import display_names, flags
from scripts.analysis.experiment import Experiment
from scripts.analysis.frames import column, each_group
from scripts.core.columns import CELL, RUN_ID
from scripts.core.validity import VERDICTS
from scripts.tables.page_model import Block, Page, text, whole

TITLE = "Flags"
LABEL = "missing and doubtful runs"


def tidy(experiment: Experiment) -> pd.DataFrame:
    """Return the numbers of the table."""
    return flags.table(experiment.runs)


def page(tidy: pd.DataFrame, experiment: Experiment) -> Page:
    """Lay the table out."""
    page = Page(
        TITLE,
        [
            "Runs that are missing, that failed, or whose timing is doubtful: what was seen and what to do."
            " A flagged run stays in all tables and figures.",
            f"A run has one verdict, the worst that its flags say ({', '.join(VERDICTS)}). Flags about"
            " threads, code or data do not change it: they make a comparison doubtful, not the time.",
        ],
    )
    runs = experiment.runs
    page.blocks.append(verdicts_block(runs))
    if tidy.empty:
        page.notes.append("No flags: every planned run is there and none looks doubtful.")
        return page
    page.notes.append(f"{len(tidy.drop_duplicates(RUN_ID))} of {len(runs)} runs carry flags.")
    header = ["flag", "device", "dataset", "split", "framework", "settings", "folds", "seen"]
    rows, advice = [], {}
    for _, group in each_group(tidy, ["flag", *CELL]):
        worst = group.sort_values("excess", ascending=False).iloc[0]
        reason = worst["reason"] + (f" (worst of {len(group)})" if len(group) > 1 else "")
        reason = worst["reason"] if column(group, "reason").nunique() == 1 else reason
        variant = f"{worst['settings']}, {worst['implementation']}"
        folds = which(group)
        cells = [
            worst["flag"],
            display_names.device(worst["device"]),
            display_names.dataset(worst["dataset"]),
        ]
        cells += [display_names.split(worst["split"]), display_names.framework(worst["framework"]), variant]
        rows.append([text(value) for value in [*cells, folds, reason]])
        advice[worst["flag"]] = worst["advice"]
    count = column(tidy, "flag").value_counts().to_dict()
    todo = [[text(name), whole(count[name]), text(words)] for name, words in advice.items()]
    page.blocks += [
        Block("What to do", ["flag", "runs", "what to do"], todo),
        Block("Flagged runs", header, rows),
    ]
    return page


def which(runs: pd.DataFrame) -> str:
    """Return which runs of a cell these are: folds as ranges, with their replicate unless it is the first."""
    words = []
    for (replicate,), group in each_group(runs, ["replicate"]):
        folds = display_names.fold_list(group["fold"]) if group["split"].iloc[0] == "kfold" else ""
        number = f"replicate {replicate}" if replicate else ""
        words.append(": ".join(filter(None, [number, folds])))
    return "; ".join(filter(None, words))


def verdicts_block(runs: pd.DataFrame) -> Block:
    """How many runs have each verdict, the best first, and how many failed or have no record."""
    count = column(runs, "validity").value_counts().to_dict()
    absent = column(runs, "status").value_counts().to_dict()
    rows = [
        [text(name), whole(count[name]), text(VERDICTS[name])] for name in reversed(VERDICTS) if name in count
    ]
    for name, meaning in {"failed": "it ended without a result", "missing": "it has no record"}.items():
        if name in absent:
            rows.append([text(name), whole(absent[name]), text(meaning)])
    return Block("How many runs can be trusted", ["verdict", "runs", "meaning"], rows)
