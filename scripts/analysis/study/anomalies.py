"""Which figures of the published study look wrong: found by rules, not by a list kept by hand.

A rule finds; it does not know which figure is right. Where it compares two cells it names both.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pandas as pd

from scripts.analysis import display_names
from scripts.analysis.frames import Row, column, each_group, each_row
from scripts.analysis.study.arithmetic import convolutions, rows_trained
from scripts.analysis.study.printed_figures import CELL, FOLDS, PROTOCOLS, TEST_SHARE

CHANCE = 1.5  # times 1 / classes
SAME_NETWORK = 2.0  # times, for networks that differ in the last layer only
# Cross-validation trains 10 folds on 90 %, the split once on 70 %.
FOLD_WORK = FOLDS * (1 - 1 / FOLDS) / (1 - TEST_SHARE)  # 12.86
FOLD_FACTOR = 1.4
WORK_FACTOR = 2.0
DEVICE_FACTOR = 3.0
DEVICE_POINTS = 5.0
SECONDS, PERCENT = "published_s", "published_percent"
Finding = tuple[list, str]  # index labels of the cells, and what was seen in words


@dataclass(frozen=True)
class Rule:
    """`find(study)` yields its Findings."""

    letter: str
    name: str
    words: str
    threshold: str
    why: str
    figure: str  # SECONDS or PERCENT
    find: Callable[[pd.DataFrame], Iterator[Finding]]


def find(study: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each rule, finding and cell.

    Its columns are rule, name, finding (from 1 in each rule), CELL, figure, printed, seen. `study` is the
    table of printed_figures.read, or one that begins with its columns.
    """
    rows = []
    for rule in RULES:
        for number, (places, seen) in enumerate(rule.find(study), start=1):
            for place in places:
                cell = study.loc[place]
                rows.append(
                    {"rule": rule.letter, "name": rule.name, "finding": number}
                    | {name: cell[name] for name in CELL}
                    | {"figure": rule.figure, "printed": cell[rule.figure], "seen": seen}
                )
    return pd.DataFrame(rows, columns=["rule", "name", "finding", *CELL, "figure", "printed", "seen"])


def remarks(study: pd.DataFrame) -> pd.Series:
    """Return what looks wrong in each printed cell: a Series of text, mostly empty, in `study`'s order."""
    found = find(study).groupby(CELL)["seen"].agg("; ".join)
    keys = study[CELL].itertuples(index=False, name=None)
    return pd.Series([found.get(key, "") for key in keys], index=study.index)


# ---- The rules ----


def equal_times(study: pd.DataFrame) -> Iterator[Finding]:
    """Yield cells in which the same time is printed."""
    for (value,), group in each_group(study, [SECONDS]):
        if len(group) > 1:
            yield list(group.index), f"{value:g} s is printed {times_in_words(len(group))}"


def equal_accuracies(study: pd.DataFrame) -> Iterator[Finding]:
    """Yield cells of both splits with the same accuracy."""
    for one in pairs(study, "split", "holdout", "kfold"):
        if one[PERCENT] == one[f"{PERCENT}_other"]:
            yield places(one), f"{one[PERCENT]:.2f} % is printed for both splits"


def chance_level(study: pd.DataFrame) -> Iterator[Finding]:
    """Yield cells whose accuracy is that of guessing."""
    for place, cell in zip(study.index, each_row(study), strict=True):
        chance = 100 / PROTOCOLS[cell["dataset"]].classes
        if cell[PERCENT] <= CHANCE * chance:
            yield [place], f"{cell[PERCENT]:.2f} % is chance level ({chance:.2f} %)"


def same_network(study: pd.DataFrame) -> Iterator[Finding]:
    """Yield cells of CIFAR-100 that took much longer than those of CIFAR-10."""
    for one in pairs(study, "dataset", "cifar100", "cifar10"):
        times = one[SECONDS] / one[f"{SECONDS}_other"]
        if times > SAME_NETWORK:
            yield [one["place"]], f"{times:.1f} times the time of CIFAR-10"


def fold_work(study: pd.DataFrame) -> Iterator[Finding]:
    """Yield pairs of splits whose times are far from the ratio of their work."""
    for one in pairs(study, "split", "kfold", "holdout"):
        times = one[SECONDS] / one[f"{SECONDS}_other"]
        if off(times, FOLD_WORK, FOLD_FACTOR):
            words = f"cross-validation took {times:.1f} times the 70/30 split, its work is"
            yield places(one), f"{words} {FOLD_WORK:.1f} times"


def work_done(study: pd.DataFrame) -> Iterator[Finding]:
    """Yield convolutional networks whose time for each multiply-add is far from the usual one.

    Letter is left out: its time does not come from its 2,472 multiply-adds.
    """
    adds = convolutions()
    images = study.loc[study["dataset"].isin(adds)]
    cells = zip(images["dataset"], images["split"], strict=True)
    work = [adds[dataset] * rows_trained(dataset, split) for dataset, split in cells]
    per_add = images[SECONDS] / work
    for _, group in per_add.groupby([images[name] for name in ("framework", "device", "split")], sort=False):
        for place, value in group.items():
            times = value / group.median()
            if off(times, 1, WORK_FACTOR):
                yield [place], f"{times:.1f} times the usual time for each multiply-add"


def device_ratio(study: pd.DataFrame) -> Iterator[Finding]:
    """Yield pairs of devices whose time ratio is far from that of the other frameworks."""
    both = pd.DataFrame(pairs(study, "device", "cpu", "gpu"))
    if both.empty:
        return
    both["times"] = both[SECONDS] / both[f"{SECONDS}_other"]
    for _, group in each_group(both, ["split", "dataset"]):
        usual = column(group, "times").median()
        for one in each_row(group):
            if off(one["times"], usual, DEVICE_FACTOR):
                words = f"the CPU took {one['times']:.1f} times the GPU, usual are {usual:.1f}"
                yield places(one), words


def device_accuracy(study: pd.DataFrame) -> Iterator[Finding]:
    """Yield pairs of devices whose accuracies lie apart."""
    for one in pairs(study, "device", "cpu", "gpu"):
        here, there = one[PERCENT], one[f"{PERCENT}_other"]
        if abs(here - there) > DEVICE_POINTS:
            yield places(one), f"{here:.2f} % on the CPU, {there:.2f} % on the GPU"


RULES = [
    Rule(
        "a",
        "equal times",
        "The same time is printed in two cells.",
        "equal to the last digit",
        "Two measurements do not agree in six digits: one was probably copied.",
        SECONDS,
        equal_times,
    ),
    Rule(
        "b",
        "equal accuracies",
        "A framework reaches the same accuracy in both splits.",
        "equal to the last digit",
        "The mean of ten folds and one split have other test rows.",
        PERCENT,
        equal_accuracies,
    ),
    Rule(
        "c",
        "chance level",
        "The accuracy is that of guessing, 1 / classes.",
        f"up to {CHANCE:g} times 1 / classes",
        "The network learned nothing, or the labels were read wrongly.",
        PERCENT,
        chance_level,
    ),
    Rule(
        "d",
        "CIFAR-100 and CIFAR-10",
        "CIFAR-100 takes much longer than CIFAR-10.",
        f"more than {SAME_NETWORK:g} times",
        "The networks differ in the last layer only: 0.2 % more work.",
        SECONDS,
        same_network,
    ),
    Rule(
        "e",
        "cross-validation and 70/30",
        "The ratio of the two times is far from that of the rows trained. One of the two looks wrong.",
        f"{FOLD_WORK:.1f} times, off by more than a factor of {FOLD_FACTOR:g}"
        f" (below {FOLD_WORK / FOLD_FACTOR:.1f} or above {FOLD_WORK * FOLD_FACTOR:.1f})",
        f"10 folds on 90 % of the rows are {FOLD_WORK:.1f} times the work of one split on 70 %.",
        SECONDS,
        fold_work,
    ),
    Rule(
        "f",
        "time and work",
        "Seconds for each multiply-add of a convolutional network, against the median of the three"
        " of that framework, device and split.",
        f"off by more than a factor of {WORK_FACTOR:g}",
        "The same library does the same kind of work at much the same speed. Letter Recognition is left"
        " out: its network is so small that the time goes into everything but arithmetic.",
        SECONDS,
        work_done,
    ),
    Rule(
        "g",
        "CPU and GPU",
        "CPU time over GPU time, against the median of the frameworks on that dataset and split. One of"
        " the two looks wrong.",
        f"off by more than a factor of {DEVICE_FACTOR:g}",
        "How much a GPU gains depends on the network and the machine, far less on the framework.",
        SECONDS,
        device_ratio,
    ),
    Rule(
        "h",
        "accuracy on CPU and GPU",
        "The accuracy changes with the device. One of the two looks wrong.",
        f"more than {DEVICE_POINTS:g} points apart",
        "A device changes rounding, not what is learned.",
        PERCENT,
        device_accuracy,
    ),
]


# ---- What they share ----


def pairs(study: pd.DataFrame, name: str, one: str, other: str) -> list[dict]:
    """Return every two cells that differ in `name` alone, as a mapping.

    It has `place` and all columns, and the same of the other cell, ending in _other.
    """
    rest = [column for column in CELL if column != name]
    sides = [study.loc[study[name] == level].rename_axis("place").reset_index() for level in (one, other)]
    return sides[0].merge(sides[1], on=rest, suffixes=("", "_other")).to_dict("records")


def places(one: Row) -> list:
    """Return the index labels of both cells of a pair."""
    return [one["place"], one["place_other"]]


def off(value: float, expected: float, factor: float) -> bool:
    """Return whether a value is away from the expected one by more than a factor."""
    return abs(math.log(value / expected)) > math.log(factor)


def times_in_words(count: int) -> str:
    """Return `twice`, `3 times`, ..."""
    return "twice" if count == 2 else f"{count} times"


def in_words(cell: Row) -> str:
    """Return a cell of the study: `Theano CIFAR-100, CPU, 70/30`."""
    split = "70/30" if cell["split"] == "holdout" else display_names.split("kfold", FOLDS)
    names = f"{display_names.framework(cell['framework'])} {display_names.dataset(cell['dataset'])}"
    return f"{names}, {display_names.device(cell['device'])}, {split}"
