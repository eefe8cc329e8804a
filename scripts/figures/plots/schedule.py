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
from scripts.analysis.frames import column, each_row, finished_runs
from scripts.figures import style
from scripts.figures.layout import WIDTH, is_flagged, title

TITLE = "Schedule of the runs, and the cores they kept busy"
LABEL = "schedule of the runs"
PAUSE_S, PAUSE_SHARE = 600, 0.05  # longer than both, in seconds and of all work: left out of the axis
UNITS = {"hours": 3600, "minutes": 60, "seconds": 1}
ROUNDING = 1e-9  # of times on the axis
ROW = 0.26  # inches a dataset takes


def draw(experiment: Experiment) -> Figure:
    """Draw above a row a dataset and device, below a panel for each host and set of cores, over time."""
    runs = experiment.runs
    finished = finished_runs(runs).sort_values("started", kind="stable")
    if finished.empty:
        figure = plt.figure(figsize=(WIDTH, 1), layout="constrained")
        title(figure, "Schedule of the runs: no run is finished")
        return figure
    finished, pauses, unit = on_axis(finished)
    lanes = list(lanes_of(finished).items())
    rows = list(dict.fromkeys(zip(runs["device"], runs["dataset"], strict=True)))
    heights = [0.3 + ROW * len(rows), *[1.1 if len(lanes) <= 4 else 0.5] * len(lanes)]
    figure, axes = plt.subplots(
        len(heights),
        1,
        figsize=(WIDTH, sum(heights) + 1.5),
        height_ratios=heights,
        sharex=True,
        layout="constrained",
    )
    flagged = flags.ids(experiment.runs)
    draw_rows(axes[0], finished, rows, flagged)
    for axis, (where, of_lane) in zip(axes[1:], lanes, strict=True):
        draw_cores(axis, of_lane)
        axis.set_title(where, fontsize=9)
    draw_pauses(axes, pauses)
    axes[-1].set_xlabel(f"{unit} since {finished['started'].iloc[0][:16].replace('T', ' ')} UTC")
    axes[-1].set_xlim(left=0)
    title(figure, TITLE)
    legend(figure, runs, bool(pauses), bool(flagged))
    return figure


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
    for run in each_row(finished):
        cores = run["pinned_cores"]
        where = run["host"] + (
            "" if cores is None else f", core{'s'[: len(cores) > 1]} {display_names.fold_list(cores)}"
        )
        names = (where + ending for ending in endings())
        name = next(name for name in names if free.get(name, -1) <= run["at"] + ROUNDING)
        free[name] = run["at"] + run["lasted"]
        lanes.setdefault(name, []).append(run)
    return {name: pd.DataFrame(lanes[name]) for name in sorted(lanes)}


def endings() -> Iterator[str]:
    """Endings of the names of lanes that share their cores."""
    yield ""
    count = 2
    while True:
        yield f" ({count} at once)"
        count += 1


# ---- Drawing ----


def draw_rows(axis: Axes, finished: pd.DataFrame, rows: list[tuple[str, str]], flagged: set[tuple]) -> None:
    """A bar a run, from start to finish with import and prediction; a triangle where it is flagged."""
    several = len({device for device, _ in rows}) > 1
    for place, (device, dataset) in enumerate(rows):
        of_row = finished.loc[(finished["device"] == device) & (finished["dataset"] == dataset)]
        colours = [style.look(name, finished["framework"])[0] for name in of_row["framework"]]
        axis.barh([place] * len(of_row), of_row["lasted"], 0.62, of_row["at"], color=colours)
        doubtful = of_row[[is_flagged(run, flagged) for run in each_row(of_row)]]
        axis.plot(doubtful["at"] + doubtful["lasted"] / 2, [place - 0.42] * len(doubtful), **style.FLAG)
    names = [
        display_names.dataset(dataset) + (f", {display_names.device(device)}" if several else "")
        for device, dataset in rows
    ]
    axis.set_yticks(range(len(rows)), names)
    axis.tick_params(axis="y", length=0)
    axis.set_ylim(len(rows) - 0.4, -0.8)
    axis.grid(axis="x")


def draw_cores(axis: Axes, runs: pd.DataFrame) -> None:
    """Height of a bar: mean cores that the run kept busy while epochs ran; on top what others took."""
    busy = (runs["train_cpu_s"] / runs["train_s"]).to_numpy()
    colours = [style.look(name, runs["framework"])[0] for name in runs["framework"]]
    where = {"x": runs["at"], "width": runs["lasted"], "align": "edge"}
    axis.bar(height=busy, color=colours, **where)
    others = runs["other_cores"].fillna(0).to_numpy()
    axis.bar(height=others, bottom=busy, color=style.INK, **where)
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


def legend(figure: Figure, runs: pd.DataFrame, any_pause: bool, any_flagged: bool) -> None:
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
    missing = len(runs) - len(finished)
    if missing:
        handles.append(Patch(facecolor="none", label=f"{missing} of {len(runs)} runs are missing"))
    figure.legend(handles=handles, loc="outside lower left", ncols=4, fontsize=8)
