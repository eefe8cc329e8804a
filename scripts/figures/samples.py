"""Draw rows of a prepared dataset, the first of each class: what networks are trained on. Written are
PREFIX.svg, .png and -figure.html.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from scripts.analysis import display_names
from scripts.core.text import many
from scripts.figures import files, layout, style

MOST_CLASSES, OF_EACH, MOST_TICKS = 10, 8, 30
SPREAD = 2.5  # standard deviations from the mean, at which colours end


def main() -> None:
    """Draw the dataset that the command line names."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument(
        "--data", type=Path, required=True, metavar="FOLDER", help="of x.npy, y.npy, data.json"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="PREFIX", help="of the files to write")
    args = parser.parse_args()
    facts = json.loads((args.data / "data.json").read_text(encoding="utf-8"))
    x, y = (np.load(args.data / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in "xy")
    words = describe(facts)
    figure = draw(x, np.asarray(y), facts)
    files.save(figure, args.out, words)
    files.write_page(args.out, figure.get_suptitle(), words)
    plt.close(figure)


def describe(facts: Mapping[str, Any]) -> str:
    """Return what the picture shows, in sentences; `facts` of data.json."""
    names, shape = facts["class_names"], facts["shape"]
    shown = ", ".join(names[:MOST_CLASSES])
    which = "all classes" if len(names) <= MOST_CLASSES else f"{MOST_CLASSES} of {len(names)} classes"
    what = (
        f"Images of {shape[0]} x {shape[1]}."
        if len(shape) == 3
        else f"Each column is one of {many(shape[0], 'feature')}, its colour how far a value is from the"
        " feature's mean, in standard deviations."
    )
    return f"The first rows of {which}: {shown}. {what}"


def draw(x: np.ndarray, y: np.ndarray, facts: Mapping[str, Any]) -> Figure:
    """Draw rows of x, images (rows, height, width, channels) or (rows, features), by their labels y."""
    names = facts["class_names"][:MOST_CLASSES]
    rows = [np.flatnonzero(y == label)[:OF_EACH] for label in range(len(names))]
    figure = images(x, rows, names) if x.ndim == 4 else features(x, rows, names)
    count = many(len(x), "row")
    layout.title(figure, f"{display_names.dataset(facts['dataset'])}: rows of each class, of {count}")
    return figure


def images(x: np.ndarray, rows: Sequence[np.ndarray], names: Sequence[str]) -> Figure:
    """Draw a line of images for each class."""
    figure, axes = plt.subplots(
        len(names),
        OF_EACH,
        figsize=(layout.WIDTH, 0.4 + 0.9 * len(names)),
        squeeze=False,
        layout="constrained",
    )
    taken = np.concatenate(rows)
    least, most = float(x[taken].min()), float(x[taken].max())
    for line, places, name in zip(axes, rows, names, strict=True):
        for axis in line:
            axis.set_axis_off()
        for axis, place in zip(line, places, strict=False):
            image = (np.asarray(x[place], float) - least) / ((most - least) or 1)
            axis.imshow(image[..., 0] if image.shape[-1] != 3 else image, cmap="gray", vmin=0, vmax=1)
        line[0].set_title(name, fontsize=8, fontweight="normal", loc="left")
    return figure


def features(x: np.ndarray, rows: Sequence[np.ndarray], names: Sequence[str]) -> Figure:
    """Draw a line of colours for each row, in the order of the classes."""
    taken = np.concatenate(rows)
    deviation = x.std(axis=0)
    values = (x[taken] - x.mean(axis=0)) / np.where(deviation > 0, deviation, 1)
    figure, axis = plt.subplots(figsize=(layout.WIDTH, 1.2 + 0.11 * len(taken)), layout="constrained")
    drawn = axis.imshow(
        values, aspect="auto", cmap="PuOr", vmin=-SPREAD, vmax=SPREAD, interpolation="nearest"
    )
    ends = np.cumsum([len(places) for places in rows])
    for end in ends[:-1]:
        axis.axhline(end - 0.5, color="white", linewidth=2)
    middles = ends - [(len(places) + 1) / 2 for places in rows]
    axis.set_yticks(middles, names)
    if x.shape[1] <= MOST_TICKS:
        axis.set_xticks(range(x.shape[1]))
    axis.set_xlabel("feature")
    axis.tick_params(length=0, colors=style.INK)
    figure.colorbar(drawn, ax=axis, label="standard deviations from the mean", extend="both")
    return figure
