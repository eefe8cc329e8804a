"""Make one HTML page in which runs are filtered and compared, with everything it needs inside.

The page holds Vega, Vega-Lite and Vega-Embed (BSD-3-Clause) as vl-convert bundles them; their licence
is named in the page. It asks for nothing from the network.
"""

import argparse
import json
import math
from functools import cache
from pathlib import Path

import altair as alt
import numpy as np
import pandas as pd
import vl_convert
from markupsafe import Markup

from scripts.analysis import display_names, flags
from scripts.analysis.experiment import read_runs
from scripts.analysis.frames import Row
from scripts.core.files import atomic
from scripts.figures import packed_rows, style
from scripts.tables import page_html

ALL = "all"
# What can be chosen: column, and its name above the list.
FILTERS = {
    "dataset": "dataset",
    "framework": "framework",
    "device": "device",
    "split": "split",
    "settings": "settings",
    "implementation": "implementation",
    "validity": "verdict on its time",
}
# Columns of the table below, and of the box at the pointer: name, and its head.
FACTS = {
    **FILTERS,
    "fold": "fold",
    "seed": "seed",
    "total_s": "total s",
    "compile_s": "compile s",
    "train_s": "train s",
    "epoch_s": "median epoch s",
    "accuracy": "test accuracy %",
    "threads": "threads",
    "busy": "busy cores",
    "versions": "versions",
    "host": "host",
    "started": "started (UTC)",
    "flags": "flags",
}


# Vega's symbols for the markers of the figures; those that it has not are paths, in a square of -1 to 1.
SHAPES = {
    "o": "circle",
    "s": "square",
    "^": "triangle-up",
    "D": "diamond",
    "v": "triangle-down",
    "P": "cross",
    "X": "M-1,-0.6L-0.6,-1L0,-0.4L0.6,-1L1,-0.6L0.4,0L1,0.6L0.6,1L0,0.4L-0.6,1L-1,0.6L-0.4,0Z",
    "*": "M0,-1L.24,-.32L.95,-.31L.38,.12L.59,.81L0,.4L-.59,.81L-.38,.12L-.95,-.31L-.24,-.32Z",
    "h": "M0,-1L0.87,-0.5L0.87,0.5L0,1L-0.87,0.5L-0.87,-0.5Z",
    "<": "triangle-left",
    ">": "triangle-right",
    "p": "M0,-1L0.95,-0.31L0.59,0.81L-0.59,0.81L-0.95,-0.31Z",
}


def options() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=Path, required=True, help="runs.parquet of collect.py")
    parser.add_argument("--out", type=Path, required=True, help="the page to write")
    return parser.parse_args()


# ---- Data: one mapping a run ----

NEEDED = [
    "dataset",
    "framework",
    "device",
    "split",
    "settings",
    "implementation",
    "fold",
    "status",
    "validity",
]
NEEDED += ["library_facts", "versions", "python", "total_s", "compile_s", "train_s", "epochs_s", "seed"]
NEEDED += ["test_accuracy", "threads", "train_cpu_s", "host", "cpu", "gpu", "started", "flags"]
MOST_EPOCHS = 100_000  # of all runs; where there are more, each run has the QUANTILES of its own
QUANTILES = [0, 0.25, 0.5, 0.75, 1]


def are_many(runs: pd.DataFrame) -> bool:
    """Return whether there are more epochs than the page holds one by one."""
    return sum(map(len, runs["epochs_s"].dropna())) > MOST_EPOCHS


def rows(runs: pd.DataFrame) -> list[dict]:
    """Collect the FACTS of every planned run, and `epochs`, a list of seconds; missing runs have nulls."""
    many = are_many(runs)
    return [row(one, many) for one in runs.loc[:, NEEDED].to_dict("records")]


def row(one: Row, many: bool) -> dict:
    """Return the FACTS and the epochs of one run, or their QUANTILES where there are `many`."""
    named = {
        "dataset": display_names.dataset(one["dataset"]),
        "framework": display_names.framework(one["framework"]),
        "device": display_names.device(one["device"]),
        "split": display_names.split(one["split"]),
        "settings": one["settings"],
        "implementation": one["implementation"],
        "fold": int(one["fold"]) if one["split"] == "kfold" else None,
    }
    if one["status"] != "ok":
        status = one["status"]
        return {**dict.fromkeys(FACTS), **named, "validity": status, "flags": status, "epochs": []}
    facts = parsed(one["library_facts"])
    versions = {named["framework"]: facts.get("framework_version"), "Keras": facts.get("keras")}
    versions |= {"Python": one["python"], "NumPy": parsed(one["versions"]).get("numpy")}
    epochs = np.quantile(one["epochs_s"], QUANTILES) if many else one["epochs_s"]
    return named | {
        "validity": one["validity"],
        "total_s": shorter(one["total_s"]),
        "compile_s": shorter(one["compile_s"]),
        "train_s": shorter(one["train_s"]),
        "epoch_s": shorter(epochs[2] if many else np.median(epochs)),
        "accuracy": shorter(100 * one["test_accuracy"]),
        "seed": int(one["seed"]),
        "threads": int(one["threads"]),
        "busy": shorter(one["train_cpu_s"] / one["train_s"], 3),
        "versions": ", ".join(f"{name} {version}" for name, version in versions.items() if version),
        "host": ", ".join(str(one[name]) for name in ("host", "cpu", "gpu") if pd.notna(one[name])),
        "started": one["started"][:19].replace("T", " "),
        "flags": flags.names(one["flags"]),
        "epochs": [shorter(seconds, 4) for seconds in epochs],
    }


@cache
def parsed(text: str) -> dict:
    """Return a mapping from its JSON text, which most runs share."""
    return json.loads(text)


def shorter(number: float, digits: int = 5) -> float | None:
    """Return a number of so many digits; None if it is not finite."""
    return float(f"{number:.{digits}g}") if math.isfinite(number) else None


# ---- Charts ----

EPOCHS = ["Every epoch of the runs chosen"]
EPOCHS += ["Epochs of the runs chosen: of each run the least, the quartiles and the greatest"]


def chart(data: list[dict], frameworks: list[str], many: bool) -> dict:
    """Make Vega-Lite's specification, to which the page gives the data: runs, and below them their epochs."""
    is_shown = " && ".join(f"({name}_is == '{ALL}' || datum.{name} == {name}_is)" for name in FILTERS)
    drawn = alt.Chart(width=760).transform_filter(is_shown).transform_filter("isValid(datum.total_s)")
    colour, shape = looks(frameworks)
    brush = alt.selection_interval(name="brush", encodings=["x", "y"])
    tooltip = [alt.Tooltip(f"{name}:N", title=head) for name, head in FACTS.items()]
    both = alt.vconcat(
        chart_of_runs(drawn, colour, shape, brush, tooltip),
        chart_of_epochs(drawn, colour, brush, tooltip).properties(title=EPOCHS[many]),
        data=alt.NamedData(name="runs"),
    )
    both = both.add_params(*filters(data)).configure(
        autosize=alt.AutoSizeParams(type="pad", resize=True),  # shorter with fewer rows of epochs
        axis={"labelFontSize": 11, "titleFontSize": 12},
        font="system-ui, sans-serif",
        title={"anchor": "start", "fontSize": 13},
    )
    return both.to_dict()


def filters(data: list[dict]) -> list[alt.Parameter]:
    """Make a list to choose from for each of FILTERS, with the values that the runs have."""
    return [
        alt.param(
            name=f"{column}_is",
            value=ALL,
            bind=alt.binding_select(
                options=[ALL, *dict.fromkeys(row[column] for row in data)],
                name=f"{head} ",
                element="#filters",
            ),
        )
        for column, head in FILTERS.items()
    ]


def looks(frameworks: list[str]) -> tuple[alt.Color, alt.Shape]:
    """Return the colour and the shape of each framework, as in the figures."""
    styles = [style.look(name, frameworks) for name in frameworks]
    names = [display_names.framework(name) for name in frameworks]
    colour = alt.Color("framework:N", title=None).scale(domain=names, range=[look[0] for look in styles])
    shape = alt.Shape("framework:N", title=None).scale(
        domain=names, range=[SHAPES.get(look[2], "circle") for look in styles]
    )
    return colour, shape


def chart_of_runs(
    drawn: alt.Chart, colour: alt.Color, shape: alt.Shape, brush: alt.Parameter, tooltip: list[alt.Tooltip]
) -> alt.Chart:
    """Draw a point for each run, seconds against accuracy, in which a box can be drawn."""
    return (
        drawn.mark_point(size=55, strokeWidth=1.4)
        .encode(
            x=alt.X("total_s:Q", title="seconds to build, compile and train one run (logarithmic)").scale(
                type="log", nice=False, padding=15
            ),
            y=alt.Y("accuracy:Q", title="test accuracy, percent").scale(zero=False, nice=False, padding=15),
            color=colour,
            shape=shape,
            # Filled, unless the run carries a flag.
            fill=alt.condition("datum.flags == ''", colour, alt.value("white")),
            opacity=alt.condition(brush, alt.value(0.9), alt.value(0.15)),
            tooltip=tooltip,
        )
        .add_params(brush)
        .properties(
            height=330, name="runs", title="Each point is a run; hollow: flagged. Draw a box to choose."
        )
    )


def chart_of_epochs(
    drawn: alt.Chart, colour: alt.Color, brush: alt.Parameter, tooltip: list[alt.Tooltip]
) -> alt.Chart:
    """Draw a tick for each epoch of the runs in the box, relative to the median of its run."""
    return (
        drawn.transform_filter(brush)
        .transform_flatten(["epochs"])
        .transform_calculate(
            relative="datum.epochs / datum.epoch_s",
            what="datum.dataset + ', ' + datum.framework + ', ' + datum.device + ', ' + datum.implementation",
        )
        .mark_tick(thickness=1, opacity=0.35, height=11)
        .encode(
            x=alt.X("relative:Q", title="seconds of an epoch over the median of its run (logarithmic)").scale(
                type="log", nice=False, padding=10
            ),
            y=alt.Y("what:N", title=None, sort=None, axis=alt.Axis(labelLimit=320)),
            color=colour,
            tooltip=[alt.Tooltip("epochs:Q", title="epoch, s"), *tooltip],
        )
        .properties(height=alt.Step(16), name="epochs")
    )


# ---- The page ----


def page(spec: dict, data: list[dict]) -> str:
    """Write the page as HTML."""
    numbers = {name for one in data for name, value in one.items() if isinstance(value, (int, float))}
    return page_html.template("explore.html.j2").render(
        spec=spec,
        numbers=numbers,  # columns whose heads are aligned as numbers
        filters=list(FILTERS),
        facts=FACTS,
        embedded=embedded,
        bundle=bundle(),
        runs=packed_rows.pack(data, list(FACTS)),
    )


def bundle() -> Markup:
    """Return Vega, Vega-Lite and Vega-Embed in one piece of JavaScript."""
    # The stub of vl-convert asks for a snippet that the library itself makes optional.
    script = vl_convert.javascript_bundle()  # pyright: ignore[reportCallIssue]
    return Markup(script.replace("</script", "<\\/script"))


def embedded(content: dict | list) -> Markup:
    """Write JSON that can be put inside <script>: `</script>` ends it, `<!--` changes how it is read."""
    return Markup(json.dumps(content, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c"))


def main() -> None:
    """Write the page."""
    args = options()
    runs = read_runs(args.runs)
    data = rows(runs)
    text = page(chart(data, list(dict.fromkeys(runs["framework"])), are_many(runs)), data)
    with atomic(args.out) as temporary:
        temporary.write_text(text, encoding="utf-8")
