"""The layers of each network: those of the config, and beside them what each framework made of them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from scripts.analysis import display_names
from scripts.core.network import count_parameters, multiply_adds, shapes
from scripts.core.text import layer_words, shape_words
from scripts.tables.layout import MOST_ACROSS
from scripts.tables.page_model import Block, Cell, gap, text

Probe = Mapping[str, Any]
HEADER = ["layer", "output", "parameters", "multiply-adds"]
NOTE = (
    "Layers: the config's with our own arithmetic, for one row; beside them what each framework made of them,"
    " as it lists them itself: its names, the output's shape in its layout, the parameters it counts. An"
    " activation may be a layer of its own or part of another one, and the last softmax is part of the loss."
)


def blocks(probes: Sequence[Probe], config: Mapping[str, Any]) -> Iterator[Block]:
    """Lay out a block for each dataset, and one more where the frameworks are too many for one.

    Both stand in the config's order. Probes of tuned implementations, whose network is the same, list none.
    """
    place = {name: number for number, name in enumerate(config["frameworks"])}
    listed = [probe for probe in probes if "layers" in probe]
    listed.sort(key=lambda probe: place.get(probe["framework"], len(place)))
    for dataset in config["datasets"]:
        # Settings and devices have the same layers: one probe of each framework.
        of_dataset = {probe["framework"]: probe for probe in listed if probe["dataset"] == dataset}
        some = list(of_dataset.values())
        for first in range(0, len(some), MOST_ACROSS):
            title = f"Layers of {display_names.dataset(dataset)}{', further frameworks' if first else ''}"
            yield block(title, config["networks"][dataset]["layers"], some[first : first + MOST_ACROSS])


def block(title: str, layers: Sequence[Mapping[str, Any]], probes: Sequence[Probe]) -> Block:
    """Lay out the layers of one network in some frameworks."""
    shape = tuple(probes[0]["input_shape"])
    outputs, adds = shapes(layers, shape), multiply_adds(layers, shape)
    rows = []
    for place, layer in enumerate(layers):
        own = count_parameters([layer], outputs[place - 1] if place else shape)
        cells = [
            text(layer_words(layer)),
            text(shape_words(outputs[place])),
            counted(own),
            counted(adds[place]),
        ]
        rows.append([*cells, *(made_of_it(probe["layers"], place) for probe in probes)])
    sums = [text("all"), text(""), counted(count_parameters(layers, shape)), counted(sum(adds))]
    rows.append([*sums, *map(total, probes)])
    return Block(title, [*HEADER, *(display_names.framework(probe["framework"]) for probe in probes)], rows)


def counted(number: int) -> Cell:
    """Make the cell of a count; of none, an empty one."""
    return Cell(f"{number:,}", number) if number else gap("")


def made_of_it(layers: Sequence[Sequence[Sequence[Any]]], place: int) -> Cell:
    """Make the cell of what a framework made of a layer: `Conv2d, ReLU: 32 x 26 x 26, 320`."""
    if not layers:
        return gap("no layers")
    parts = layers[place]
    if not parts:
        return gap("-")
    parameters = sum(count for _, _, count in parts)
    names = ", ".join(name for name, _, _ in parts)
    return text(f"{names}: {shape_words(parts[-1][1])}{f', {parameters:,}' if parameters else ''}")


def total(probe: Probe) -> Cell:
    """Make the cell of all parameters of a framework."""
    parameters = sum(count for parts in probe["layers"] for _, _, count in parts)
    return counted(parameters) if parameters else gap("functions of arrays")
