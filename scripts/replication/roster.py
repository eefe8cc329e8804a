"""All frameworks in one figure: a panel a dataset, idiomatic and tuned, the fastest first."""

from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scripts.analysis import cells as cells_of
from scripts.analysis import display_names
from scripts.analysis.experiment import Experiment
from scripts.analysis.frames import column, each_group, each_row
from scripts.figures import style
from scripts.figures.layout import WIDTH, legend_line, log_ticks, plain, seconds, title

TITLE = "Training the same network in every framework: seconds, idiomatic and tuned"
PANELS = ["dataset"]
ROW = 0.24  # inches: a framework


def draw(experiment: Experiment) -> Figure:
    """Draw a panel for each dataset, side by side; each has its own order of the frameworks."""
    cells = cells_of.with_flags(experiment.runs)
    groups = list(each_group(cells, PANELS))
    height = 1.3 + ROW * column(cells, "framework").nunique()
    figure, axes = plt.subplots(1, len(groups), figsize=(WIDTH, height), squeeze=False, layout="constrained")
    for axis, ((dataset,), of_panel) in zip(axes.flat, groups, strict=True):
        panel(axis, of_panel)
        axis.set_title(display_names.dataset(dataset))
    title(figure, TITLE)
    legend(figure, bool(column(cells, "folds_flagged").any()))
    return figure


def panel(axis: Axes, cells: pd.DataFrame) -> None:
    """Draw a line for each framework from its tuned to its idiomatic time, the least time on top."""
    order = ranked(cells)
    for place, name in enumerate(order):
        colour, _, marker = style.look(name, order)
        of_framework = cells.loc[column(cells, "framework") == name].dropna(subset="seconds")
        axis.plot(of_framework["seconds"], [place] * len(of_framework), color=style.lighter(colour, 0.5))
        for cell in each_row(of_framework):
            face = "white" if cell["implementation"] == "tuned" else colour
            axis.plot(cell["seconds"], place, marker, color=colour, markerfacecolor=face, markersize=6)
            if cell["folds_flagged"]:
                flag: dict[str, Any] = {**style.FLAG, "markersize": 3}
                axis.plot(cell["seconds"], place + 0.36, **flag)
    times = column(cells, "seconds")
    low, high = times.min() / 1.2, times.max() * 1.2
    axis.set(xscale="log", xlim=(low, high), ylim=(len(order) - 0.4, -0.6))
    ticks = log_ticks(low, high, most=5)
    axis.set_xticks(ticks, [plain(tick) for tick in ticks])
    axis.minorticks_off()
    axis.set_yticks(range(len(order)), [display_names.framework(name) for name in order])
    axis.tick_params(axis="y", length=0)
    axis.grid(axis="x")


def ranked(cells: pd.DataFrame) -> list[str]:
    """Return the frameworks in the order of their least time, whichever implementation took it."""
    first = cells.sort_values("seconds", kind="stable").drop_duplicates("framework")
    return list(first["framework"])


def legend(figure: Figure, any_flagged: bool) -> None:
    """Say what the marks are."""
    ways = [
        legend_line("o", style.GREY, "idiomatic, as each framework's documentation shows it"),
        legend_line("o", style.GREY, "tuned: the same mathematics", markerfacecolor="white"),
    ]
    ways += [style.flag_handle("with a flag")] if any_flagged else []
    figure.legend(handles=ways, loc="outside lower left", ncols=len(ways), fontsize=8)


def describe(experiment: Experiment) -> str:
    """Return the seconds of each framework in sentences, the idiomatic before the tuned."""
    cells = cells_of.cells(experiment.runs).dropna(subset="seconds")
    sentences = []
    for (dataset,), of_panel in each_group(cells, PANELS):
        found = []
        for name in ranked(of_panel):
            of_framework = of_panel.loc[column(of_panel, "framework") == name]
            both = " and ".join(seconds(cell["seconds"]) for cell in each_row(of_framework))
            found.append(f"{display_names.framework(name)} {both}")
        sentences.append(f"{display_names.dataset(dataset)}: {', '.join(found)}.")
    return f"Training times, idiomatic and tuned, the fastest first. {' '.join(sentences)}"
