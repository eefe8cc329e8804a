"""Training times of one dataset: bars of the measured time, the published one below where comparable."""

from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import ScaledTranslation

from scripts.analysis import cells as cells_of
from scripts.analysis import display_names
from scripts.analysis.experiment import Experiment
from scripts.analysis.frames import Row, column, each_row, finished_runs
from scripts.analysis.study import comparison
from scripts.analysis.study import printed_figures as study
from scripts.core.text import machine_words
from scripts.figures import style
from scripts.figures.layout import (
    LOG_FROM,
    WIDTH,
    decimals,
    heading,
    panel_title,
    panels,
    seconds,
    title,
    variant_names,
)

TITLE = "training time"
LABEL = "training time"
FILE = "{dataset}"
BAR = 0.36  # height of a bar; a framework takes 1
STUDY = "published: 2020, Core i7-4712MQ, GeForce 840M"


def draw(experiment: Experiment) -> Figure:
    """Draw a row of panels a device, a column a split. `experiment.runs` holds one dataset only."""
    runs = experiment.runs
    cells = cells_of.with_flags(runs)
    compared = comparison.published(runs, experiment.figures)
    devices, splits = panels(runs)
    bars = [most_bars(cells.loc[cells["device"] == device]) for device in devices]
    figure, axes = plt.subplots(
        len(devices),
        len(splits),
        figsize=(WIDTH, 1.3 + sum(0.8 + 0.62 * count for count in bars)),
        height_ratios=bars,
        squeeze=False,
        layout="constrained",
    )
    reasons, any_published = {}, False
    for axis_row, device in zip(axes, devices, strict=True):
        for axis, split in zip(axis_row, splits, strict=True):
            of_panel = cells.loc[(cells["device"] == device) & (cells["split"] == split)]
            left_out = panel(axis, of_panel, compared, variant_names(runs), axis is axis_row[0])
            reasons |= dict.fromkeys(left_out)
            any_published |= any(patch.get_hatch() for patch in axis.patches)
    title(figure, f"{heading(runs)}: {TITLE}")
    legend(figure, runs, reasons, any_published, bool(cells["folds_flagged"].any()))
    return figure


def most_bars(cells: pd.DataFrame) -> int:
    """Return the number of cells in the split that has the most of them."""
    return int(column(cells, "split").value_counts().max())


def panel(
    axis: Axes, cells: pd.DataFrame, compared: pd.DataFrame, name: Callable[..., str], named: bool
) -> list[str]:
    """Draw one panel; returns why published figures were left out, as a list of reasons."""
    if cells.empty:
        axis.axis("off")
        return []
    first, reasons, drawn = cells.iloc[0], [], []
    for place, cell in enumerate(each_row(cells)):
        colour = style.look(cell["framework"], cells["framework"])[0]
        printed, reason = published_bar(cell, compared)
        shift = BAR / 2 + 0.02 if printed else 0
        if cell["folds_ok"] == cell["folds"]:
            drawn.append((place - shift, cell["seconds"], measured_label(cell), "measured"))
            axis.barh(place - shift, cell["seconds"], BAR, color=colour)
        else:
            words = display_names.incomplete(cell["folds_ok"], cell["folds"])
            drawn.append((place - shift, None, words, "gap"))
        if cell["folds_flagged"]:
            drawn[-1] = (*drawn[-1][:3], f"{drawn[-1][3]} flagged")
        if printed:
            axis.barh(place + shift, printed, BAR, linewidth=0.8, **hatched(colour))
            drawn.append((place + shift, printed, seconds(printed), "printed"))
        elif reason:
            reasons.append(reason)
    scale(axis, [value for _, value, _, _ in drawn if value])
    for place, value, words, kind in drawn:
        annotate(axis, (value if value else axis.get_xlim()[0], place), words, kind)
    axis.set_yticks(range(len(cells)), [name(cell) for cell in each_row(cells)])
    axis.tick_params(axis="y", length=0, labelleft=named)
    axis.set_ylim(len(cells) - 0.4, -0.6)
    axis.grid(axis="x")
    words = panel_title(first["device"], first["split"], first["folds"])
    axis.set_title(words + (", all folds" if first["folds"] > 1 else ""))
    return reasons


def hatched(colour: str) -> dict:
    """Return how a bar of the study looks."""
    return {"facecolor": style.lighter(colour), "edgecolor": colour, "hatch": style.HATCH}


def annotate(axis: Axes, end: tuple[float, float], words: str, kind: str) -> None:
    """The number behind the end of a bar; a flagged one has the triangle between bar and number."""
    flagged = kind.endswith("flagged")
    axis.annotate(
        words,
        end,
        xytext=(13 if flagged else 4, 0),
        textcoords="offset points",
        va="center",
        fontsize=8,
        color=style.INK if kind.startswith("measured") else style.GREY,
        style="italic" if kind.startswith("gap") else "normal",
    )
    if flagged:
        shifted = axis.transData + ScaledTranslation(7 / 72, 0, axis.figure.dpi_scale_trans)
        axis.plot(*end, **style.FLAG, transform=shifted, clip_on=False)


def published_bar(cell: Row, compared: pd.DataFrame) -> tuple[float | None, str | None]:
    """(published seconds or None, why it is not shown or None) of a measured cell."""
    if cell["settings"] != "published" or cell["implementation"] != "idiomatic":
        return None, None
    found = compared.loc[(compared[study.CELL] == cell[study.CELL]).all(axis=1)]
    if found.empty:
        return None, None
    found = found.iloc[0]
    if found["status"] == "not comparable":
        return None, found["reason"]
    return found["published_s"], None


def scale(axis: Axes, values: list[float]) -> None:
    """Room for the labels; a logarithmic axis only where bars differ by more than LOG_FROM."""
    if not values:
        axis.set_xlim(0, 1)
        axis.set_xticks([])
        return
    if max(values) > LOG_FROM * min(values):
        low = 10 ** np.floor(np.log10(min(values)) - 0.3)
        axis.set_xscale("log")
        axis.set_xlim(low, low * (max(values) / low) ** 1.35)
        axis.set_xlabel("seconds, logarithmic scale")
    else:
        axis.set_xlim(0, max(values) * 1.5)
        axis.xaxis.set_major_locator(MaxNLocator(5))
        axis.set_xlabel("seconds")


def measured_label(cell: Row) -> str:
    words = seconds(cell["seconds"])
    if cell["folds"] > 1:
        spread = f"{cell['fold_sd_s']:.{decimals(cell['fold_mean_s'])}f}"
        words += f"\n({seconds(cell['fold_mean_s'])} ± {spread} a fold)"
    return words


def legend(figure: Figure, runs: pd.DataFrame, reasons: dict, any_published: bool, any_flagged: bool) -> None:
    """Below the figure: where it was measured, where the study did, what is not shown and why."""
    finished = finished_runs(runs)
    machines = list(dict.fromkeys(machine_words(row) for row in finished.to_dict("records")))
    where = "\n".join(machines[:3]) + ("\nand others" if len(machines) > 3 else "")
    grey = style.GREY
    handles: list[Artist] = [Patch(facecolor=grey, label=f"measured: {where or 'no run is finished'}")]
    if any_published:
        handles.append(Patch(**hatched(grey), label=STUDY))
    if any_flagged:
        handles.append(style.flag_handle("rests on flagged runs: the table flags says which and why"))
    if reasons:
        label = f"published times that are not comparable are not shown: {'; '.join(reasons)}"
        handles.append(Patch(facecolor="none", label=label))
    figure.legend(handles=handles, loc="outside lower left", ncols=1, fontsize=8)
