"""Initial weights of `matched` settings: one file for a dataset and fold, read by every framework.

The .npz file holds weight_0, weight_1, ... in the order of the layers that have weights, of each its kernel
and then its bias, or scale and shift; all float32, in the canonical layout, which is Keras's: kernels of
convolutions are (height, width, channels, filters), those of dense layers (in, units), and `flatten` takes an
image's values by rows, columns, channels.
"""

from typing import List
from zipfile import BadZipFile

from scripts.core.paths import AnyPath
from scripts.training.fold_data import Array


def names(count: int) -> List[str]:
    """Name `count` arrays."""
    return [f"weight_{number}" for number in range(count)]


def read(path: AnyPath) -> List[Array]:
    """Read the arrays of a file, in their order. Raises ValueError if it is none."""
    import numpy as np

    try:
        with np.load(path, allow_pickle=False) as arrays:
            return [arrays[name] for name in names(len(arrays.files))]
    except (ValueError, EOFError, KeyError, AttributeError, TypeError, BadZipFile):  # whatever else it is
        raise ValueError(
            f"{path}: not a file of initial weights; `python scripts initial-weights` makes them"
        ) from None
