"""The forecast as text: what `snakemake plan` prints, and the page of its table."""

import math
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from scripts.analysis import display_names
from scripts.core.text import aligned, duration, many, volume
from scripts.forecast import layers
from scripts.tables import page_model
from scripts.tables.page_model import Block, Cell, Page, gap, number, text, whole

ROW = ["device", "settings", "implementation", "dataset", "split"]
MAY_VARY = ["device", "settings", "implementation"]
JOBS_AT_A_TIME = 100  # as in profiles/slurm
WIDTH = 100
ROOM = 1.5  # by how much a time limit should exceed the forecast
UNCERTAINTY = "a third"  # of the forecast: what a few seconds may be off by, where no run can check it


@dataclass(frozen=True)
class Outlook:
    """All that is printed.

    `table` is that of estimate.tidy, `jobs` seconds of each SLURM job, `disk` bytes, `ratios` took / forecast
    of the finished runs, and `cores` those of this machine. `failed` runs are not in the table.
    """

    table: pd.DataFrame
    config: Mapping[str, Any]
    probes: Sequence[Mapping[str, Any]]
    jobs: Sequence[float]
    disk: Mapping[str, Any]
    ratios: Sequence[float]
    cores: int
    failed: int = 0

    @property
    def seconds(self) -> float:
        """Add up all missing runs."""
        return self.table.loc[:, "seconds"].sum()


# ---- Sentences, for the terminal and for the page ----


def counted(outlook: Outlook) -> str:
    """Write how many runs are planned, finished and missing."""
    runs, finished, missing = outlook.table.loc[:, ["runs", "finished", "missing"]].sum()
    failed = outlook.failed
    not_tried = f", {failed} recorded as failed, which are not tried again" if failed else ""
    return f"{many(runs + failed, 'run')} planned, {finished} finished, {missing} to make{not_tried}."


def sentences(outlook: Outlook) -> list[str]:
    """Write the whole outlook, a sentence a fact."""
    if not outlook.table.loc[:, "missing"].any():
        return ["Nothing is left to run."]
    return [
        *(total(outlook), *warnings(outlook), *side_by_side(outlook), slurm(outlook)),
        *(memory(outlook), disk(outlook), certainty(outlook), NOT_COUNTED),
    ]


NOT_COUNTED = "Not counted: parity certificate, tables, figures and report; minutes, not hours."


def total(outlook: Outlook) -> str:
    """Write how long all takes here, and its phases."""
    parts = outlook.table.loc[:, ["build_s", "compile_s", "train_s", "predict_s", "start_s"]].sum()
    phases = [
        f"epochs {duration(parts['train_s'])}",
        f"build and compile {duration(parts['build_s'] + parts['compile_s'])}",
        f"predict {duration(parts['predict_s'])}",
        f"start and load {duration(parts['start_s'])}",
    ]
    return f"Here, one run at a time: {duration(outlook.seconds)} ({', '.join(phases)})."


def side_by_side(outlook: Outlook) -> list[str]:
    """Write how long runs side by side would take, where cores are left for them."""
    threads = outlook.config["threads"]
    places = min(outlook.cores // threads, int(outlook.table.loc[:, "missing"].sum()))
    if places < 2:
        return []
    least = max(outlook.seconds / places, outlook.table.loc[:, "run_s"].max())
    return [
        f"{places} at a time (--resources timed_run={places}: {outlook.cores} cores, {threads} threads each):"
        f" from {duration(least)}, with less even times."
    ]


def slurm(outlook: Outlook) -> str:
    """Write how long the jobs take on a cluster."""
    jobs, threads = outlook.jobs, outlook.config["threads"]
    least = max(*jobs, sum(jobs) / JOBS_AT_A_TIME)
    return (
        f"On SLURM, on nodes like this machine: {many(len(jobs), 'job')} of up to {duration(max(jobs))},"
        f" {threads * sum(jobs) / 3600:.1f} core hours; from {duration(least)} if {JOBS_AT_A_TIME} run at a"
        " time, without the queue."
    )


def memory(outlook: Outlook) -> str:
    """Write how much memory the largest run takes."""
    known = outlook.table.dropna(subset="memory_mb")
    if known.empty:
        return "Memory: not known on this machine."
    most = known.loc[known["memory_mb"].idxmax()]
    where = f"{display_names.framework(most['framework'])}, {display_names.dataset(most['dataset'])}"
    gpu = outlook.table.loc[:, "gpu_memory_mb"].max()
    of_gpu = "" if math.isnan(gpu) else f"; of the GPU up to {volume(gpu * 2**20)}"
    return f"Memory of a run: up to {volume(most['memory_mb'] * 2**20)} ({where}){of_gpu}."


def disk(outlook: Outlook) -> str:
    """Write how much of the disk is taken, will be, and is free."""
    present = ", ".join(f"{name} {volume(count)}" for name, count in outlook.disk["present"].items() if count)
    return (
        f"Disk: {volume(outlook.disk['to_come'])} of records and logs to come, {volume(outlook.disk['free'])}"
        f" free{f'; already there: {present}' if present else ''}."
    )


def certainty(outlook: Outlook) -> str:
    """Write how far the forecast may be off, judged by the finished runs."""
    ratios = outlook.ratios
    if not ratios:
        return (
            "Certainty: no finished run of these kinds is there to check it against. A few seconds of each"
            f" kind were measured; the total may well be off by {UNCERTAINTY}, single kinds by more."
        )
    middle = sorted(ratios)[len(ratios) // 2]
    return (
        f"Certainty: {many(len(ratios), 'finished run')} of these kinds took {min(ratios):.2f} to"
        f" {max(ratios):.2f} times (median {middle:.2f}) the forecast from a few steps; their kinds are"
        " corrected by it."
    )


def warnings(outlook: Outlook) -> Iterator[str]:
    """Write what will go wrong, and the key to change."""
    config, limits = outlook.config, outlook.config["cluster"]["runtime"]
    busy = [probe["other_cores"] for probe in outlook.probes if probe["other_cores"] is not None]
    if busy and max(busy) > config["limits"]["other_cores"]:
        yield (
            f"Careful: other programs kept up to {max(busy):.1f} cores busy meanwhile, so all of this may be"
            " too much. Measure again when the machine is quiet: the same command with --forcerun probe"
        )
    for dataset, runs in outlook.table.dropna(subset="run_s").groupby("dataset", sort=False):
        seconds = runs.loc[:, "run_s"].max()
        minutes = limits.get(dataset, limits["default"])
        if seconds > 60 * minutes:
            needed = 10 * math.ceil(ROOM * seconds / 600)
            yield (
                f"Careful: a run on {display_names.dataset(str(dataset))} takes {duration(seconds)}"
                " and SLURM ends it"
                f" after {minutes} minutes: set cluster.runtime.{dataset} to {needed}."
            )
    most = outlook.table.loc[:, "memory_mb"].max()
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


def measured_where(outlook: Outlook) -> list[str]:
    """Write on which machine the forecast was measured."""
    if not outlook.probes:
        return []
    probe = max(outlook.probes, key=lambda probe: probe["started"])
    machine = probe["machine"]
    gpus = {probe["machine"]["gpu"] for probe in outlook.probes} - {None}
    parts = [machine["cpu"], *sorted(gpus), f"{machine['cores']} cores", f"{probe['threads']} threads a run"]
    return [f"A few seconds of each kind were measured on {machine['host']} ({', '.join(parts)})."]


# ---- Terminal ----


def summary(outlook: Outlook) -> str:
    """Write what the terminal shows, without a newline at its end."""
    lines = [f"Plan: {counted(outlook)}", *measured_where(outlook)]
    if outlook.table.loc[:, "missing"].any():
        lines += ["", "Forecast of what is missing, one run at a time:", *grid(outlook.table), ""]
    return "\n".join([*lines, *map(wrapped, sentences(outlook))])


def wrapped(sentence: str) -> str:
    """Wrap a sentence into lines as wide as a terminal, those after the first indented."""
    return textwrap.fill(
        sentence, WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )


def grid(table: pd.DataFrame) -> Iterator[str]:
    """Align lines: a dataset and split each, a column for each framework."""
    names = list(dict.fromkeys(table["framework"]))
    varying = [name for name in MAY_VARY if len(set(table[name])) > 1]
    every = ["all"] if len(names) > 1 else []
    head = ["dataset", "split", *varying, *map(display_names.framework, names), *every, "runs"]
    lines = [head]
    for _, row in table.groupby(ROW, sort=False):
        first = row.iloc[0]
        of_frameworks = [left(row.loc[row["framework"] == name]) for name in names]
        where = [first[name] for name in ("dataset", "split", *varying)]
        whole_row = [left(row) for _ in every]
        lines.append([*where, *of_frameworks, *whole_row, str(row.loc[:, "missing"].sum())])
    if len(lines) > 2:
        sums = [left(table.loc[table["framework"] == name]) for name in names]
        sums += [left(table) for _ in every]
        lines.append(["all", "", *("" for _ in varying), *sums, str(table.loc[:, "missing"].sum())])
    return aligned(lines, 2 + len(varying))


def left(rows: pd.DataFrame) -> str:
    """Write how long the missing runs of some rows take."""
    if rows.empty:
        return "-"
    return duration(rows.loc[:, "seconds"].sum()) if rows.loc[:, "missing"].any() else "done"


# ---- Page ----


def page(outlook: Outlook) -> Page:
    """Lay out the outlook as a page."""
    made = Page("Plan", [counted(outlook), *measured_where(outlook), *sentences(outlook)])
    varying = [name for name in MAY_VARY if len(set(outlook.table[name])) > 1]
    header = ["dataset", "split", "framework", *varying, "runs", "to make", "total", "build", "compile"]
    header += ["epochs", "predict", "start", "an epoch, s", "memory MiB"]
    header += ["took / forecast"] if outlook.ratios else []
    rows = []
    for row in outlook.table.to_dict("records"):
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
    of_layers = list(layers.blocks(outlook.probes, outlook.config))
    made.blocks += of_layers
    made.notes += [layers.NOTE] if of_layers else []
    return made
