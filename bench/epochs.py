"""Epochs as sides of a comparison: loops of bench/loops/, in the environment of a framework."""

import json

from bench.alternate import Seconds, Side
from bench.place import Place
from scripts.analysis import display_names


def subject(framework: str, dataset: str) -> str:
    """Name a line: the framework and the dataset as readers see them."""
    return f"{display_names.framework(framework)}, {display_names.dataset(dataset)}"


def side(place: Place, loop: str, framework: str, implementation: str, dataset: str) -> Side:
    """Return an epoch of a loop. Raises Lacking."""
    return Side(place.loop(loop, framework, implementation, dataset), an_epoch)


def an_epoch(printed: str) -> Seconds:
    """Read the line of JSON that bench/loops prints last; a framework may still write warnings after it."""
    return Seconds(**json.loads([line for line in printed.splitlines() if line.startswith("{")][-1]))
