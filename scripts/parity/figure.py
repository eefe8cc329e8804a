"""Draw how far each framework's losses lie from the float64 reference, step by step."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from scripts.analysis import display_names
from scripts.analysis.frames import column, each_group
from scripts.figures import files, style
from scripts.figures.layout import make_room

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

PRECISIONS = ("float64", "float32")
PARTS = ("implementation", "device")  # named in the legend where there are several
EXACT = 1e-17  # where a difference of nothing is drawn on the logarithmic axis


def options() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=Path, required=True, help="CSV of the certificate's steps")
    parser.add_argument("--out", type=Path, required=True, help="prefix of the .svg, .png and -figure.html")
    return parser.parse_args()


def draw(steps: pd.DataFrame) -> "Figure":
    """Draw a row a precision, a column a dataset; one line a framework, implementation and device.

    `steps` are those of the certificate: its PAIR, precision, step, difference.
    """
    import matplotlib.pyplot as plt

    datasets = list(dict.fromkeys(steps["dataset"]))
    if not datasets:
        figure = plt.figure(figsize=(5.8, 1))
        figure.text(0.01, 0.5, "Nothing to draw: all first steps failed (see the certificate).")
        return figure
    width = 1.6 + 2.1 * max(len(datasets), 2)  # inches
    figure, axes = plt.subplots(
        len(PRECISIONS),
        len(datasets),
        figsize=(width, 5.2),
        sharex=True,
        sharey="row",
        squeeze=False,
        layout="constrained",
    )
    lines = {}
    for axis_row, precision in zip(axes, PRECISIONS, strict=True):
        for axis, dataset in zip(axis_row, datasets, strict=True):
            lines |= panel(axis, steps.loc[steps["dataset"] == dataset], precision)
            if precision == PRECISIONS[0]:
                axis.set_title(display_names.dataset(dataset))
        axis_row[0].set_ylabel(f"{precision}: relative difference")
    axes[-1][0].set_xlabel("training step")
    figure.suptitle("Distance of the losses from the reference", x=0.01, ha="left", fontweight="bold")
    columns = int(width / 2.4)
    make_room(figure, len(lines), columns)
    figure.legend(lines.values(), lines.keys(), loc="outside lower left", ncols=columns, handlelength=3.5)
    return figure


def panel(axis: "Axes", steps: pd.DataFrame, precision: str) -> "dict[str, Line2D]":
    """Draw the lines of one dataset and precision; return them by name."""
    axis.set_yscale("log")
    axis.grid(axis="y")
    drawn = {}
    if precision == "float32":
        own = steps.loc[steps["precision"] == "NumPy float32"].drop_duplicates("step")
        drawn["NumPy in float32, nudged"] = axis.plot(
            own["step"], own["difference"].clip(EXACT), color="#555555", linewidth=4, alpha=0.35
        )[0]
    several = [name for name in PARTS if column(steps, name).nunique() > 1]
    pairs = steps.loc[steps["precision"] == precision].groupby(["framework", *PARTS], sort=False)
    for (framework, implementation, device), line in pairs:
        colour, dashes, _ = style.look(framework, steps["framework"])
        parts = {"implementation": implementation, "device": display_names.device(device)}
        name = ", ".join([display_names.framework(framework), *(parts[part] for part in several)])
        thick = 1.6 if implementation == "idiomatic" else 0.9
        drawn[name] = axis.plot(
            line["step"], line["difference"].clip(EXACT), color=colour, linestyle=dashes, linewidth=thick
        )[0]
    return drawn


def describe(steps: pd.DataFrame) -> str:
    """Return the greatest distance of each precision and dataset in sentences."""
    sentences = []
    for (precision,), rows in each_group(steps, ["precision"]):
        furthest = [
            f"{display_names.dataset(name)} {column(of_dataset, 'difference').max():.0e}"
            for (name,), of_dataset in each_group(rows, ["dataset"])
        ]
        sentences.append(f"{precision}: {', '.join(furthest)}")
    found = ". ".join(sentences) or "All first steps failed"
    return f"Greatest relative distance of any framework's loss from the reference, by precision. {found}."


def main() -> None:
    """Draw the figure of the steps that the command line names."""
    args = options()
    steps = pd.read_csv(args.steps)
    drawn, words = draw(steps), describe(steps)
    files.save(drawn, args.out, words)
    files.write_page(args.out, drawn.get_suptitle(), words)
