"""The prepared data and splits that are present: their digests, and whether anybody changed them."""

import hashlib
import json
from pathlib import Path
from zipfile import BadZipFile

from cli import UserError
from trainer.rows import digest

BLOCK = 1 << 22


def data_digest(folder):
    """The digest in data.json of a prepared dataset; None if it is not there. Raises UserError."""
    path = Path(folder, "data.json")
    if not path.exists():
        return None
    try:
        return json.loads(path.read_text(encoding="utf-8"))["digest"]
    except (KeyError, TypeError, ValueError):
        raise UserError(f"{path}: not what prepare.py writes; {again(folder)}") from None


def split_digests(path):
    """{fold: digest of its index arrays} of a file of splits; {} if it is not there. Raises UserError."""
    if not Path(path).exists():
        return {}
    import numpy as np  # here: the workflow uses this module, and each job on a cluster starts it

    try:
        with np.load(path, allow_pickle=False) as arrays:
            return {
                fold: digest(arrays[f"train_{fold}"].tobytes(), arrays[f"test_{fold}"].tobytes())
                for fold in range(len(arrays.files) // 2)
            }
    except (AttributeError, BadZipFile, EOFError, KeyError, TypeError, ValueError):
        raise UserError(f"{path}: not a file of splits; delete it and run snakemake again") from None


def check_unchanged(folder):
    """Raise UserError if x.npy or y.npy of a prepared dataset are not those that data.json tells of.

    Reads all of them: about a second for 1 GB.
    """
    folder = Path(folder)
    told = data_digest(folder)
    files = [folder / "x.npy", folder / "y.npy"]
    if told is None or not all(file.exists() for file in files):
        return  # snakemake prepares them
    import numpy as np

    sha = hashlib.sha256()
    for path in files:
        try:
            with path.open("rb") as file:
                np.lib.format.read_magic(file)
                np.lib.format.read_array_header_1_0(file)
                while block := file.read(BLOCK):
                    sha.update(block)
        except ValueError:
            raise UserError(f"{path}: not a prepared array; {again(folder)}") from None
    if sha.hexdigest()[:16] != told:
        raise UserError(
            f"{folder}: x.npy or y.npy were changed after they were prepared (digest"
            f" {sha.hexdigest()[:16]}, data.json says {told}); {again(folder)}"
        )


def again(folder):
    return f"delete {folder} and run snakemake again: it is prepared anew, and its runs are repeated"
