"""Rows that a dataset has more than once, label and all, and test rows that are also in their training part.

A network has seen the answer to such a test row: accuracies that rest on many of them are too high.
"""

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np

from scripts.core.files import reading
from scripts.core.run_id import RunId

Counts = Mapping[int, dict[str, int]]  # {fold: columns of the table of runs}


def row_numbers(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return a number for each row, int64 (rows,): equal rows with equal labels have the same.

    Rows are compared by 128 bits of a digest: that two of 1e9 different rows share one has a chance of 1e-21.
    """
    seen: dict[tuple[bytes, int], int] = {}
    digests = (hashlib.blake2b(np.ascontiguousarray(row).tobytes(), digest_size=16).digest() for row in x)
    pairs = zip(digests, y.tolist(), strict=True)
    return np.fromiter((seen.setdefault(pair, len(seen)) for pair in pairs), np.int64, len(y))


def counts(numbers: np.ndarray, train: np.ndarray, test: np.ndarray) -> dict[str, int]:
    """Return the columns of one fold, from its index arrays."""
    used = numbers[np.concatenate([train, test])]
    return {
        "repeated_rows": len(used) - len(np.unique(used)),
        "seen_test_rows": int(np.isin(numbers[test], numbers[train]).sum()),
    }


class RepeatedRows:
    """The counts of all runs whose data and splits are below two folders; each file is read once."""

    def __init__(self, data: Path | None = None, splits: Path | None = None) -> None:
        """Take the folder of the prepared datasets and that of the index arrays."""
        self.data, self.splits = data, splits
        self.of_dataset, self.of_split = cache(self.numbers), cache(self.of_folds)

    def of_run(self, run_id: RunId) -> dict[str, int]:
        """Return the columns of a run; nothing where its data or split are not there."""
        if not self.data or not self.splits:
            return {}
        return self.of_split(run_id.dataset, run_id.file_of_split(self.splits)).get(run_id.fold, {})

    def numbers(self, dataset: str) -> np.ndarray | None:
        """Return row_numbers of a dataset; None if it is not there. Raises UserError if it is damaged."""
        files = [Path(self.data or "", dataset, name) for name in ("x.npy", "y.npy")]
        if not all(file.exists() for file in files):
            return None
        with reading(files[0].parent, "a prepared dataset", "delete it and run snakemake again"):
            return row_numbers(*(np.load(file, mmap_mode="r", allow_pickle=False) for file in files))

    def of_folds(self, dataset: str, file: Path) -> Counts:
        """Return the counts of all folds of a file of splits. Raises UserError if it is damaged."""
        numbers = self.of_dataset(dataset)
        if numbers is None or not file.exists():
            return {}
        with (
            reading(file, "a file of splits", "delete it and run snakemake again"),
            np.load(file, allow_pickle=False) as arrays,
        ):
            folds = range(len(arrays.files) // 2)
            return {fold: counts(numbers, arrays[f"train_{fold}"], arrays[f"test_{fold}"]) for fold in folds}
