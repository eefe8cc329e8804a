"""Verdicts: each conclusion of the study, tested on the measured runs."""

import pandas as pd

from scripts.analysis import display_names
from scripts.analysis.experiment import Experiment
from scripts.analysis.frames import each_row
from scripts.analysis.study import verdicts
from scripts.analysis.study.conclusion_rules import (
    NO,
    NOT_COUNTED,
    ONE_RUN,
    ONE_RUN_POINTS,
    OPEN,
    YES,
    Comparison,
)
from scripts.analysis.study.conclusions import Conclusion, Part
from scripts.analysis.study.verdicts import NOT_TESTED, RULE
from scripts.tables.layout import interval
from scripts.tables.page_model import Block, Cell, Page, gap, number, text

TITLE = "Verdicts on the published conclusions"
LABEL = "verdicts on its conclusions"
COLUMNS = ["conclusion", "claim", "words", "verdict", "evidence", "runs"]
COLUMNS += ["comparisons", "yes", "no", "open", "not_counted", "rule", "command"]


def tidy(experiment: Experiment) -> pd.DataFrame:
    """Return one row a conclusion: COLUMNS; `command` measures what is not tested. attrs: its Outcomes."""
    rows, outcomes = [], verdicts.judge(experiment)
    for one in outcomes:
        answers = [comparison.answer for _, _, _, found in one.parts for comparison in found]
        conclusion = one.conclusion
        names = [conclusion.number, conclusion.claim, conclusion.words]
        rows.append([*names, one.verdict, one.evidence, one.runs, len(answers)])
        rows[-1] += [answers.count(answer) for answer in (YES, NO, OPEN, NOT_COUNTED)]
        rows[-1] += [conclusion.rule, conclusion.command]
    found = pd.DataFrame(rows, columns=COLUMNS)
    found.attrs["outcomes"] = outcomes  # for the page: to judge takes seconds
    return found


def page(tidy: pd.DataFrame, experiment: Experiment) -> Page:
    """Lay the table out."""
    page = Page(
        TITLE,
        [
            RULE,
            "Only runs on the study's datasets that follow its protocol count (all rows, its epochs, batch"
            " size, optimiser and folds, published settings, idiomatic implementations): a trial on few rows"
            " tests nothing."
            " Conclusion 6 compares them with matched settings.",
            "One run of each, as in a holdout split, has no interval: a time ratio is then taken as uncertain"
            f" by a factor of {ONE_RUN:g}, a difference of accuracies by {ONE_RUN_POINTS:g} points, to both"
            " sides, and does not count where that holds the limit.",
        ],
    )
    found, rules = [], []
    for row in each_row(tidy):
        name = text(f"{row['conclusion']} {row['words']}")
        tested = row["verdict"] != NOT_TESTED
        shown = Cell(row["verdict"], None, "best") if tested else gap(row["verdict"])
        to_do = text("" if tested else row["command"])
        evidence = row["evidence"] + (f" Runs: {row['runs']}." if row["runs"] else "")
        found.append([name, shown, text(evidence), to_do])
        rules.append([text(str(row["conclusion"])), text(row["rule"])])
    header = ["conclusion", "verdict", "evidence", "what would test it"]
    page.blocks += [Block("Conclusions", header, found), Block("Rules", ["conclusion", "rule"], rules)]
    each = [
        comparison_row(one.conclusion, part, comparison)
        for one in tidy.attrs["outcomes"]
        for part, _, _, found in one.parts
        for comparison in found
    ]
    if each:
        header = ["conclusion", "dataset", "framework", "device", "split", "what", "value", "interval"]
        page.blocks.append(Block("Each comparison", [*header, "says", "why not counted"], each))
    return page


def comparison_row(conclusion: Conclusion, part: Part, one: Comparison) -> list[Cell]:
    names = [f"{conclusion.number} {part.words}".strip(), display_names.dataset(one.dataset), one.framework]
    names += [display_names.device(one.device), display_names.split(one.split), part.unit]
    value = gap("") if one.value is None else number(one.value)
    spread = gap("") if one.interval is None else interval(*one.interval)
    says = gap(one.answer) if one.answer == NOT_COUNTED else text(one.answer)
    return [*map(text, names), value, spread, says, text(one.why)]
