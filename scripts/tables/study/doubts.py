"""Doubts: which figures of the study look wrong, the rules that find them, and the cells."""

from collections.abc import Iterator

import pandas as pd

from scripts.analysis.experiment import Experiment
from scripts.analysis.frames import column, each_group, each_row
from scripts.analysis.study import anomalies, mistakes, slips
from scripts.tables.page_model import Block, Cell, Page, number, text, whole

TITLE = "Doubtful figures of the published study"
LABEL = "its doubtful figures"


def tidy(experiment: Experiment) -> pd.DataFrame:
    """Return the numbers of the table; `explained_by` is what an experiment or arithmetic found."""
    found = anomalies.find(experiment.figures)
    known = {
        anomalies.PERCENT: mistakes.explanations(mistakes.tried(experiment.figures)),
        anomalies.SECONDS: slips.explanations(slips.tried(experiment.figures)),
    }
    cells = found[anomalies.CELL].itertuples(index=False, name=None)
    figures = zip(cells, found["figure"], strict=True)
    words = [known[figure].get(cell, "") for cell, figure in figures]
    return found.assign(explained_by=words)


def page(tidy: pd.DataFrame, experiment: Experiment) -> Page:
    """Lay the table out."""
    cells, count = column(tidy, "rule").value_counts(), len(tidy.drop_duplicates([*anomalies.CELL, "figure"]))
    rules = [
        [*map(text, (rule.letter, rule.words, rule.threshold, rule.why)), whole(cells.get(rule.letter, 0))]
        for rule in anomalies.RULES
    ]
    found = []
    for _, group in each_group(tidy, ["rule", "finding"]):
        first = group.iloc[0]
        where = "; ".join(anomalies.in_words(cell) for cell in each_row(group))
        by = "; ".join(dict.fromkeys(filter(None, group["explained_by"])))
        found.append([text(first["rule"]), text(first["name"]), text(where), text(first["seen"]), text(by)])
    return Page(
        TITLE,
        [
            f"Of the study's {2 * len(experiment.figures)} printed figures {count} contradict others, or what"
            " was trained. They are found by rules, not by a list; nothing is left out or corrected because"
            " of them.",
            "A rule does not know which figure is right: where it compares two cells, it names both,"
            " but for rule d, which names that of CIFAR-100. The letters are behind the figures in the table"
            " that compares with the published study.",
            "Mistakes that could have made an accuracy were tried, each in an experiment of its own, for a"
            " cell of cross-validation in folds where some were made, otherwise in the holdout split:"
            f" reproduced, if it came within {mistakes.NEAR:g} point of the printed figure, or one of its"
            " seeds or folds did. Two that reproduce the same figure cannot be distinguished by it.",
            "Slips that could have made a time were tried on the printed figures: reproduced, if the time"
            f" without the slip is within {slips.NEAR:.0%} of what a like cell and the ratio of their work"
            " make expect. They show that a slip is possible, not that it was made.",
        ],
        [
            Block("Rules", ["rule", "what it finds", "threshold", "why it is doubtful", "figures"], rules),
            Block("Figures found", ["rule", "what", "cells", "seen", "explained by"], found),
            *mistakes_tried(mistakes.tried(experiment.figures)),
            *slips_tried(slips.tried(experiment.figures)),
        ],
    )


def mistakes_tried(tried: pd.DataFrame) -> Iterator[Block]:
    """Lay out what each mistake gave that was tried; nothing if none was."""
    rows = []
    for row in each_row(tried):
        names = [row["mistake"], f"presets/explain/{row['name']}.yaml", anomalies.in_words(row)]
        measured = Cell(mistakes.span(row), row["measured"])
        rows.append([*map(text, names), number(row["printed"]), measured, text(row["result"])])
    if rows:
        header = ["mistake", "experiment", "printed cell", "printed %", "measured %", "result"]
        yield Block("Mistakes tried", header, rows)


def slips_tried(tried: pd.DataFrame) -> Iterator[Block]:
    """Lay out what each slip gave that was tried; nothing if none was."""
    rows = []
    for row in each_row(tried):
        off = 100 * (row["without"] / row["expected"] - 1)
        figures = [number(row[name]) for name in ("printed", "without", "expected")]
        names = [row["slip"], anomalies.in_words(row)]
        rows.append([*map(text, names), *figures, number(off, decimals=1, sign=True), text(row["result"])])
    if rows:
        header = ["slip", "printed cell", "printed s", "without it", "expected s", "off by %", "result"]
        yield Block("Slips tried", header, rows)
