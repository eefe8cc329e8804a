"""The comparison as text: what `snakemake compare` prints, and the page of its table."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import pandas as pd

from scripts.analysis import display_names
from scripts.compare.eligibility import COMPARED, is_doubtful
from scripts.compare.sources import Source
from scripts.core.columns import BLOCK, CELL
from scripts.core.text import aligned, machine_words
from scripts.tables import page_model
from scripts.tables.page_model import Block, Cell, Page, gap, number, seconds, text, whole

MOST = 24  # lines of figures on the terminal; more are left to the table
MAY_VARY = ["settings", "implementation", "device"]
TableRow = Mapping[str, Any]  # of eligibility.tidy: a cell of one source

RULE = (
    "A cell is compared with that of the first experiment only if both have the same network, training,"
    " prepared data and rows of every fold; its times only with the same number of threads, too."
)
EXPECTED = (
    "In brackets: the ratio of times that the calibration alone predicts, a float32 matrix product which"
    " every run measures. Near it, the machine explains the difference."
)


# ---- What both share ----


def experiments(sources: Sequence[Source]) -> list[dict[str, str]]:
    """Describe each source in one row: its machines, threads and runs."""
    rows = []
    for source in sources:
        runs = source.finished
        machines = dict.fromkeys(machine_words(run) for run in runs.to_dict("records"))
        dates = sorted({min(runs["finished"])[:10], max(runs["finished"])[:10]})
        rows.append(
            {
                "experiment": source.label,
                "machine": "; ".join(machines),
                "runs": f"{len(runs)}/{len(source.runs)}",
                "date": " to ".join(dates),
                "GFLOP/s": calibration(runs),
                "file": source.path,
            }
        )
    return rows


def calibration(runs: pd.DataFrame) -> str:
    """Write the medians, in GFLOP/s: `TensorFlow 81, PyTorch 49`; of each device where there are several."""
    parts = []
    for device, of_device in runs.groupby("device", sort=False):
        known = of_device.dropna(subset="calibration_gflops").groupby("framework", sort=False)
        medians = ", ".join(
            f"{display_names.framework(str(name))} {of_framework.loc[:, 'calibration_gflops'].median():.0f}"
            for name, of_framework in known
        )
        parts.append((f"{display_names.device(str(device))}: ", medians))
    return "; ".join(device + medians if len(parts) > 1 else medians for device, medians in parts)


def reasons(tidy: pd.DataFrame) -> dict[str, int]:
    """Count the cells that are not compared: {why: number}, the most frequent first."""
    refused = tidy.loc[tidy["status"].isin(["not comparable", "accuracy only"])]
    return dict(Counter(refused["reason"]).most_common())


def ratio_words(cell: TableRow) -> str:
    """Write the ratio of times, with the expected one in brackets."""
    expected = "" if page_model.is_null(cell["gflops_ratio"]) else f" ({cell['gflops_ratio']:.2f})"
    return f"{cell['time_ratio']:.2f}{expected}{' (?)' if is_doubtful(cell) else ''}"


def points_words(cell: TableRow) -> str:
    """Write by how many points of percent the accuracy differs."""
    return "same" if cell["same_accuracy"] else f"{cell['points']:+.2f}"


# ---- Page ----


def page(tidy: pd.DataFrame, sources: Sequence[Source]) -> Page:
    """Lay out the comparison as a page."""
    made = Page(
        "Experiments side by side",
        [
            f"Times and test accuracies of {len(sources)} experiments. The first is the reference.",
            RULE,
            EXPECTED,
        ],
    )
    shown = experiments(sources)
    made.blocks.append(Block("Experiments", list(shown[0]), [list(map(text, row.values())) for row in shown]))
    several = len(set(tidy["implementation"])) > 1
    blocks: Any = tidy.groupby(BLOCK, sort=False)  # keys are tuples, as by several columns
    for (settings, implementation, device, split), block in blocks:
        variant = display_names.variant(settings, implementation, several)
        counts = (block[name].max() for name in ("folds", "replicates"))
        where = f"{display_names.device(device)}, {display_names.split(split, *counts)} ({variant})"
        made.blocks.append(grid(f"{where}: seconds to build, compile and train", block, sources, times))
        made.blocks.append(grid(f"{where}: test accuracy, percent", block, sources, accuracies))
    refused = [[whole(count), text(reason)] for reason, count in reasons(tidy).items()]
    if refused:
        made.blocks.append(
            Block("Not compared, and why", ["cells", "what differs, and in which file"], refused)
        )
    remarks = [remark(row) for row in tidy.to_dict("records") if row["remark"]]
    if remarks:
        header = ["dataset", "split", "device", "framework", "experiment", "compared with the reference"]
        made.blocks.append(Block("Worth knowing", header, remarks))
    return made


def remark(cell: TableRow) -> list[Cell]:
    """Lay out what is worth knowing of a cell."""
    where = [
        display_names.dataset(cell["dataset"]),
        display_names.split(cell["split"]),
        display_names.device(cell["device"]),
    ]
    what = [display_names.framework(cell["framework"]), cell["source"], cell["remark"]]
    return list(map(text, [*where, *what]))


def grid(
    title: str,
    block: pd.DataFrame,
    sources: Sequence[Source],
    make: Callable[[list[TableRow], Sequence[Source]], tuple[list[str], list[Cell]]],
) -> Block:
    """Lay out a row for each dataset and framework.

    `make(cells, sources)` returns the header and the Cells of a row: of each source, then compared.
    """
    heads, rows = [], []
    by_framework: Any = block.groupby(["dataset", "framework"], sort=False)  # keys are tuples
    for (dataset, framework), cells in by_framework:
        heads, values = make(cells.to_dict("records"), sources)
        rows.append([text(display_names.dataset(dataset)), text(display_names.framework(framework)), *values])
    return Block(title, ["dataset", "framework", *heads], rows)


def times(cells: list[TableRow], sources: Sequence[Source]) -> tuple[list[str], list[Cell]]:
    """Lay out the seconds of each source, then their ratios to the reference."""
    heads = [source.label for source in sources]
    heads += [f"{source.label} / {sources[0].label}" for source in sources[1:]]
    measured = [seconds(cell["seconds"]) if is_complete(cell) else gap(cell["reason"]) for cell in cells]
    return heads, [
        *measured,
        *(compared(cell, ["comparable"], "time_ratio", ratio_words) for cell in cells[1:]),
    ]


def accuracies(cells: list[TableRow], sources: Sequence[Source]) -> tuple[list[str], list[Cell]]:
    """Lay out the accuracy of each source, then their differences from the reference."""
    heads = [source.label for source in sources]
    heads += [f"{source.label} - {sources[0].label}" for source in sources[1:]]
    measured = [
        number(cell["accuracy_percent"]) if is_complete(cell) else gap(cell["reason"]) for cell in cells
    ]
    return heads, [*measured, *(compared(cell, COMPARED, "points", points_words) for cell in cells[1:])]


def is_complete(cell: TableRow) -> bool:
    """Return whether all planned folds are there."""
    return bool(cell["folds"]) and cell["folds_ok"] == cell["folds"]


def compared(
    cell: TableRow, statuses: Collection[str], column: str, write: Callable[[TableRow], str]
) -> Cell:
    """Make the Cell of a comparison, or of the reason why there is none."""
    if cell["status"] in statuses:
        return Cell(write(cell), cell[column])
    return gap("" if cell["status"] in ("incomplete", "absent") else "not comparable")


# ---- Terminal ----


def summary(tidy: pd.DataFrame, sources: Sequence[Source]) -> str:
    """Write what the terminal shows, without a newline at its end."""
    shown = [["experiment", "machine", "runs", "GFLOP/s", "file"]]
    shown += [[row[name] for name in shown[0]] for row in experiments(sources)]
    varying = [name for name in MAY_VARY if len(set(tidy[name])) > 1]
    first, others = sources[0].label, [source.label for source in sources[1:]]
    lines = [["dataset", "split", *varying, "framework", first, *others, "accuracy"]]
    for _, cells in tidy.groupby(CELL, sort=False):
        reference, *rest = cells.to_dict("records")
        if reference["status"] == "absent":
            continue
        names = [reference[name] for name in ("dataset", "split", *varying)]
        own = f"{reference['seconds']:.1f} s" if is_complete(reference) else reference["reason"]
        ratios = [ratio_words(cell) if cell["status"] == "comparable" else gap_words(cell) for cell in rest]
        points = [points_words(cell) if cell["status"] in COMPARED else "-" for cell in rest]
        framework = display_names.framework(reference["framework"])
        lines.append([*names, framework, own, *ratios, ", ".join(points)])
    left_out = tidy.groupby(CELL).ngroups - len(lines[1 : 1 + MOST])
    printed = [
        *aligned(shown, len(shown[0])),
        "",
        f"Seconds of {first}; of the others the ratio to it (in brackets: what the calibration alone",
        "predicts). Accuracy: points of percent more than the first.",
        *aligned(lines[: 1 + MOST], 3 + len(varying)),
    ]
    if left_out:
        printed.append(f"... and {left_out} more lines in the table")
    if any("(?)" in word for line in lines for word in line):
        printed.append("(?): rests on doubtful runs; the page says on how many")
    printed += [f"Not compared ({count} cells): {reason}" for reason, count in reasons(tidy).items()]
    return "\n".join(printed)


def gap_words(cell: TableRow) -> str:
    """Write in a few words why there is no ratio."""
    reasons_of = {"accuracy only": "other threads", "absent": "-", "incomplete": cell["reason"]}
    return reasons_of.get(cell["status"], "not comparable")
