"""Doubts: which figures of the study look wrong, the rules that find them, and the cells."""

import pandas as pd

from scripts.analysis.experiment import Experiment
from scripts.analysis.frames import column, each_group, each_row
from scripts.analysis.study import anomalies
from scripts.tables.page_model import Block, Page, text, whole

TITLE = "Doubtful figures of the published study"
LABEL = "its doubtful figures"


def tidy(experiment: Experiment) -> pd.DataFrame:
    """Return the numbers of the table."""
    return anomalies.find(experiment.figures)


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
        found.append([text(first["rule"]), text(first["name"]), text(where), text(first["seen"])])
    return Page(
        TITLE,
        [
            f"Of the study's {2 * len(experiment.figures)} printed figures {count} contradict others, or what"
            " was trained. They are found by rules, not by a list; nothing is left out or corrected because"
            " of them.",
            "A rule does not know which figure is right: where it compares two cells, it names both."
            " The letters are behind the figures in the table that compares with the published study.",
        ],
        [
            Block("Rules", ["rule", "what it finds", "threshold", "why it is doubtful", "figures"], rules),
            Block("Figures found", ["rule", "what", "cells", "seen"], found),
        ],
    )
