"""Published: measured compared with the study, cell by cell, in the order in which the study prints them."""

import pandas as pd

from scripts.analysis import display_names, flags
from scripts.analysis.experiment import Experiment
from scripts.analysis.frames import Row, column, each_group, each_row
from scripts.analysis.study import anomalies, comparison
from scripts.analysis.study import printed_figures as study
from scripts.tables import page_model
from scripts.tables.layout import FLAGGED, with_flags
from scripts.tables.page_model import Block, Cell, Page, gap, number, seconds, text

TITLE = "Measured and published"
LABEL = "compared with the study"
ORDER = [(device, split) for device in ("cpu", "gpu") for split in ("kfold", "holdout")]
AS_PRINTED, HERE, COMPARED = "published", "measured", "ratio, points"


def tidy(experiment: Experiment) -> pd.DataFrame:
    """Return comparison.published, and how many of the measured runs carry a flag."""
    found = comparison.published(experiment.runs, experiment.figures)
    flagged = flags.counts(experiment.runs)
    keys = found[study.CELL].itertuples(index=False, name=None)
    counts = [flagged.get(comparison.like_study(*key), 0) for key in keys]
    return found.assign(folds_flagged=counts)


def page(tidy: pd.DataFrame, experiment: Experiment) -> Page:
    """Lay the table out."""
    count, letters = column(tidy, "status").value_counts(), doubt_letters(experiment.figures)
    rules = ", ".join(f"[{rule.letter}] {rule.name}" for rule in anomalies.RULES)
    page = Page(
        TITLE,
        [
            "The four tables of the published study (Cracow University of Technology, 2020), as it prints"
            " them: seconds of each framework, then test accuracy. Under a printed figure is the same"
            " cell measured here, with published settings and idiomatic implementations; under that the"
            " ratio of the times, published / measured (above 1 the measurement was faster), and the"
            " points of accuracy, measured minus published.",
            "The machines differ by years, so compare the order of the frameworks rather than single"
            " ratios. A row without others under it was not measured.",
            "A run on fewer rows, with other epochs, batch size, optimiser or network, or another"
            " number of folds is not comparable: it has no ratio, and the table at the end says why.",
            f"Letters behind printed figures mark those that look wrong: {rules}. The table of doubtful"
            " figures names the rule, and what was seen.",
            f"Of the study's {len(tidy)} cells {count.get('comparable', 0)} are comparable,"
            f" {count.get('not comparable', 0)} not comparable, {count.get('incomplete', 0)}"
            f" incomplete and {count.get('not measured', 0)} not measured.",
            *([FLAGGED] if column(tidy, "folds_flagged").any() else []),
        ],
    )
    for device, split in ORDER:
        block = tidy.loc[(tidy["device"] == device) & (tidy["split"] == split)]
        if len(block):
            page.blocks.append(
                as_printed(f"{display_names.device(device)}, {in_words(split)}", block, letters)
            )
    missing = not_compared(tidy)
    page.blocks += [missing] if missing.rows else []
    return page


def in_words(split: str) -> str:
    return display_names.split(split, study.FOLDS) if split == "kfold" else "70/30 split"


def as_printed(title: str, block: pd.DataFrame, letters: dict) -> Block:
    """One table of the study: rows are datasets, columns the seconds of all frameworks, then their %."""
    frameworks = list(dict.fromkeys(block["framework"]))
    header = [
        "dataset",
        "figures",
        *(f"{display_names.framework(name)} {unit}" for unit in "s%" for name in frameworks),
    ]
    rows = []
    for (dataset,), of_dataset in each_group(block, ["dataset"]):
        cells = [of_dataset.loc[of_dataset["framework"] == name].iloc[0] for name in frameworks]
        lines = {AS_PRINTED: printed_cells}
        if set(of_dataset["status"]) != {"not measured"}:
            lines |= {HERE: measured_cells, COMPARED: compared_cells}
        for words, make in lines.items():
            pairs = [make(cell, letters) for cell in cells]
            shown = [times for times, _ in pairs] + [percent for _, percent in pairs]
            rows.append([text(display_names.dataset(dataset)), text(words), *shown])
    return Block(title, header, rows)


# Each gives the Cells of time and accuracy of one cell of the study.


def printed_cells(cell: Row, letters: dict) -> tuple[Cell, Cell]:
    key = [cell[name] for name in study.CELL]
    time, percent = (
        printed(cell[name], letters.get((*key, name), "")) for name in (anomalies.SECONDS, anomalies.PERCENT)
    )
    return time, percent


def printed(value: float, letters: str = "") -> Cell:
    """A figure of the study with all the digits it was printed with, at least two, and its anomalies."""
    mark = f" [{letters}]" if letters else ""
    return Cell(max(f"{value:.2f}", str(value), key=len) + mark, value)


def measured_cells(cell: Row, letters: dict) -> tuple[Cell, Cell]:
    if cell["status"] == "not measured":
        return gap("not measured"), gap("")
    if page_model.is_null(cell["measured_s"]):
        return gap("incomplete"), gap("")
    return with_flags(seconds(cell["measured_s"]), cell["folds_flagged"]), number(cell["measured_percent"])


def compared_cells(cell: Row, letters: dict) -> tuple[Cell, Cell]:
    if cell["status"] == "comparable":
        return Cell(f"{cell['ratio']:.2f} x", cell["ratio"]), number(cell["points"], sign=True)
    words = "not comparable" if cell["status"] == "not comparable" else ""
    return gap(words), gap(words)


def not_compared(tidy: pd.DataFrame) -> Block:
    """Why measured cells have no ratio, one row for all cells of the same reason."""
    cells = tidy.loc[tidy["status"].isin(["not comparable", "incomplete"])]
    rows = []
    for (status, reason), group in cells.groupby(["status", "reason"], sort=False):
        where = "; ".join(anomalies.in_words(cell) for cell in each_row(group))
        rows.append([text(status), text(reason), text(where)])
    return Block("Measured, but not compared", ["status", "why", "cells"], rows)


def doubt_letters(figures: pd.DataFrame) -> dict[tuple, str]:
    """{(*CELL, figure): letters of the rules that doubt it}"""
    found = anomalies.find(figures).groupby([*study.CELL, "figure"])["rule"]
    return found.agg(lambda rules: "".join(sorted(set(rules)))).to_dict()
