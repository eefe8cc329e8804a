"""The figure of a comparison: the ratio of times of every cell, beside what the calibration foretells."""

import math

import labels
import style

WIDTH = 8.6  # inches
ROW = 0.3  # inches a framework and experiment
MARKERS = ["o", "s", "^", "D", "v", "P", "X", "*"]
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C6D1F", "#555555"]


def draw(tidy, sources):
    """The Figure. Panels are devices, splits and variants; rows are cells; points are experiments."""
    import matplotlib.pyplot as plt

    panels = list(tidy.groupby(["settings", "implementation", "device", "split"], sort=False))
    rows = [panel.groupby(["dataset", "framework"], sort=False).ngroups for _, panel in panels]
    others = [source.label for source in sources[1:]]
    step = 0.35 + ROW * (len(others) - 1)
    figure, axes = plt.subplots(
        len(panels),
        1,
        figsize=(WIDTH, 1.6 + sum(0.7 + step * count for count in rows)),
        height_ratios=[0.7 + step * count for count in rows],
        squeeze=False,
        sharex=True,
        layout="constrained",
    )
    several = tidy["implementation"].nunique() > 1
    for axis, ((settings, implementation, device, split), panel) in zip(axes[:, 0], panels, strict=True):
        draw_panel(axis, panel, others)
        where = f"{labels.device(device)}, {labels.split(split, panel['folds'].max())}"
        axis.set_title(f"{where} ({labels.variant(settings, implementation, several)})")
    scale(axes[-1, 0], tidy)
    axes[-1, 0].set_xlabel(f"time / time of {sources[0].label}, logarithmic scale; left of 1: faster")
    figure.suptitle("Experiments side by side: training time", x=0.01, ha="left", fontweight="bold")
    legend(figure, others)
    return figure


def draw_panel(axis, panel, others):
    cells = list(panel.groupby(["dataset", "framework"], sort=False))
    names, datasets = [], []
    for place, ((dataset, framework), cell) in enumerate(cells):
        names.append(f"{labels.dataset(dataset)}, {labels.framework(framework)}")
        if datasets and datasets[-1] != dataset:
            axis.axhline(place - 0.5, color=style.GREY, linewidth=0.6)
        datasets.append(dataset)
        for n, label in enumerate(others):
            (one,) = cell[cell["source"] == label].to_dict("records")
            draw_point(axis, one, place + shift(n, len(others)), n)
    axis.axvline(1, color=style.INK, linewidth=1)
    axis.set_yticks(range(len(names)), names)
    axis.tick_params(axis="y", length=0)
    axis.set_ylim(len(names) - 0.5, -0.5)
    axis.grid(axis="x")


def shift(n, count):
    return 0.7 * ((n + 0.5) / count - 0.5)


def draw_point(axis, cell, height, n):
    colour = COLOURS[n % len(COLOURS)]
    if cell["status"] != "comparable":
        words = cell["reason"] if cell["status"] in ("incomplete", "absent") else "not comparable"
        transform = axis.get_yaxis_transform()
        axis.text(
            0.01,
            height,
            words,
            transform=transform,
            va="center",
            fontsize=8,
            style="italic",
            color=style.GREY,
        )
        return
    expected = cell["gflops_ratio"]
    if not math.isnan(expected):
        axis.plot([expected], [height], marker="|", markersize=13, color=colour, linestyle="", alpha=0.6)
    axis.plot([cell["time_ratio"]], [height], marker=MARKERS[n % len(MARKERS)], color=colour, linestyle="")
    axis.annotate(
        f"{cell['time_ratio']:.2f}",
        (cell["time_ratio"], height),
        xytext=(7, 0),
        textcoords="offset points",
        va="center",
        fontsize=8,
    )


def scale(axis, tidy):
    """A logarithmic axis with 1 in it, and plain numbers at its ticks."""
    ticker = style.matplotlib.ticker
    known = [*tidy["time_ratio"].dropna(), *tidy["gflops_ratio"].dropna(), 1.0]
    axis.set_xscale("log")
    axis.set_xlim(min(0.5, 0.8 * min(known)), max(2.0, 1.35 * max(known)))
    ticks = [n * 10.0**power for power in range(-4, 5) for n in (1, 2, 5)]
    axis.xaxis.set_major_locator(ticker.FixedLocator(ticks))
    axis.xaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:g}"))
    axis.xaxis.set_minor_locator(ticker.NullLocator())


def legend(figure, others):
    line = style.matplotlib.lines.Line2D
    looks = [(COLOURS[n % len(COLOURS)], MARKERS[n % len(MARKERS)]) for n in range(len(others))]
    handles = [
        line([], [], color=colour, marker=marker, linestyle="", label=label)
        for label, (colour, marker) in zip(others, looks, strict=True)
    ]
    tick = {"color": style.GREY, "marker": "|", "markersize": 13, "linestyle": ""}
    handles.append(line([], [], **tick, label="what the calibration (a matrix product) alone foretells"))
    figure.legend(handles=handles, loc="outside lower left", ncols=min(3, len(handles)), fontsize=8)
