"""Make one table of the runs: PREFIX.csv, tidy and precise, and .md, .html and .tex to read."""

import argparse
import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import labels
import pandas as pd
import published as study
import render
import summarise
from cli import atomic, run
from collect import read_experiment
from quality import VERDICTS
from render import Block, Cell, Page, gap, number, seconds, text, whole
from summarise import BLOCK, CELL, FACTS, PHASES, RUN_ID, STATE, THREADS


@dataclass(frozen=True)
class Experiment:
    """What tables are made from: the table of runs, the study's figures, `limits` of the config."""

    runs: pd.DataFrame
    figures: pd.DataFrame
    limits: dict


@dataclass(frozen=True)
class Table:
    """`tidy(experiment)` makes the numbers, `page(tidy, experiment)` lays them out for people."""

    tidy: Callable
    page: Callable


def options():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("table", choices=list(TABLES), help="which table")
    parser.add_argument("--runs", type=Path, required=True, help="runs.parquet of collect.py")
    parser.add_argument("--experiment", type=Path, required=True, help="JSON: the config, for its limits")
    parser.add_argument("--out", type=Path, required=True, help="prefix of the files to write")
    parser.add_argument(
        "--published", type=Path, default=study.FOLDER, help="folder of the study's figures (CSV)"
    )
    return parser.parse_args()


# ---- answer: who took the least time, and did all learn the same? ----


def answer_page(tidy, experiment):
    page = Page(
        "In short",
        [
            "Who built, compiled and trained the same network in the least time: its seconds, all folds"
            " added up, and how many times as long each framework took. The test accuracies beside it"
            " are the least and the greatest of the frameworks.",
            "A ratio near 1 is no finding: the spread of the folds stands in the table of times.",
        ],
    )
    frameworks = list(dict.fromkeys(tidy["framework"]))
    varying = [name for name in ("settings", "implementation") if tidy[name].nunique() > 1]
    header = ["dataset", "trained on", *varying, "least time", "seconds"]
    header += [*(labels.framework(name) for name in frameworks), "test accuracy %"]
    rows = []
    for _, row in tidy.groupby([*BLOCK, "dataset"], sort=False):
        first = row.iloc[0]
        where = f"{labels.device(first['device'])}, {labels.split(first['split'], first['folds'])}"
        names = [labels.dataset(first["dataset"]), where, *(first[name] for name in varying)]
        of = {cell["framework"]: times_as_long(cell) for _, cell in row.iterrows()}
        times = [of.get(name, gap("not planned")) for name in frameworks]
        rows.append([*map(text, names), *least_time(row), *fastest(times), accuracies(row)])
    page.blocks.append(Block("", header, rows))
    return page


def least_time(row):
    """The framework of least time and its seconds, where all were measured and there are several."""
    if len(row) < 2 or row["times_fastest"].isna().any():
        return gap("not all measured" if len(row) > 1 else "only one"), gap("")
    least = row.loc[row["seconds"].idxmin()]
    return Cell(labels.framework(least["framework"]), None, "best"), seconds(least["seconds"])


def times_as_long(cell):
    if not is_complete(cell):
        return incomplete(cell)
    ratio = cell["times_fastest"]
    return gap("measured") if render.is_null(ratio) else Cell(f"{ratio:.2f} x", ratio)


def accuracies(row):
    known = row["accuracy_percent"].dropna()
    if known.empty:
        return gap("missing")
    least, most = known.min(), known.max()
    return Cell(f"{least:.2f}" if least == most else f"{least:.2f} to {most:.2f}", least)


# ---- times and accuracy: rows are datasets, columns frameworks, as the study prints them ----


FLAGGED = (
    "(2 flagged): so many of its runs carry a flag, which makes the time or the comparison doubtful;"
    " the table flags says why."
)


def times_page(tidy, experiment):
    page = Page(
        "Training times",
        [
            "Seconds to build, compile and train (total_s of the runs); imports, reading data and"
            " prediction are not in it. The fastest framework of a row is bold.",
            "Cross-validation is given twice: all folds added up, which is what the study prints,"
            " and per fold as mean ± standard deviation. Folds are added up only when all are"
            " there; otherwise the cell says how many are.",
            *([FLAGGED] if tidy["folds_flagged"].any() else []),
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
    return flagged(seconds(cell["seconds"]), cell) if is_complete(cell) else incomplete(cell)


def fold_cell(cell):
    if not is_complete(cell):
        return incomplete(cell)
    return flagged(seconds(cell["fold_mean_s"], cell["fold_sd_s"]), cell)


def flagged(shown, cell):
    """The Cell `shown`, with the number of runs behind it that carry a flag."""
    count = cell["folds_flagged"]
    if not count:
        return shown
    return replace(shown, text=f"{shown.text} ({f'{count} ' if cell['folds'] > 1 else ''}flagged)")


def accuracy_page(tidy, experiment):
    page = Page(
        "Test accuracy",
        [
            "Percent of the test rows whose most probable class is the right one; over the folds of"
            " a cross-validation mean ± standard deviation.",
            "A difference between two frameworks is not a finding by itself: look at the spread of"
            " the folds, and at what each library takes as its default.",
            *([FLAGGED] if tidy["folds_flagged"].any() else []),
        ],
    )
    for title, block in blocks(tidy):
        page.blocks.append(pivot(f"{title}, percent", block, accuracy_cell))
    return page


def accuracy_cell(cell):
    if not is_complete(cell):
        return incomplete(cell)
    return flagged(number(cell["accuracy_percent"], cell["accuracy_sd"]), cell)


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


def phases_page(tidy, experiment):
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


def published_page(tidy, experiment):
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


def flags_page(tidy, experiment):
    page = Page(
        "Flags",
        [
            "Runs that are missing or whose timing is doubtful: what was seen and what to do."
            " A flagged run stays in all tables and figures.",
            f"A run has one verdict, the worst that its flags say ({', '.join(VERDICTS)}). Flags about"
            " threads, code or data do not change it: they make a comparison doubtful, not the time.",
        ],
    )
    runs = experiment.runs
    page.blocks.append(verdicts_block(runs["validity"], len(runs)))
    if tidy.empty:
        page.notes.append("No flags: every planned run is there and none looks doubtful.")
        return page
    page.notes.append(f"{len(tidy.drop_duplicates(RUN_ID))} of {len(runs)} runs carry flags.")
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
    page.blocks += [
        Block("What to do", ["flag", "runs", "what to do"], todo),
        Block("Flagged runs", header, rows),
    ]
    return page


def verdicts_block(validity, planned):
    """How many runs have each verdict, the best first, and how many have no record."""
    count = validity.value_counts()
    rows = [
        [text(name), whole(count[name]), text(VERDICTS[name])] for name in reversed(VERDICTS) if name in count
    ]
    if planned > count.sum():
        rows.append([text("missing"), whole(planned - count.sum()), text("it has no record")])
    return Block("How many runs can be trusted", ["verdict", "runs", "meaning"], rows)


# ---- machines ----


def machines_page(tidy, experiment):
    page = Page(
        "Machines",
        [
            "One row for each machine and framework that made runs. Times on different machines may"
            " differ for the machine's sake, not the framework's. The table of software has the versions.",
        ],
    )
    if tidy.empty:
        page.notes.append("No run is finished yet.")
        return page
    # Software has a table of its own; a column that no machine fills only takes room.
    filled = tidy.drop(columns=["framework_version", "keras", "python"]).dropna(axis="columns", how="all")
    numbers = {"cores", "memory_mb", "threads", "runs"}
    shown = [name for name in filled if name not in STATE]
    rows = []
    for _, row in tidy.assign(framework=tidy["framework"].map(labels.framework)).iterrows():
        cells = {name: whole(row[name]) if name in numbers else text(row[name]) for name in shown}
        gflops = row["calibration_gflops"]
        if not render.is_null(gflops):
            cells["calibration_gflops"] = number(gflops, decimals=0)
        cells["system"] = text("; ".join([row["system"], *state_words(row)]))
        rows.append(list(cells.values()))
    names = {"memory_mb": "memory MiB", "system": "system and its state"}
    names |= {"calibration_gflops": "GFLOP/s"}
    page.blocks.append(Block("", [names.get(name, name) for name in shown], rows))
    return page


def state_words(row):
    """How the machine was set, as far as it tells: `turbo on`, `governor powersave`, ..."""
    for name in ("turbo", "smt"):
        if not render.is_null(row[name]):
            yield f"{name.replace('smt', 'SMT')} {'on' if row[name] else 'off'}"
    if not render.is_null(row["virtual"]) and row["virtual"]:
        yield "virtual machine"
    for name, words in {
        "governor": "governor {}",
        "cpu_quota_cores": "quota of {:g} cores",
        "memory_limit_mb": "limit of {} MiB",
        "gpu_power_limit_w": "GPU limit of {:g} W",
    }.items():
        if not pd.isna(row[name]):
            yield words.format(row[name])


# ---- effective: declared against read back ----


def effective_page(tidy, experiment):
    page = Page(
        "Declared and effective",
        [
            "What the config asks for and what each framework says it did, one row for each that differs.",
            "threads: as the config wants them, as given, and as the framework reports them. busy: cores"
            " that the process really kept busy while the epochs ran (CPU seconds per second, median of the"
            " runs). Fewer than the threads is no fault: it is how well the framework fills them.",
            "pinned: the cores that its runs had for themselves, or how many of its runs had some.",
        ],
    )
    if tidy.empty:
        page.notes.append("No run is finished yet.")
        return page
    header = ["framework", "variant", "device", "asked", "given", "reported", "busy", "pinned"]
    header += ["precision", "TF32", "compile", "layout", "input path", "BLAS", "more"]
    rows = []
    for _, row in tidy.iterrows():
        pinned = row["pinned_cores"]
        if not isinstance(pinned, str):
            pinned = f"{row['runs_pinned']} of {row['runs']} runs" if row["runs_pinned"] else "no"
        cells = [text(labels.framework(row["framework"]))]
        cells += [text(labels.variant(row["settings"], row["implementation"]))]
        cells += [text(labels.device(row["device"]))]
        cells += [whole(row[name]) for name in THREADS]
        cells += [number(row["busy_cores"]), text(pinned)]
        rows.append([*cells, *(text(on_off(row[name])) for name in [*FACTS, "other_facts"])])
    page.blocks.append(Block("", header, rows))
    return page


def on_off(value):
    return {True: "on", False: "off"}.get(value, value) if isinstance(value, bool) else value


# ---- software ----


def software_page(tidy, experiment):
    page = Page(
        "Software",
        [
            "What ran, as each run found it installed: one row for each set of software."
            " The files that pin it are in this category of the report, and in envs/.",
            "What a library does not tell is empty.",
        ],
    )
    if tidy.empty:
        page.notes.append("No run is finished yet.")
        return page
    shown = tidy.drop(columns="packages").dropna(axis="columns", how="all")
    words = {"framework": labels.framework, "device": labels.device, "runs": whole}
    rows = [[as_cell(words.get(n, text)(row[n])) for n in shown] for _, row in shown.iterrows()]
    heads = {"framework_version": "version", "keras": "Keras", "numpy": "NumPy", "python": "Python"}
    header = [{**heads, "blas": "BLAS", "compiler": "C++ compiler"}.get(n, n) for n in shown]
    page.blocks = [Block("Libraries", header, rows), packages_block(tidy)]
    return page


def as_cell(value):
    return value if isinstance(value, Cell) else text(value)


def packages_block(tidy):
    """Rows are packages, columns the sets of software in the order of the first table."""
    sets = [json.loads(packages) for packages in tidy["packages"]]
    names = [
        f"{labels.framework(row['framework'])}, {labels.device(row['device'])}" for _, row in tidy.iterrows()
    ]
    rows = [
        [text(package), *(text(versions.get(package)) for versions in sets)]
        for package in sorted(set().union(*sets))
    ]
    return Block("Every installed package", ["package", *names], rows)


TABLES = {
    "answer": Table(lambda e: summarise.answer(e.runs), answer_page),
    "times": Table(lambda e: summarise.times(e.runs, e.limits), times_page),
    "accuracy": Table(lambda e: summarise.accuracy(e.runs, e.limits), accuracy_page),
    "phases": Table(lambda e: summarise.phases(e.runs), phases_page),
    "published": Table(lambda e: summarise.published(e.runs, e.figures), published_page),
    "flags": Table(lambda e: summarise.flags(e.runs, e.limits), flags_page),
    "machines": Table(lambda e: summarise.machines(e.runs), machines_page),
    "effective": Table(lambda e: summarise.effective(e.runs), effective_page),
    "software": Table(lambda e: summarise.software(e.runs), software_page),
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
    config, _ = read_experiment(args.experiment)
    found = Experiment(summarise.read_runs(args.runs), study.read(args.published), config["limits"])
    tidy = table.tidy(found)
    write(args.table, tidy, table.page(tidy, found), args.out)


if __name__ == "__main__":
    run(main)
