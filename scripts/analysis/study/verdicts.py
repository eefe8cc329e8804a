"""Verdicts on the study's six conclusions: from the answers of their comparisons, by one written rule."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from scripts.analysis import display_names, flags
from scripts.analysis.experiment import Experiment
from scripts.analysis.frames import column, each_group, finished_runs, planned
from scripts.analysis.study import comparison
from scripts.analysis.study import printed_figures as study
from scripts.analysis.study.conclusion_rules import NO, NOT_COUNTED, OPEN, YES, Comparison
from scripts.analysis.study.conclusions import CONCLUSIONS, Conclusion, Part
from scripts.analysis.study.measured import Measured
from scripts.core.columns import CELL

CONFIRMED, CONTRADICTED, NOT_TESTED = "confirmed", "contradicted", "not tested"
ENOUGH = 2 / 3  # of the comparisons must say yes
RULE = (
    "Each conclusion is tested by comparisons that say yes, no or open (their interval holds the limit of"
    " the rule). Confirmed: at least two thirds of those that count say yes. Contradicted: more than a"
    " third say no. Not tested: neither, or the comparisons do not cover more than half of the datasets"
    " that the conclusion names (for conclusion 6 one is enough). Of two parts both must be confirmed; one"
    " contradicted is enough to contradict."
)
SHOWN = 4  # exceptions named in the evidence; the table of comparisons has all


@dataclass(frozen=True)
class Outcome:
    """What became of a conclusion. `parts` are (Part, verdict, why it is not tested, its Comparisons)."""

    conclusion: Conclusion
    verdict: str
    parts: tuple
    evidence: str
    runs: str


def judge(experiment: Experiment) -> list[Outcome]:
    """Return the six Outcomes."""
    measured = prepare(experiment)
    return [outcome(conclusion, measured) for conclusion in CONCLUSIONS]


def prepare(experiment: Experiment) -> Measured:
    """Return what conclusions are tested on."""
    runs = experiment.runs.loc[experiment.runs["implementation"] == "idiomatic"]
    missing, differs = {}, {}
    for key, cell in each_group(runs.loc[:, comparison.NEEDED], CELL):
        finished = finished_runs(cell)
        if len(finished) < len(cell):
            missing[key] = display_names.incomplete(planned(cell))
        if words := difference(finished, column(cell, "fold").nunique()):
            differs[key] = words
    return Measured(experiment, runs, missing, differs, flags.counts(experiment.runs))


def difference(finished: pd.DataFrame, folds: int) -> str:
    """Return in what the finished runs of a cell are not the study's; empty if in nothing, or without any.

    `folds` are those planned of each seed.
    """
    if finished.empty:
        return ""
    if finished["dataset"].iloc[0] not in study.PROTOCOLS:
        return "not a dataset of the study"
    return ", ".join(comparison.differences(finished, folds))


def outcome(conclusion: Conclusion, measured: Measured) -> Outcome:
    """Return what became of one conclusion."""
    parts = []
    for part in conclusion.parts:
        found = part.compare(measured, part.datasets)
        parts.append((part, *part_verdict(part, found, measured), found))
    verdicts = [verdict for _, verdict, _, _ in parts]
    verdict = next((name for name in (CONTRADICTED, NOT_TESTED) if name in verdicts), CONFIRMED)
    evidence = " ".join(in_words(*part) for part in parts)
    return Outcome(conclusion, verdict, tuple(parts), evidence, runs_in_words(parts, measured))


def part_verdict(part: Part, found: list[Comparison], measured: Measured) -> tuple[str, str]:
    """Return (verdict, why it is not tested or empty)."""
    counted = [one for one in found if one.answer != NOT_COUNTED]
    if not counted:
        return NOT_TESTED, what_lacks(part, found, measured)
    there = {one.dataset for one in counted}
    if len(there) <= part.coverage * len(part.datasets):
        only = listed([name for name in part.datasets if name in there])
        return NOT_TESTED, f"of {listed(part.datasets)} only {only} can be compared"
    answers = [one.answer for one in counted]
    if answers.count(YES) >= ENOUGH * len(answers):
        return CONFIRMED, ""
    if answers.count(NO) > (1 - ENOUGH) * len(answers):
        return CONTRADICTED, ""
    return NOT_TESTED, "the measurements do not decide"


def what_lacks(part: Part, found: list[Comparison], measured: Measured) -> str:
    """Return why nothing of a part counts."""
    if found:
        whys = list(dict.fromkeys(one.why for one in found))
        return "; ".join(whys[:SHOWN]) + ("; ..." if len(whys) > SHOWN else "")
    runs = measured.runs[measured.runs["dataset"].isin(part.datasets)]
    if "settings" not in part.needs:
        runs = measured.of(part.datasets)
    if runs.empty:
        return f"no run of {listed(part.datasets, ' or ')} with published settings, idiomatic"
    names = {
        "device": display_names.device,
        "split": display_names.split,
        "framework": display_names.framework,
    }
    absent = [
        f"{names.get(column, str)(level)}{' settings' if column == 'settings' else ''}"
        for column, levels in part.needs.items()
        for level in levels
        if level not in set(runs[column])
    ]
    return f"no runs with {', '.join(absent)}" if absent else "no two runs that can be compared"


# ---- Evidence in words ----


def in_words(part: Part, verdict: str, why: str, found: list[Comparison]) -> str:
    """Return one part in sentences; of a conclusion of two parts with what it says."""
    counted = [one for one in found if one.answer != NOT_COUNTED]
    words = f"{part.words}: {verdict}" if part.words else ""
    if why:
        words = f"{words}, {why}" if words else capital(why)
    sentences = [words] if words else []
    if counted:
        answers = [one.answer for one in counted]
        values = [one.value for one in counted if one.value is not None]
        ends = [min(values), max(values)] if len(values) > 1 else values
        spread = " to ".join(map(two_decimals, ends))
        sentences.append(f"{answers.count(YES)} of {len(counted)} say yes ({part.unit} {spread})")
        for answer in (NO, OPEN):
            named = [f"{where(one)}: {figures(one)}" for one in counted if one.answer == answer]
            sentences += [f"{capital(answer)}: {cut(named)}"] if named else []
        apart = {}
        for one in found:
            if one.why:
                apart.setdefault(one.why, []).append(where(one))
        partly = [f"{where(one)} ({one.partly})" for one in counted if one.partly]
        sentences += [f"Estimated from a part of the folds: {cut(partly)}"] if partly else []
        sentences += [f"Not counted ({why}): {cut(places)}" for why, places in apart.items()]
    return "".join(f"{sentence}. " for sentence in sentences).strip()


def capital(words: str) -> str:
    """Return a sentence with a capital at its start."""
    return words[0].upper() + words[1:]


def cut(words: list[str]) -> str:
    """Return the first SHOWN of the texts, and how many more there are."""
    more = len(words) - SHOWN
    return "; ".join(words[:SHOWN]) + (f"; and {more} more" if more > 0 else "")


def where(one: Comparison) -> str:
    """Return `MNIST, PyTorch, CPU, 70/30`."""
    split = {"holdout": "70/30", "kfold": "folds"}.get(one.split, "")
    names = display_names.dataset(one.dataset), one.framework, display_names.device(one.device), split
    return ", ".join(filter(None, names))


def figures(one: Comparison) -> str:
    """Return the value of a comparison with its interval: `1.20 (1.10 to 1.30)`."""
    ends = "" if one.interval is None else f" ({' to '.join(map(two_decimals, one.interval))})"
    return two_decimals(one.value) + ends


def two_decimals(value: float | None) -> str:
    """Return a number as `1.20`, a tiny negative one as `0.00`."""
    return f"{round(value or 0, 2) + 0.0:.2f}"


def listed(datasets: Iterable[str], last: str = " and ") -> str:
    """Return names of datasets as `A, B and C`."""
    *most, end = [display_names.dataset(name) for name in datasets]
    return last.join([", ".join(most), end]) if most else end


def runs_in_words(parts: Sequence[tuple], measured: Measured) -> str:
    """Return which runs the comparisons rest on that count; empty if none does."""
    counted = [one for _, _, _, found in parts for one in found if one.answer != NOT_COUNTED]
    cells = set().union(*(one.cells for one in counted))
    if not cells:
        return ""
    of_run = measured.runs.loc[:, CELL].itertuples(index=False, name=None)
    used = finished_runs(measured.runs.loc[[cell in cells for cell in of_run]])
    settings = " and ".join(column(used, "settings").unique())
    devices = " and ".join(map(display_names.device, column(used, "device").unique()))
    flagged, hosts = sum(measured.flagged.get(cell, 0) for cell in cells), column(used, "host").nunique()
    words = f"{len(used)} runs, {settings} settings, {devices}"
    words += f", {flagged} flagged" if flagged else ""
    return words + (f", on {hosts} machines" if hosts > 1 else "")
