"""Doubts: which figures of the study look wrong, the rules that find them, and the cells."""

import doubts
from page_model import Block, Page, text, whole


def tidy(experiment):
    return doubts.find(experiment.figures)


def page(tidy, experiment):
    cells, count = tidy["rule"].value_counts(), len(tidy.drop_duplicates([*doubts.CELL, "figure"]))
    rules = [
        [*map(text, (rule.letter, rule.words, rule.threshold, rule.why)), whole(cells.get(rule.letter, 0))]
        for rule in doubts.RULES
    ]
    found = []
    for _, group in tidy.groupby(["rule", "finding"], sort=False):
        first = group.iloc[0]
        where = "; ".join(doubts.in_words(cell) for _, cell in group.iterrows())
        found.append([text(first["rule"]), text(first["name"]), text(where), text(first["seen"])])
    return Page(
        "Doubtful figures of the published study",
        [
            f"Of the study's {2 * len(experiment.figures)} printed figures {count} contradict others, or what"
            " was trained. They are found by rules, not by a list; nothing is left out or mended for them.",
            "A rule does not know which figure is right: where it compares two cells, it names both."
            " The letters stand behind the figures in the table beside the published study.",
        ],
        [
            Block("Rules", ["rule", "what it finds", "threshold", "why it is doubtful", "figures"], rules),
            Block("Figures found", ["rule", "what", "cells", "seen"], found),
        ],
    )
