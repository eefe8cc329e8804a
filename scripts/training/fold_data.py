"""The rows of one run: mapped from the prepared arrays, picked by the split, scaled to float32."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.core.paths import AnyPath

Array = Any  # of NumPy, which only functions may import here; the text next to it gives shape and dtype


@dataclass
class Rows:
    """The arrays of one fold.

    x: float32, (rows, height, width, channels) or (rows, features); y: int64 labels, (rows,).
    """

    x_train: Array
    y_train: Array
    x_test: Array
    y_test: Array
    classes: int
    data_digest: str
    split_digest: str


def load(data_folder: AnyPath, splits_file: AnyPath, fold: int, input_scale: float) -> Rows:
    """Read the rows of one fold. The arrays on disk are mapped; only the picked rows are read."""
    import numpy as np

    folder = Path(data_folder)
    facts = json.loads((folder / "data.json").read_text())
    x = np.load(folder / "x.npy", mmap_mode="r")
    y = np.load(folder / "y.npy", mmap_mode="r")
    with np.load(splits_file) as splits:
        train, test = splits[f"train_{fold}"], splits[f"test_{fold}"]

    return Rows(
        x_train=scaled(x[train], input_scale),
        y_train=y[train],
        x_test=scaled(x[test], input_scale),
        y_test=y[test],
        classes=facts["classes"],
        data_digest=facts["digest"],
        split_digest=digest(train.tobytes(), test.tobytes()),
    )


def scaled(x: Array, input_scale: float) -> Array:
    """Make a network's input: float32, divided in float32 by `input_scale`; the shape stays."""
    import numpy as np

    return x.astype(np.float32) / np.float32(input_scale)


def digest(*parts: bytes) -> str:
    """Give the first 16 hex digits of the SHA-256 of some bytes."""
    sha = hashlib.sha256()
    for part in parts:
        sha.update(part)
    return sha.hexdigest()[:16]
