"""Make one table of the runs: PREFIX.csv, tidy and precise, and .md, .html and .tex to read."""

import argparse
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import labels
import published as study
import render
import summarise
from cli import atomic, run
from render import Block, Cell, Page, gap, number, seconds, text, whole
from summarise import BLOCK, CELL, PHASES


@dataclass(frozen=True)
class Table:
    """`tidy(runs, figures)` makes the numbers, `page(tidy)` lays them out for people."""

    tidy: Callable
    page: Callable


def options():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("table", choices=list(TABLES), help="which table")
    parser.add_argument("--runs", type=Path, required=True, help="runs.parquet of collect.py")
    parser.add_argument("--out", type=Path, required=True, help="prefix of the files to write")
    parser.add_argument(
        "--published", type=Path, default=study.FOLDER, help="folder of the study's figures (CSV)"
    )
    return parser.parse_args()


# ---- times and accuracy: rows are datasets, columns frameworks, as the study prints them ----


def times_page(tidy):
    page = Page(
        "Training times",
        [
            "Seconds to build, compile and train (total_s of the runs); imports, reading data and"
            " prediction are not in it. The fastest framework of a row is bold.",
            "Cross-validation is given twice: all folds added up, which is what the study prints,"
            " and per fold as mean ± standard deviation. Folds are added up only when all are"
            " there; otherwise the cell says how many are.",
        ],
    )
    for title, block in blocks(tidy):
        several = block["folds"].max() > 1
        whole_title = f"{title}: all folds together, seconds" if several else f"{title}, seconds"
        page.blocks.append(pivot(whole_title, block, total_cell, fastest))
        if several:
            fold_title = f"{title}: per fold, seconds, mean ± standard deviation"
            page.blocks.append(pivot(fold_title, block, fold_cell, fastest))
    return page


def total_cell(cell):
    return seconds(cell["seconds"]) if is_complete(cell) else incomplete(cell)


def fold_cell(cell):
    if not is_complete(cell):
        return incomplete(cell)
    return seconds(cell["fold_mean_s"], cell["fold_sd_s"])


def accuracy_page(tidy):
    page = Page(
        "Test accuracy",
        [
            "Percent of the test rows whose most probable class is the right one; over the folds of"
            " a cross-validation mean ± standard deviation.",
            "A difference between two frameworks is not a finding by itself: look at the spread of"
            " the folds, and at what each library takes as its default.",
        ],
    )
    for title, block in blocks(tidy):
        page.blocks.append(pivot(f"{title}, percent", block, accuracy_cell))
    return page


def accuracy_cell(cell):
    if not is_complete(cell):
        return incomplete(cell)
    return number(cell["accuracy_percent"], cell["accuracy_sd"])


def blocks(tidy):
    """(title, rows) of each settings, implementation, device and split, in the plan's order."""
    several = tidy["implementation"].nunique() > 1
    for (settings, implementation, device, split), block in tidy.groupby(BLOCK, sort=False):
        where = f"{labels.device(device)}, {labels.split(split, block['folds'].max())}"
        yield f"{where} ({labels.variant(settings, implementation, several)})", block


def pivot(title, block, make, finish=lambda row: row):
    """Rows are datasets, columns frameworks; `make` turns a row of the tidy table into a Cell."""
    frameworks = list(dict.fromkeys(block["framework"]))
    cells = {(row["dataset"], row["framework"]): make(row) for _, row in block.iterrows()}
    rows = []
    for dataset in dict.fromkeys(block["dataset"]):
        row = [cells.get((dataset, name), gap("not planned")) for name in frameworks]
        rows.append([text(labels.dataset(dataset)), *finish(row)])
    return Block(title, ["dataset", *(labels.framework(name) for name in frameworks)], rows)


def fastest(row):
    """Mark the least of a row, where all of it was measured and there is something to compare."""
    if len(row) < 2 or any(cell.value is None for cell in row):
        return row
    least = min(cell.value for cell in row)
    return [Cell(c.text, c.value, "best" if c.value == least else "") for c in row]


def is_complete(cell):
    return cell["folds_ok"] == cell["folds"]


def incomplete(cell):
    return gap(labels.incomplete(cell["folds_ok"], cell["folds"]))


# ---- phases ----


def phases_page(tidy):
    page = Page(
        "Where the time goes",
        [
            "Mean seconds of one run in each phase. total = build + compile + train, the figure of"
            " the other tables; import, load and predict lie outside it.",
            "compile is what the first training step costs beyond the second.",
        ],
    )
    header = ["dataset", "framework", "runs", *(name[:-2] for name in [*PHASES, "total_s"])]
    for title, block in blocks(tidy):
        rows = []
        for _, cell in block.iterrows():
            done = f"{cell['folds_ok']}/{cell['folds']}"
            numbers = [
                seconds(cell[name]) if cell["folds_ok"] else gap("missing") for name in [*PHASES, "total_s"]
            ]
            rows.append([*cell_names(cell), Cell(done, int(cell["folds_ok"])), *numbers])
        page.blocks.append(Block(f"{title}, seconds per run", header, rows))
    return page


def cell_names(cell):
    return [text(labels.dataset(cell["dataset"])), text(labels.framework(cell["framework"]))]


# ---- published: measured beside the study ----


def published_page(tidy):
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


# ---- flags: one row for all folds of a cell that share a flag ----


def flags_page(tidy):
    page = Page(
        "Flags",
        [
            "Runs that are missing or whose timing is doubtful: what was seen and what to do."
            " A flagged run stays in all tables and figures.",
        ],
    )
    if tidy.empty:
        page.notes.append("No flags: every planned run is there and none looks doubtful.")
        return page
    header = ["flag", "device", "dataset", "split", "framework", "settings", "folds", "seen"]
    rows, advice = [], {}
    for _, group in tidy.groupby(["flag", *CELL], sort=False):
        worst = group.sort_values("excess", ascending=False).iloc[0]
        reason = worst["reason"] + (f" (worst of {len(group)})" if len(group) > 1 else "")
        reason = worst["reason"] if group["reason"].nunique() == 1 else reason
        variant = f"{worst['settings']}, {worst['implementation']}"
        folds = labels.fold_list(group["fold"]) if worst["split"] == "kfold" else ""
        cells = [worst["flag"], labels.device(worst["device"]), labels.dataset(worst["dataset"])]
        cells += [labels.split(worst["split"]), labels.framework(worst["framework"]), variant]
        rows.append([text(value) for value in [*cells, folds, reason]])
        advice[worst["flag"]] = worst["advice"]
    count = tidy["flag"].value_counts()
    todo = [[text(name), whole(count[name]), text(words)] for name, words in advice.items()]
    page.blocks = [
        Block("What to do", ["flag", "runs", "what to do"], todo),
        Block("Flagged runs", header, rows),
    ]
    return page


# ---- machines ----


def machines_page(tidy):
    page = Page(
        "Machines and software",
        [
            "One row for each machine and set of software that made runs. Times of different rows"
            " may differ for the machine's sake, not the framework's.",
        ],
    )
    if tidy.empty:
        page.notes.append("No run is finished yet.")
        return page
    numbers = {"cores", "memory_mb", "threads", "runs"}
    rows = [
        [whole(row[name]) if name in numbers else text(row[name]) for name in tidy.columns]
        for _, row in tidy.assign(framework=tidy["framework"].map(labels.framework)).iterrows()
    ]
    header = [{"memory_mb": "memory MiB", "framework_version": "version"}.get(n, n) for n in tidy]
    page.blocks.append(Block("", header, rows))
    return page


TABLES = {
    "times": Table(lambda runs, figures: summarise.times(runs), times_page),
    "accuracy": Table(lambda runs, figures: summarise.accuracy(runs), accuracy_page),
    "phases": Table(lambda runs, figures: summarise.phases(runs), phases_page),
    "published": Table(summarise.published, published_page),
    "flags": Table(lambda runs, figures: summarise.flags(runs), flags_page),
    "machines": Table(lambda runs, figures: summarise.machines(runs), machines_page),
}


def write(name, tidy, page, prefix):
    """The four files of a table, all of them or none."""
    files = {
        ".csv": tidy.to_csv(index=False, lineterminator="\n"),
        ".md": render.markdown(page),
        ".html": render.html_page(page),
        ".tex": render.latex(page, name),
    }
    with ExitStack() as stack:
        for suffix, content in files.items():
            temporary = stack.enter_context(atomic(f"{prefix}{suffix}"))
            temporary.write_text(content, encoding="utf-8")


def main():
    args = options()
    table = TABLES[args.table]
    tidy = table.tidy(summarise.read_runs(args.runs), study.read(args.published))
    write(args.table, tidy, table.page(tidy), args.out)


if __name__ == "__main__":
    run(main)
