"""What several figures share: panels, names of lines and lanes, titles, gaps and flags in words."""

import labels
import style
import summarise
from summarise import RUN_ID

WIDTH = 8.6  # inches: a page with its margins
LOG_FROM = 30  # largest over smallest value of an axis from which it is logarithmic


def panels(runs):
    """Devices and splits that the runs have, in the order of the plan: the rows and columns."""
    return list(dict.fromkeys(runs["device"])), list(dict.fromkeys(runs["split"]))


def panel_title(device, split, folds):
    return f"{labels.device(device)}, {labels.split(split, folds)}"


def variant_names(runs):
    """A function from a row to its label: framework, and the settings or implementation if there are more."""
    several = [name for name in ("settings", "implementation") if runs[name].nunique() > 1]

    def name(row, separator="\n"):
        words = {"settings": "{} settings", "implementation": "{}"}
        extra = ", ".join(words[column].format(row[column]) for column in several)
        return labels.framework(row["framework"]) + (f"{separator}{extra}" if extra else "")

    return name


def heading(runs):
    """Name of the dataset, with the settings where all runs share one."""
    name = labels.dataset(runs["dataset"].iloc[0])
    if runs["settings"].nunique() > 1:
        return name
    return f"{name} ({runs['settings'].iloc[0]} settings)"


def title(figure, words):
    figure.suptitle(words, x=0.01, ha="left", fontweight="bold")


def note(axis, words, x=0.98, y=0.97, **how):
    """A remark in grey italics, by default in the upper right corner of the panel."""
    place = {"ha": "right", "va": "top", "transform": axis.transAxes}
    axis.text(x, y, words, fontsize=8, style="italic", color=style.GREY, **place | how)


def log_axes(axis):
    """Both axes logarithmic, with plain numbers at 1, 2 and 5 times the powers of ten."""
    ticker = style.matplotlib.ticker
    axis.set(xscale="log", yscale="log")
    for one in (axis.xaxis, axis.yaxis):
        one.set_major_locator(ticker.LogLocator(subs=(1, 2, 5), numticks=9))
        one.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:,.15g}".replace(",", " ")))
        one.set_minor_locator(ticker.NullLocator())


def beside(axis, height, words, x=1.01, **how):
    """Words right of the panel, at a height in data coordinates."""
    place = {"xycoords": axis.get_yaxis_transform(), "va": "center", "annotation_clip": False}
    return axis.annotate(words, (x, height), fontsize=8, **place | how)


def flagged_ids(experiment):
    """Names of all finished runs that carry a flag: a set of tuples of the RUN_ID columns."""
    found = summarise.flags(experiment.runs, experiment.limits)
    found = found[found["flag"] != "missing"]
    return set(found[RUN_ID].itertuples(index=False, name=None))


def is_flagged(run, flagged):
    return tuple(run[RUN_ID]) in flagged


def row_wise(items, columns):
    """The items of a legend in the order that fills its rows, where Matplotlib fills columns."""
    return [item for column in range(columns) for item in items[column::columns]]


def seconds(value):
    return f"{value:.{decimals(value)}f} s"


def decimals(value):
    return 0 if value >= 1000 else 1 if value >= 10 else 2


def legend_line(marker, colour, words, **how):
    """Entry of a legend: a marker, and a line if `linestyle` is given."""
    how = {"linestyle": "", "markersize": 5} | how
    return style.matplotlib.lines.Line2D([], [], marker=marker, color=colour, label=words, **how)
