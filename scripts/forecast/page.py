"""The forecast in words: what `snakemake plan` prints, and the page of its table."""

import math
import textwrap
from dataclasses import dataclass

import pandas as pd

from scripts.analysis import display_names
from scripts.core.text import aligned, duration, many, volume
from scripts.tables import page_model
from scripts.tables.page_model import Block, Cell, Page, gap, number, text, whole

ROW = ["device", "settings", "implementation", "dataset", "split"]
MAY_VARY = ["device", "settings", "implementation"]
JOBS_AT_A_TIME = 100  # as profiles/slurm says
WIDTH = 100
ROOM = 1.5  # by how much a time limit should exceed the forecast
DOUBT = "a third"  # what a forecast from a few seconds may well be off by, where nothing is there to check it


@dataclass(frozen=True)
class Outlook:
    """What is told: `table` of forecast.tidy, seconds of each SLURM job, bytes of disk, took / forecast of
    the finished runs, and how many cores there are."""

    table: pd.DataFrame
    config: dict
    probes: list
    jobs: list
    disk: dict
    ratios: list
    cores: int

    @property
    def seconds(self):
        return self.table["seconds"].sum()


# ---- Sentences, for the terminal and for the page ----


def counted(outlook):
    table = outlook.table
    words = f"{many(table['runs'].sum(), 'run')} planned, {table['finished'].sum()} finished"
    return f"{words}, {table['missing'].sum()} to make."


def sentences(outlook):
    """The whole outlook, a sentence a fact."""
    if not outlook.table["missing"].sum():
        return ["Nothing is left to run."]
    found = [total(outlook), *warnings(outlook), *side_by_side(outlook), slurm(outlook)]
    return [*found, memory(outlook), disk(outlook), certainty(outlook), NOT_COUNTED]


NOT_COUNTED = "Not counted: parity certificate, tables, figures and report; minutes, not hours."


def total(outlook):
    parts = outlook.table[["build_s", "compile_s", "train_s", "predict_s", "start_s"]].sum()
    words = [
        f"epochs {duration(parts['train_s'])}",
        f"build and compile {duration(parts['build_s'] + parts['compile_s'])}",
        f"predict {duration(parts['predict_s'])}",
        f"start and load {duration(parts['start_s'])}",
    ]
    return f"Here, one run at a time: {duration(outlook.seconds)} ({', '.join(words)})."


def side_by_side(outlook):
    """What runs side by side would save, where cores are left."""
    threads = outlook.config["threads"]
    places = min(outlook.cores // threads, int(outlook.table["missing"].sum()))
    if places < 2:
        return []
    least = max(outlook.seconds / places, outlook.table["run_s"].max())
    return [
        f"{places} at a time (--resources timed_run={places}: {outlook.cores} cores, {threads} threads each):"
        f" from {duration(least)}, with less even times."
    ]


def slurm(outlook):
    jobs, threads = outlook.jobs, outlook.config["threads"]
    least = max(*jobs, sum(jobs) / JOBS_AT_A_TIME)
    return (
        f"On SLURM, on nodes like this machine: {many(len(jobs), 'job')} of up to {duration(max(jobs))},"
        f" {threads * sum(jobs) / 3600:.1f} core hours; from {duration(least)} if {JOBS_AT_A_TIME} run at a"
        " time, without the queue."
    )


def memory(outlook):
    known = outlook.table.dropna(subset="memory_mb")
    if known.empty:
        return "Memory: this machine does not tell."
    most = known.loc[known["memory_mb"].idxmax()]
    words = (
        f"Memory of a run: up to {volume(most['memory_mb'] * 2**20)}"
        f" ({display_names.framework(most['framework'])}"
    )
    words += f", {display_names.dataset(most['dataset'])})"
    gpu = outlook.table["gpu_memory_mb"].max()
    return words + ("." if math.isnan(gpu) else f"; of the GPU up to {volume(gpu * 2**20)}.")


def disk(outlook):
    present = ", ".join(f"{name} {volume(count)}" for name, count in outlook.disk["present"].items() if count)
    return (
        f"Disk: {volume(outlook.disk['to_come'])} of records and logs to come, {volume(outlook.disk['free'])}"
        f" free{f'; already there: {present}' if present else ''}."
    )


def certainty(outlook):
    ratios = outlook.ratios
    if not ratios:
        return (
            "Certainty: no finished run of these kinds is there to check it against. A few seconds of each"
            f" kind were measured; the total may well be off by {DOUBT}, single kinds by more."
        )
    middle = sorted(ratios)[len(ratios) // 2]
    return (
        f"Certainty: {many(len(ratios), 'finished run')} of these kinds took {min(ratios):.2f} to"
        f" {max(ratios):.2f} times (median {middle:.2f}) what a few steps foretell; the kinds they are of"
        " are corrected by it."
    )


def warnings(outlook):
    """What will go wrong, and the key to change."""
    config, limits = outlook.config, outlook.config["cluster"]["runtime"]
    busy = [probe["other_cores"] for probe in outlook.probes if probe["other_cores"] is not None]
    if busy and max(busy) > config["limits"]["other_cores"]:
        yield (
            f"Careful: other programs kept up to {max(busy):.1f} cores busy meanwhile, so all of this may be"
            " too much. Measure again when the machine is quiet: snakemake plan --forcerun probe"
        )
    for dataset, seconds in outlook.table.groupby("dataset", sort=False)["run_s"].max().dropna().items():
        minutes = limits.get(dataset, limits["default"])
        if seconds > 60 * minutes:
            needed = 10 * math.ceil(ROOM * seconds / 600)
            yield (
                f"Careful: a run on {display_names.dataset(dataset)} takes {duration(seconds)}"
                " and SLURM ends it"
                f" after {minutes} minutes: set cluster.runtime.{dataset} to {needed}."
            )
    most = outlook.table["memory_mb"].max()
    if most > config["memory_mb"]:
        yield (
            f"Careful: runs take more memory than memory_mb: {config['memory_mb']} asks SLURM for: set it to"
            f" {100 * math.ceil(1.2 * most / 100)}."
        )
    there = min((probe["machine"]["memory_mb"] for probe in outlook.probes), default=0)
    if there and most > 0.9 * there:
        yield f"Careful: this machine has {volume(there * 2**20)} of memory, hardly enough for one run."
    if outlook.disk["to_come"] > outlook.disk["free"]:
        yield "Careful: that is more than the disk has free."


def measured_where(outlook):
    if not outlook.probes:
        return []
    probe = max(outlook.probes, key=lambda one: one["started"])
    machine = probe["machine"]
    gpus = {one["machine"]["gpu"] for one in outlook.probes} - {None}
    parts = [machine["cpu"], *sorted(gpus), f"{machine['cores']} cores", f"{probe['threads']} threads a run"]
    return [f"A few seconds of each kind were measured on {machine['host']} ({', '.join(parts)})."]


# ---- Terminal ----


def summary(outlook):
    """What the terminal shows, without a newline at its end."""
    table = outlook.table[outlook.table["missing"] > 0]
    lines = [f"Plan: {counted(outlook)}", *measured_where(outlook)]
    if len(table):
        lines += ["", "Forecast of what is missing, one run at a time:", *grid(outlook.table), ""]
    return "\n".join([*lines, *map(wrapped, sentences(outlook))])


def wrapped(sentence):
    """Lines as wide as a terminal, those after the first indented."""
    return textwrap.fill(
        sentence, WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )


def grid(table):
    """Lines: a dataset and split each, a column for each framework."""
    names = list(dict.fromkeys(table["framework"]))
    varying = [name for name in MAY_VARY if table[name].nunique() > 1]
    every = ["all"] if len(names) > 1 else []
    head = ["dataset", "split", *varying, *map(display_names.framework, names), *every, "runs"]
    lines = [head]
    for _, row in table.groupby(ROW, sort=False):
        first = row.iloc[0]
        told = [left(row[row["framework"] == name]) for name in names]
        where = [first[name] for name in ("dataset", "split", *varying)]
        whole_row = [left(row) for _ in every]
        lines.append([*where, *told, *whole_row, str(row["missing"].sum())])
    if len(lines) > 2:
        sums = [left(table[table["framework"] == name]) for name in names]
        sums += [left(table) for _ in every]
        lines.append(["all", "", *("" for _ in varying), *sums, str(table["missing"].sum())])
    return aligned(lines, 2 + len(varying))


def left(rows):
    """How long what is missing of some rows takes."""
    if rows.empty:
        return "-"
    return duration(rows["seconds"].sum()) if rows["missing"].any() else "done"


# ---- Page ----


def page(outlook):
    made = Page("Plan", [counted(outlook), *measured_where(outlook), *sentences(outlook)])
    varying = [name for name in MAY_VARY if outlook.table[name].nunique() > 1]
    header = ["dataset", "split", "framework", *varying, "runs", "to make", "total", "build", "compile"]
    header += ["epochs", "predict", "start", "an epoch, s", "memory MiB"]
    header += ["took / forecast"] if outlook.ratios else []
    rows = []
    for _, row in outlook.table.iterrows():
        cells = [text(display_names.dataset(row["dataset"])), text(display_names.split(row["split"]))]
        cells += [text(display_names.framework(row["framework"])), *(text(row[name]) for name in varying)]
        cells += [whole(row["runs"]), whole(row["missing"])]
        times = ["seconds", "build_s", "compile_s", "train_s", "predict_s", "start_s"]
        cells += [Cell(duration(row[name]), row[name]) if row["missing"] else gap("") for name in times]
        cells += [gap("") if page_model.is_null(row["epoch_s"]) else number(row["epoch_s"])]
        cells += [whole(row["memory_mb"])]
        if outlook.ratios:
            ratio = row["took_over_forecast"]
            cells.append(gap("") if page_model.is_null(ratio) else number(ratio))
        rows.append(cells)
    made.blocks.append(Block("What is missing, one run at a time", header, rows))
    return made
