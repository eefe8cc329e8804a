"""The prepared data and splits that are present: their digests, and whether they have been changed."""

import hashlib
import json
from pathlib import Path

from scripts.core.errors import UserError
from scripts.core.files import reading
from scripts.training.fold_data import digest

BLOCK = 1 << 22


def data_digest(folder: str | Path) -> str | None:
    """Read the digest in data.json of a prepared dataset; None if it is not there. Raises UserError."""
    path = Path(folder, "data.json")
    if not path.exists():
        return None
    with reading(path, "what data/prepare.py writes", again(folder)):
        return json.loads(path.read_text(encoding="utf-8"))["digest"]


def split_digests(path: str | Path) -> dict[int, str]:
    """Compute {fold: digest of its index arrays} of a file of splits; {} without it. Raises UserError."""
    if not Path(path).exists():
        return {}
    import numpy as np  # here: the workflow uses this module, and each job on a cluster starts it

    with (
        reading(path, "a file of splits", "delete it and run snakemake again"),
        np.load(path, allow_pickle=False) as arrays,
    ):
        return {
            fold: digest(arrays[f"train_{fold}"].tobytes(), arrays[f"test_{fold}"].tobytes())
            for fold in range(len(arrays.files) // 2)
        }


def check_unchanged(folder: str | Path) -> None:
    """Raise UserError if x.npy or y.npy of a prepared dataset do not have the digest in data.json.

    Reads all of them: about a second for 1 GB.
    """
    folder = Path(folder)
    expected = data_digest(folder)
    files = [folder / "x.npy", folder / "y.npy"]
    if expected is None or not all(file.exists() for file in files):
        return  # snakemake prepares them
    import numpy as np

    sha = hashlib.sha256()
    for path in files:
        with reading(path, "a prepared array", again(folder)), path.open("rb") as file:
            np.lib.format.read_magic(file)
            np.lib.format.read_array_header_1_0(file)
            while block := file.read(BLOCK):
                sha.update(block)
    if sha.hexdigest()[:16] != expected:
        raise UserError(
            f"{folder}: x.npy or y.npy were changed after they were prepared (digest"
            f" {sha.hexdigest()[:16]}, data.json has {expected}); {again(folder)}"
        )


def again(folder: str | Path) -> str:
    """Write how to have a folder of prepared data made again."""
    return f"delete {folder} and run snakemake again: it is prepared again, and its runs are repeated"
