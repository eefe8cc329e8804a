"""The schedule: which run ran when, on which cores, and how many of them it kept busy."""

from collections.abc import Iterator
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from scripts.analysis import display_names, flags
from scripts.analysis.experiment import Experiment
from scripts.analysis.frames import column, finished_runs
from scripts.core.text import many
from scripts.figures import covered, style
from scripts.figures.layout import WIDTH, title

TITLE = "Schedule of the runs, and the cores they kept busy"
LABEL = "schedule of the runs"
PAUSE_S, PAUSE_SHARE = 600, 0.05  # longer than both, in seconds and of all work: left out of the axis
UNITS = {"hours": 3600, "minutes": 60, "seconds": 1}
ROUNDING = 1e-9  # of times on the axis
ROW = 0.26  # inches a dataset takes
MANY = 2000  # runs from which bars would be thinner than a line: means of short times are drawn
BINS = 400  # so many short times
MOST_LANES = 40  # hosts and sets of cores that have a panel: those with the most runs
NEEDED = ["framework", "device", "dataset", "host", "pinned_cores", "threads", "other_cores", "train_s"]
NEEDED += ["train_cpu_s", "started", "finished"]


def draw(experiment: Experiment) -> Figure:
    """Draw above a row a dataset and device, below a panel for each host and set of cores, over time."""
    runs = experiment.runs
    with_flags = runs.loc[:, [*NEEDED, "status"]].assign(flagged=flags.flagged(runs))
    finished = finished_runs(with_flags).sort_values("started", kind="stable")
    if finished.empty:
        figure = plt.figure(figsize=(WIDTH, 1), layout="constrained")
        title(figure, "Schedule of the runs: no run is finished")
        return figure
    finished, pauses, unit = on_axis(finished)
    lanes, more = most_used(lanes_of(finished))
    bins = bins_of(finished, runs)
    rows = list(dict.fromkeys(zip(runs["device"], runs["dataset"], strict=True)))
    figure, axes = panels(len(rows), len(lanes))
    label_rows(axes[0], rows)
    for place, of_row in enumerate(of_rows(finished, rows)):
        draw_row(axes[0], place, of_row, bins)
    for axis, (where, of_lane) in zip(axes[1:], lanes.items(), strict=True):
        draw_cores(axis, of_lane, bins)
        axis.set_title(where, fontsize=9)
    draw_pauses(axes, pauses)
    axes[-1].set_xlabel(f"{unit} since {minute(finished['started'].iloc[0])} UTC")
    axes[-1].set_xlim(left=0)
    title(figure, TITLE)
    notes = [f"drawn are means of {bins.edges[1]:.2g} {unit} each"] if bins else []
    notes += [f"{many(more, 'more set')} of cores without a panel"] if more else []
    legend(figure, runs, bool(pauses), bool(finished["flagged"].any()), notes)
    return figure


def panels(rows: int, lanes: int) -> tuple[Figure, np.ndarray]:
    """Return a figure and its panels: one with so many rows, and one for each lane."""
    heights = [0.3 + ROW * rows, *[1.1 if lanes <= 4 else 0.5] * lanes]
    return plt.subplots(
        len(heights),
        1,
        figsize=(WIDTH, sum(heights) + 1.5),
        height_ratios=heights,
        sharex=True,
        layout="constrained",
    )


def bins_of(finished: pd.DataFrame, runs: pd.DataFrame) -> covered.Bins | None:
    """Return the short times in which means are drawn, if there are MANY runs."""
    if len(finished) <= MANY:
        return None
    last = (finished["at"] + finished["lasted"]).max()
    return covered.Bins(np.linspace(0, last, BINS + 1), list(runs["framework"].unique()))


def most_used(lanes: dict[str, pd.DataFrame]) -> tuple[dict[str, pd.DataFrame], int]:
    """Return the MOST_LANES lanes with the most runs, in their order, and how many more there are."""
    kept = set(sorted(lanes, key=lambda name: -len(lanes[name]))[:MOST_LANES])
    return {name: runs for name, runs in lanes.items() if name in kept}, len(lanes) - len(kept)


# ---- Time on the axis ----


def on_axis(finished: pd.DataFrame) -> tuple[pd.DataFrame, list[tuple[float, float]], str]:
    """(runs with `at` and `lasted` on the axis, pauses as (place on the axis, seconds), unit)."""
    began, ended = (
        pd.to_datetime(finished[name]).astype("datetime64[s, UTC]") for name in ("started", "finished")
    )
    start = (began - began.min()).dt.total_seconds().to_numpy()
    end = (ended - began.min()).dt.total_seconds().to_numpy()
    cuts = pauses_between(start, end)
    cut = [sum(length for at, length in cuts if at <= begin) for begin in start]
    work = end.max() - sum(length for _, length in cuts)
    unit = next((name for name, size in UNITS.items() if work > 2 * size), "seconds")
    size = UNITS[unit]
    pauses, gone = [], 0
    for at, length in cuts:
        pauses.append(((at - gone - length) / size, length))
        gone += length
    return finished.assign(at=(start - cut) / size, lasted=(end - start) / size), pauses, unit


def pauses_between(start: np.ndarray, end: np.ndarray) -> list[tuple[float, float]]:
    """(when it ended, seconds) of each long time in which nothing ran; `start` rises."""
    latest = np.maximum.accumulate(end)
    gaps = [(begin, begin - before) for (_, before), (begin, _) in pairwise(zip(start, latest, strict=True))]
    work = latest[-1] - sum(length for _, length in gaps if length > 0)
    return [(at, length) for at, length in gaps if length > max(PAUSE_S, PAUSE_SHARE * work)]


def lanes_of(finished: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """{where: its runs}, a lane for each host and set of cores; runs at the same time have one each."""
    lanes, free = {}, {}
    facts = (finished[name] for name in ("host", "pinned_cores", "at", "lasted"))
    for place, (host, cores, at, lasted) in enumerate(zip(*facts, strict=True)):
        where = host + (
            "" if cores is None else f", core{'s'[: len(cores) > 1]} {display_names.fold_list(cores)}"
        )
        names = (where + ending for ending in endings())
        name = next(name for name in names if free.get(name, -1) <= at + ROUNDING)
        free[name] = at + lasted
        lanes.setdefault(name, []).append(place)
    return {name: finished.iloc[lanes[name]] for name in sorted(lanes)}


def endings() -> Iterator[str]:
    """Endings of the names of lanes that share their cores."""
    yield ""
    count = 2
    while True:
        yield f" ({count} at once)"
        count += 1


# ---- Drawing ----


def of_rows(finished: pd.DataFrame, rows: list[tuple[str, str]]) -> Iterator[pd.DataFrame]:
    """Yield the finished runs of each row, a device and a dataset."""
    for device, dataset in rows:
        yield finished.loc[(finished["device"] == device) & (finished["dataset"] == dataset)]


def draw_row(axis: Axes, place: int, runs: pd.DataFrame, bins: covered.Bins | None) -> None:
    """A bar a run, from start to finish with import and prediction; a triangle where it is flagged.

    With bins, how many runs of each framework there were in each of them, one on the other.
    """
    middle = column(runs.loc[runs["flagged"]], "at") + column(runs.loc[runs["flagged"]], "lasted") / 2
    if bins is None:
        axis.barh([place] * len(runs), runs["lasted"], 0.62, runs["at"], color=colours_of(runs))
    else:
        at_once = covered.by_framework(runs, bins, np.ones(len(runs)))
        most = max(sum(at_once.values(), np.zeros(BINS)).max(), 1)
        covered.stack(axis, at_once, bins.edges, place + 0.31, -0.62 / most)
        middle = np.unique(bins.edges[np.searchsorted(bins.edges, middle) - 1])
    axis.plot(middle, [place - 0.42] * len(middle), **style.FLAG)


def colours_of(runs: pd.DataFrame) -> list[str]:
    """The colour of the framework of each run."""
    colours = {name: style.look(name, runs["framework"])[0] for name in runs["framework"].unique()}
    return [colours[name] for name in runs["framework"]]


def label_rows(axis: Axes, rows: list[tuple[str, str]]) -> None:
    several = len({device for device, _ in rows}) > 1
    names = [
        display_names.dataset(dataset) + (f", {display_names.device(device)}" if several else "")
        for device, dataset in rows
    ]
    axis.set_yticks(range(len(rows)), names)
    axis.tick_params(axis="y", length=0)
    axis.set_ylim(len(rows) - 0.4, -0.8)
    axis.grid(axis="x")


def draw_cores(axis: Axes, runs: pd.DataFrame, bins: covered.Bins | None) -> None:
    """Height of a bar: mean cores that the run kept busy while epochs ran; on top what others took.

    With bins, means over each of them.
    """
    busy = (runs["train_cpu_s"] / runs["train_s"]).to_numpy()
    others = runs["other_cores"].fillna(0).to_numpy()
    if bins is None:
        where = {"x": runs["at"], "width": runs["lasted"], "align": "edge"}
        axis.bar(height=busy, color=colours_of(runs), **where)
        axis.bar(height=others, bottom=busy, color=style.INK, **where)
    else:
        own, (at, lasted) = covered.by_framework(runs, bins, busy), (runs["at"], runs["lasted"])
        covered.stack(axis, own, bins.edges, 0, 1)
        total = sum(own.values(), np.zeros(BINS))
        taken = covered.mean_in_bins(at.to_numpy(), lasted.to_numpy(), others, bins.edges)
        covered.layer(axis, bins.edges, total, total + taken, style.INK)
    for threads in sorted(set(runs["threads"])):
        axis.axhline(threads, color=style.INK, linewidth=1, linestyle=":")
    axis.set_ylim(0, 1.12 * max(column(runs, "threads").max(), (busy + others).max()))
    axis.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axis.set_ylabel("cores")
    axis.grid(axis="x")


def draw_pauses(axes: np.ndarray, pauses: list[tuple[float, float]]) -> None:
    for at, length in pauses:
        unit = next(name for name, size in UNITS.items() if length >= size)
        for axis in axes:
            axis.axvline(at, color=style.INK, linewidth=1, linestyle="--")
        axes[0].annotate(
            f"{length / UNITS[unit]:.1f} {unit}",
            (at, 1),
            xycoords=axes[0].get_xaxis_transform(),
            xytext=(0, 2),
            textcoords="offset points",
            ha="center",
            fontsize=8,
        )


def legend(figure: Figure, runs: pd.DataFrame, any_pause: bool, any_flagged: bool, notes: list[str]) -> None:
    finished = finished_runs(runs)
    frameworks = list(dict.fromkeys(finished["framework"]))
    handles: list[Artist] = [
        Patch(color=style.look(name, frameworks)[0], label=display_names.framework(name))
        for name in frameworks
    ]
    if column(finished, "other_cores").notna().any():
        handles.append(Patch(color=style.INK, label="other programs and runs"))
    handles.append(Line2D([], [], color=style.INK, linestyle=":", label="threads given"))
    if any_pause:
        handles.append(Line2D([], [], color=style.INK, linestyle="--", label="pause, left out"))
    if any_flagged:
        handles.append(style.flag_handle("flagged: see the table flags"))
    for status, words in {"missing": "are missing", "failed": "failed"}.items():
        if count := column(runs, "status").eq(status).sum():
            handles.append(Patch(facecolor="none", label=f"{count} of {len(runs)} runs {words}"))
    handles += [Patch(facecolor="none", label=note) for note in notes]
    figure.legend(handles=handles, loc="outside lower left", ncols=4, fontsize=8)


def describe(experiment: Experiment) -> str:
    """Return how many runs there were, when, and how many cores they kept busy, in sentences."""
    finished = finished_runs(experiment.runs)
    if finished.empty:
        return "No run is finished."
    first, last = min(finished["started"]), max(finished["finished"])
    busy = finished["train_cpu_s"].sum() / finished["train_s"].sum()
    threads = " or ".join(f"{count:.0f}" for count in sorted(set(finished["threads"])))
    others = column(finished, "other_cores").dropna()
    words = "" if others.empty else f"; other programs took up to {max(others):.1f} cores"
    return (
        f"{len(finished)} of {len(experiment.runs)} runs are finished, from {minute(first)} to"
        f" {minute(last)} UTC."
        f" While epochs ran, {busy:.1f} cores were busy on average, with {threads} threads given{words}."
    )


def minute(moment: str) -> str:
    """Return a moment without its seconds: `2026-11-29 11:30`."""
    return moment[:16].replace("T", " ")
