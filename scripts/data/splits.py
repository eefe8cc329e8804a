"""Draw the row numbers of every fold of one split of one dataset, from one seed.

The .npz file holds train_0, test_0, train_1, test_1, ...: int64 row numbers of the prepared arrays,
in the order of scikit-learn's train_test_split (holdout) or KFold (kfold). Same seed, same bytes.
"""

import argparse
from pathlib import Path

import numpy as np
from sklearn.model_selection import KFold, train_test_split

from scripts.core.errors import UserError
from scripts.core.files import atomic, reading

Folds = list[tuple[np.ndarray, np.ndarray]]  # (train, test) row numbers, int64, of every fold


def main() -> None:
    """Draw the split that the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--y", type=Path, required=True, metavar="FILE", help="labels: y.npy")
    parser.add_argument("--split", choices=["holdout", "kfold"], required=True)
    parser.add_argument("--test-size", type=float, default=0.3, help="share of holdout's test rows")
    parser.add_argument("--folds", type=int, default=10, help="number of folds of kfold")
    parser.add_argument("--seed", type=int, default=2020)
    parser.add_argument("--rows", type=int, help="draw only so many rows first (default: all)")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the .npz file")
    args = parser.parse_args()
    if not 0 <= args.seed < 2**32:
        raise UserError(f"seed: {args.seed} is not in 0..{2**32 - 1}")
    with reading(args.y, "a prepared array", cause=True):
        labels = np.load(args.y, allow_pickle=False)
    rows = draw(labels, args.rows, args.seed)
    if args.split == "holdout":
        folds = holdout(rows, args.test_size, args.seed)
    else:
        folds = kfold(rows, args.folds, args.seed)
    write(args.out, folds)


def draw(labels: np.ndarray, number: int | None, seed: int) -> np.ndarray:
    """Draw `number` rows of `labels` by the seed, or take all: row numbers, ascending int64.

    The classes keep their shares where that is possible. Raises UserError on an impossible number.
    """
    every = np.arange(len(labels), dtype=np.int64)
    if number is None or number == len(every):
        return every
    if not 2 <= number < len(every):
        raise UserError(f"split.rows: {number} is not in 2..{len(every)}, the rows there are")
    _, counts = np.unique(labels, return_counts=True)
    possible = counts.min() >= 2 and len(counts) <= min(number, len(every) - number)
    drawn, _ = train_test_split(
        every, train_size=number, random_state=seed, stratify=labels if possible else None
    )
    return np.sort(drawn)


def holdout(rows: np.ndarray, test_size: float, seed: int) -> Folds:
    """Draw the one fold of holdout. Raises UserError if a part would be empty."""
    if not 0 < test_size < 1:
        raise UserError(f"split.test_size: {test_size} is not between 0 and 1")
    try:
        train, test = train_test_split(rows, test_size=test_size, random_state=seed, shuffle=True)
    except ValueError:  # scikit-learn: a part would be empty
        raise UserError(
            f"split.test_size: {test_size} of {len(rows)} rows leaves no row to train on or to test"
        ) from None
    return [(np.asarray(train), np.asarray(test))]


def kfold(rows: np.ndarray, folds: int, seed: int) -> Folds:
    """Draw the folds of a cross-validation. Raises UserError on an impossible number of them."""
    if not 2 <= folds <= len(rows):
        raise UserError(f"split.folds: {folds} is not in 2..{len(rows)}, the rows there are")
    splitter = KFold(folds, shuffle=True, random_state=seed)
    return [(rows[train], rows[test]) for train, test in splitter.split(rows)]


def write(path: Path, folds: Folds) -> None:
    """Write the folds as train_K and test_K, not compressed."""
    arrays = {}
    for number, (train, test) in enumerate(folds):
        arrays |= {f"train_{number}": train, f"test_{number}": test}
    with atomic(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)
