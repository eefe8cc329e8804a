"""Published: measured beside the study."""

import labels
import published as study
import render
import summarise
from render import Block, Cell, Page, gap, number, seconds, text

from pages.layout import cell_names


def tidy(experiment):
    return summarise.published(experiment.runs, experiment.figures)


def page(tidy, experiment):
    count = tidy["status"].value_counts()
    page = Page(
        "Measured and published",
        [
            "Every figure of the published study (Cracow University of Technology, 2020) beside the"
            " same cell measured here, with published settings and idiomatic implementations.",
            "ratio = published / measured: above 1 the measurement was faster. points = measured"
            " minus published accuracy. The machines differ by years, so compare the order of the"
            " frameworks rather than single ratios.",
            "A run on fewer rows, with other epochs, batch size, optimiser or network, or another"
            " number of folds is not comparable: the cell says why and gives no ratio.",
            "A remark says which printed figures contradict others.",
            f"Of the study's {len(tidy)} cells {count.get('comparable', 0)} are comparable,"
            f" {count.get('not comparable', 0)} not comparable, {count.get('incomplete', 0)}"
            f" incomplete and {count.get('not measured', 0)} not measured.",
        ],
    )
    header = ["dataset", "framework", "published s", "measured s", "ratio", "published %"]
    header += ["measured %", "points", "remark"]
    for (device, split), block in tidy.groupby(["device", "split"], sort=False):
        words = labels.split(split, study.FOLDS) if split == "kfold" else "70/30 split"
        title = f"{labels.device(device)}, {words}"
        rows = [published_row(cell) for _, cell in block.iterrows()]
        page.blocks.append(Block(title, header, rows))
    return page


def published_row(cell):
    ratio = points = gap("")
    if cell["status"] == "comparable":
        ratio, points = number(cell["ratio"]), number(cell["points"], sign=True)
    elif cell["status"] == "not comparable":
        ratio = gap(f"not comparable ({cell['reason']})")
    elif cell["status"] == "incomplete":
        ratio = gap(cell["reason"])
    else:
        ratio = gap("not measured")
    return [
        *cell_names(cell),
        printed(cell["published_s"]),
        gap("") if render.is_null(cell["measured_s"]) else seconds(cell["measured_s"]),
        ratio,
        printed(cell["published_percent"]),
        gap("") if render.is_null(cell["measured_percent"]) else number(cell["measured_percent"]),
        points,
        text(cell["doubt"]),
    ]


def printed(value):
    """A figure of the study with all the digits it was printed with, at least two."""
    return Cell(max(f"{value:.2f}", str(value), key=len), value)
