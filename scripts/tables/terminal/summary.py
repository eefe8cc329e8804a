"""The summary of an experiment as text, and the verdicts on the study's conclusions."""

from collections.abc import Mapping

import pandas as pd

from scripts.analysis import cells as cells_of
from scripts.analysis import display_names
from scripts.analysis.frames import Row, column, each_group, each_row
from scripts.core.text import aligned
from scripts.core.validity import VERDICTS
from scripts.tables.layout import MOST_ACROSS

DOUBT = " (?)"  # behind a time that rests on doubtful runs
MOST = 16  # lines of figures; more are left to the tables
MOST_RANKED = 40  # the same, where each has a line of its own
ROW = ["settings", "implementation", "device", "dataset", "split"]


def summary(runs: pd.DataFrame, again: str = "make again", width: int | None = None) -> str:
    """Return the summary as text without a newline at its end.

    `again` is the command that repeats doubtful runs. Where frameworks across take more than `width` signs,
    each has a line of its own.
    """
    cells = cells_of.cells(runs)
    frameworks = list(dict.fromkeys(cells["framework"]))
    may_vary = ("settings", "implementation", "device")
    varying = [name for name in may_vary if column(runs, name).nunique() > 1]
    across = len(frameworks) <= MOST_ACROSS
    lines = one_row_each(cells, varying, frameworks) if across else ranked(cells, varying)
    if across and width and max(map(len, aligned(lines, len(varying) + 2))) > width:
        across, lines = False, ranked(cells, varying)
    most = MOST if across else MOST_RANKED
    left_out = max(0, len(lines) - 1 - most)
    lines = lines[: 1 + most]
    same = ", ".join(first_words(runs, varying))
    seeds = column(runs, "replicate").nunique()
    means = f"; mean of {seeds} seeds" if seeds > 1 else ""
    text = [
        *no_answer_yet(runs, again),
        f"{(runs['status'] == 'ok').sum()} of {len(runs)} runs are there ({same}).",
        *failures(runs),
        *validity(runs),
        f"Seconds to build, compile and train (kfold: all folds{means}), and mean test accuracy:",
        *aligned(lines, len(varying) + (2 if across else 3)),
    ]
    if any(DOUBT in result for line in lines for result in line):
        text.append(f"{DOUBT.strip()} rests on runs whose times are doubtful; {again} repeats them")
    if left_out:
        text.append(f"... and {left_out} more lines in the tables times and accuracy")
    return "\n".join(text)


def one_row_each(cells: pd.DataFrame, varying: list[str], frameworks: list[str]) -> list[list[str]]:
    """Return a line for each dataset and split, the frameworks across; the first line is their head."""
    lines = [[*("" for _ in varying), "", "", *map(display_names.framework, frameworks), "runs"]]
    for _, row in each_group(cells, ROW):
        first, of = row.iloc[0], dict(zip(row["framework"], row.to_dict("records"), strict=True))
        found = [result(of[name]) if name in of else "-" for name in frameworks]
        count = f"{row['folds_ok'].sum()}/{row['folds'].sum()}"
        lines.append([*(first[name] for name in (*varying, "dataset", "split")), *found, count])
    return lines


def ranked(cells: pd.DataFrame, varying: list[str]) -> list[list[str]]:
    """Return a line for each framework of each dataset and split, the fastest first, below their head."""
    lines = [[*("" for _ in varying), "", "", "", "", "runs"]]
    for _, row in each_group(cells, ROW):
        names = [row.iloc[0][name] for name in (*varying, "dataset", "split")]
        for cell in each_row(row.sort_values("seconds", kind="stable", na_position="last")):
            count = f"{cell['folds_ok']}/{cell['folds']}"
            lines.append([*names, display_names.framework(cell["framework"]), result(cell), count])
            names = [""] * len(names)
    return lines


def no_answer_yet(runs: pd.DataFrame, again: str) -> list[str]:
    """Return one line if the times of more than half of the finished runs are doubtful."""
    verdicts = column(runs, "validity").dropna()
    doubtful = int(verdicts.ne("clean").sum())
    if 2 * doubtful <= len(verdicts):
        return []
    return [f"No answer yet: {doubtful} of {len(verdicts)} runs doubtful. On a calm machine, run {again}"]


def conclusions(verdicts: pd.DataFrame) -> str:
    """Return a line for each conclusion of the study; one for all where no comparison can be made."""
    if not column(verdicts, "comparisons").any():
        return "The published study's six conclusions are not tested here (see table verdicts)."
    lines = [f"  {row['conclusion']}  {row['verdict']:<12}  {row['claim']}" for row in each_row(verdicts)]
    return "\n".join(["The published study's conclusions (why: table verdicts):", *lines])


def failures(runs: pd.DataFrame) -> list[str]:
    """Return one line: how many runs failed, and why the first of them did."""
    failed = runs.loc[runs["status"] == "failed"]
    if failed.empty:
        return []
    return [
        f"{len(failed)} failed; the table flags has all reasons, the first is: {failed['failure'].iloc[0]}"
    ]


def validity(runs: pd.DataFrame) -> list[str]:
    """Return one line: how many finished runs nothing disturbed, and what disturbed the others."""
    count = column(runs, "validity").value_counts()
    if not count.sum():
        return []
    doubtful = [f"{count[name]} {name}" for name in VERDICTS if name in count and name != "clean"]
    parts = [f"{count.get('clean', 0)} of {count.sum()} are clean", *doubtful]
    return [f"Timings: {', '.join(parts)}{'; see the table flags' if doubtful else ''}."]


def first_words(runs: pd.DataFrame, varying: list[str]) -> list[str]:
    """Return what all runs share and no line repeats."""
    first = runs.iloc[0]
    words = {"settings": f"{first['settings']} settings", "implementation": first["implementation"]}
    words["device"] = first["device"]
    return [word for name, word in words.items() if name not in varying] or ["all settings"]


def result(cell: Mapping | Row) -> str:
    """Return seconds and accuracy of a cell, or how many of its folds are there."""
    if cell["folds_ok"] < cell["folds"]:
        return f"{cell['folds_ok']}/{cell['folds']}" if cell["folds_ok"] else display_names.incomplete(cell)
    if cells_of.is_unsettled(cell):
        least, most = (in_words(cell[f"fold_{end}_s"]) for end in ("least", "most"))
        times = f"{least} to {most} s a {display_names.one_run(cell)}"
    else:
        times = f"{in_words(cell['seconds'])} s"
    doubt = DOUBT if cell["folds_doubtful"] else ""
    return f"{times}{doubt} {cell['accuracy_percent']:5.1f} %"


def in_words(seconds: float) -> str:
    """Return seconds in three or four digits."""
    return f"{seconds:.{0 if seconds >= 1000 else 1 if seconds >= 10 else 2}f}"
