"""An array in an .npz file of NumPy, as Keras keeps MNIST, written as the IDX file that it was made from."""

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scripts.data.http import Absent
from scripts.data.verify import Rejected


@dataclass(frozen=True)
class IdxArray:
    """Where an array lies: the .npz file, and its name there."""

    file: Path
    name: str

    def __str__(self) -> str:
        return f"{self.file} ({self.name})"


def idx_file(array: IdxArray) -> io.BytesIO:
    """Return the array of bytes as an unpacked IDX file.

    The format: two zeros, 8 for bytes, the number of dimensions, each length as a big-endian 32-bit number,
    the bytes. Raises Absent, or Rejected if there is no array of bytes.
    """
    if not array.file.is_file():
        raise Absent("no such file")
    try:
        with np.load(array.file, allow_pickle=False) as arrays:
            values = arrays[array.name]
    except KeyError:
        raise Rejected(f"has no array {array.name}") from None
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise Rejected(f"not a file of NumPy arrays ({error})") from None
    if values.dtype != np.uint8:
        raise Rejected(f"the array {array.name} is of {values.dtype}, not of bytes")
    head = np.array([0x0800 + values.ndim, *values.shape], dtype=">u4")
    return io.BytesIO(head.tobytes() + values.tobytes())
