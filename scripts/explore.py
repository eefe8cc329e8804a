"""Make one HTML page in which runs are filtered and compared, with everything it needs inside.

The page holds Vega, Vega-Lite and Vega-Embed (BSD-3-Clause) as vl-convert bundles them; NOTICE goes with
them into the page. It asks for nothing from the network.
"""

import argparse
import html
import json
import math
from pathlib import Path
from typing import Any

import altair as alt
import flags
import labels
import numpy as np
import pandas as pd
import render
import style
import vl_convert
from cli import atomic, run
from experiment_data import read_runs

ALL = "all"
NOTICE = """
  This page contains Vega, Vega-Lite and Vega-Embed, Copyright (c) 2015-2025 University of Washington
  Interactive Data Lab and contributors (BSD-3-Clause, https://github.com/vega), and what they are built on:
  D3, Copyright Mike Bostock (ISC), and small libraries under the MIT, ISC and BSD licences.
"""
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
# Columns of the table below, and of what stands beside the pointer: name, and its head.
FACTS = {
    **FILTERS,
    "fold": "fold",
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


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=Path, required=True, help="runs.parquet of collect.py")
    parser.add_argument("--out", type=Path, required=True, help="the page to write")
    return parser.parse_args()


# ---- Data: one mapping a run, ready for JSON ----


def rows(runs: pd.DataFrame) -> list[dict]:
    """Return the FACTS of every planned run, and `epochs`, a list of seconds; missing runs have nulls."""
    return [row(one) for _, one in runs.iterrows()]


def row(one: pd.Series) -> dict:
    """Return the FACTS and `epochs` of one run, ready for JSON."""
    named = {
        "dataset": labels.dataset(one["dataset"]),
        "framework": labels.framework(one["framework"]),
        "device": labels.device(one["device"]),
        "split": labels.split(one["split"]),
        "settings": one["settings"],
        "implementation": one["implementation"],
        "fold": int(one["fold"]) if one["split"] == "kfold" else None,
    }
    if one["status"] != "ok":
        return {
            **dict.fromkeys(FACTS),
            **named,
            "validity": one["status"],
            "flags": one["status"],
            "epochs": [],
        }
    facts = json.loads(one["library_facts"])
    versions = {named["framework"]: facts.get("framework_version"), "Keras": facts.get("keras")}
    versions |= {"Python": one["python"], "NumPy": json.loads(one["versions"]).get("numpy")}
    return named | {
        "validity": one["validity"],
        "total_s": shorter(one["total_s"]),
        "compile_s": shorter(one["compile_s"]),
        "train_s": shorter(one["train_s"]),
        "epoch_s": shorter(np.median(one["epochs_s"])),
        "accuracy": shorter(100 * one["test_accuracy"]),
        "threads": int(one["threads"]),
        "busy": shorter(one["train_cpu_s"] / one["train_s"], 3),
        "versions": ", ".join(f"{name} {version}" for name, version in versions.items() if version),
        "host": ", ".join(str(one[name]) for name in ("host", "cpu", "gpu") if pd.notna(one[name])),
        "started": one["started"][:19].replace("T", " "),
        "flags": flags.names(one["flags"]),
        "epochs": [shorter(seconds, 4) for seconds in one["epochs_s"]],
    }


def shorter(number: float, digits: int = 5) -> float | None:
    return float(f"{number:.{digits}g}") if math.isfinite(number) else None


# ---- Charts ----


def chart(data: list[dict], frameworks: list[str]) -> dict:
    """Vega-Lite's specification. Time against accuracy, and below it every epoch of the runs chosen above."""
    filters = [
        alt.param(
            name=f"{column}_is",
            value=ALL,
            bind=alt.binding_select(
                options=[ALL, *dict.fromkeys(one[column] for one in data)],
                name=f"{head} ",
                element="#filters",
            ),
        )
        for column, head in FILTERS.items()
    ]
    is_shown = " && ".join(f"({name}_is == '{ALL}' || datum.{name} == {name}_is)" for name in FILTERS)
    drawn = alt.Chart(width=760).transform_filter(is_shown).transform_filter("isValid(datum.total_s)")
    looks = [style.look(name, frameworks) for name in frameworks]
    names = [labels.framework(name) for name in frameworks]
    colour = alt.Color("framework:N", title=None).scale(domain=names, range=[look[0] for look in looks])
    shapes = {"o": "circle", "s": "square", "^": "triangle-up", "D": "diamond", "v": "triangle-down"}
    shape = alt.Shape("framework:N", title=None).scale(
        domain=names, range=[shapes.get(look[2], "cross") for look in looks]
    )
    brush = alt.selection_interval(name="brush", encodings=["x", "y"])
    tooltip = [alt.Tooltip(f"{name}:N", title=head) for name, head in FACTS.items()]
    runs = (
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
    epochs = (
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
        .properties(height=alt.Step(16), name="epochs", title="Every epoch of the runs chosen")
    )
    both = alt.vconcat(runs, epochs, data=alt.NamedData(name="runs")).add_params(*filters)
    both = both.configure(
        autosize=alt.AutoSizeParams(type="pad", resize=True),  # shorter with fewer rows of epochs
        axis={"labelFontSize": 11, "titleFontSize": 12},
        font="system-ui, sans-serif",
        title={"anchor": "start", "fontSize": 13},
    )
    return both.to_dict() | {"datasets": {"runs": data}}


# ---- The page ----

STYLE = """
#filters { display: flex; flex-wrap: wrap; gap: .4rem 1rem; margin: .8rem 0 }
#filters label { display: flex; flex-direction: column }
#filters .vega-bind-name { font-size: .85rem; color: #6b7480; margin: 0 }
select { font: inherit; padding: .15rem .3rem; margin: 0 }
#count { font-weight: 600; margin: .8rem 0 }
#table { font-size: .85rem }
#table td:last-child { white-space: normal }
"""

SCRIPT = """
const LONGEST = 500, spec = JSON.parse(document.getElementById("spec").textContent);
const runs = spec.datasets.runs;
const filters = JSON.parse(document.getElementById("filters-of").textContent);
const facts = JSON.parse(document.getElementById("facts").textContent);
const options = {renderer: "canvas", actions: {export: true, source: false, compiled: false, editor: false}};
vegaEmbed("#chart", spec, options).then(({view}) => {
  window.view = view;
  const inside = (run, box) => Object.entries(box || {}).every(([name, ends]) =>
    run[name] !== null && run[name] >= Math.min(...ends) && run[name] <= Math.max(...ends));
  const refresh = () => {
    const chosen = {};
    for (const name of filters) chosen[name] = view.signal(name + "_is");
    const box = view.signal("brush");
    const found = runs.filter(run =>
      filters.every(name => chosen[name] === "all" || run[name] === chosen[name]) && inside(run, box));
    const having = name => found.filter(run => run.validity === name).length;
    const absent = ["failed", "missing"].filter(having).map(name => `, ${having(name)} of them ${name}`);
    document.getElementById("count").textContent =
      `${found.length} of ${runs.length} runs${absent.join("")}` +
      (found.length > LONGEST ? `; the table has the first ${LONGEST}` : "");
    const body = document.querySelector("#table tbody");
    body.replaceChildren(...found.slice(0, LONGEST).map(run => {
      const line = document.createElement("tr");
      for (const name of facts) {
        const cell = line.insertCell(), value = run[name];
        cell.textContent = value === null ? "" : value;
        if (typeof value === "number") { cell.className = "number"; cell.dataset.value = value; }
      }
      return line;
    }));
  };
  for (const name of filters) view.addSignalListener(name + "_is", refresh);
  view.addSignalListener("brush", refresh);
  refresh();
});
"""


def page(spec: dict, numbers: set[str]) -> str:
    """The HTML text. `numbers` are the columns that hold numbers, for the alignment of their heads."""
    head = "".join(
        f"<th{render.css('number' if name in numbers else '')} scope=col>"
        f"<button>{html.escape(words)}</button></th>"
        for name, words in FACTS.items()
    )
    return f"""<!doctype html>
<html lang="en">
<!--{NOTICE}-->
<head>
<meta charset="utf-8">
<title>Explore the runs</title>
<style>{render.STYLE}{STYLE}</style>
</head>
<body>
<h1>Explore the runs</h1>
<p>Choose which runs are shown; draw a box in the upper chart to choose among them, double-click to undo.
The lower chart and the table follow. A pointer on a point shows all about its run.</p>
<div id=filters></div>
<p id=count></p>
<div class=wide><div id=chart></div></div>
<div class=wide><table id=table><thead><tr>{head}</tr></thead><tbody></tbody></table></div>
<script type="application/json" id=spec>{embedded(spec)}</script>
<script type="application/json" id=filters-of>{embedded(list(FILTERS))}</script>
<script type="application/json" id=facts>{embedded(list(FACTS))}</script>
<script>{bundle()}</script>
<script>{render.SCRIPT}{SCRIPT}</script>
</body>
</html>
"""


def bundle() -> str:
    """Vega, Vega-Lite and Vega-Embed in one piece of JavaScript."""
    return vl_convert.javascript_bundle().replace("</script", "<\\/script")


def embedded(content: Any) -> str:
    """JSON that can stand inside <script>."""
    return json.dumps(content, allow_nan=False, separators=(",", ":")).replace("</", "<\\/")


def main() -> None:
    args = options()
    runs = read_runs(args.runs)
    data = rows(runs)
    numbers = {name for one in data for name, value in one.items() if isinstance(value, (int, float))}
    text = page(chart(data, list(dict.fromkeys(runs["framework"]))), numbers)
    with atomic(args.out) as temporary:
        temporary.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    run(main)
