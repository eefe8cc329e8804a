"""Whether a dataset of one's own can be trained on, and what was understood of it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from scripts.core.errors import UserError
from scripts.core.network import NetworkError, check, unequal_layers
from scripts.core.text import many
from scripts.data import integrity, prepared
from scripts.data.own import arrays, read, source
from scripts.data.own.arrays import Arrays


def understood(own: source.Source, folds: int) -> Arrays:
    """Return the arrays of a dataset. Raises UserError naming its entry and what is wrong."""
    try:
        missing = source.not_there(own)
        if missing:
            raise UserError("; ".join(missing))
        return arrays.make(own, read.read(own), folds)
    except UserError as error:
        raise UserError(f"data.own.{own.name}: {error}") from None


def has_changed(own: source.Source, folds: int, folder: Path) -> bool:
    """Return whether a dataset is another one than was prepared in a folder. Reads all of it."""
    try:
        made = understood(own, folds)
    except UserError:
        return True  # its preparation says why
    digest = prepared.digest(np.ascontiguousarray(made.x), np.ascontiguousarray(made.y))
    return digest != integrity.data_digest(folder)


def check_network(dataset: str, network: Mapping[str, Any], made: Arrays) -> None:
    """Raise UserError unless the network fits the rows and classes."""
    shape = made.x.shape[1:]
    lines = list(unequal_layers(network["layers"], len(shape)))
    try:
        check(network, shape, len(made.class_names))
    except NetworkError as error:
        lines.append(str(error))
    if lines:
        raise UserError("\n".join(f"networks.{dataset}: {line}" for line in lines))


def described(dataset: str, made: Arrays) -> list[str]:
    """Return what was understood, a line each."""
    counts = np.bincount(made.y)
    least, most = int(counts.argmin()), int(counts.argmax())
    shape = " x ".join(map(str, made.x.shape[1:]))
    what = (
        f"images of {shape} (height x width x channels)"
        if made.x.ndim == 4
        else many(made.x.shape[1], "feature")
    )
    names = made.class_names
    return [
        f"{dataset}: {many(len(made.x), 'row')}, {what}, {made.x.dtype},"
        f" {made.x.min():g} to {made.x.max():g}",
        f"  {len(names)} classes: {read.shortened(names)}",
        f"  rows of a class: {counts[least]} ({names[least]}) to {counts[most]} ({names[most]})",
        *(f"  note: {note}" for note in made.notes),
    ]
