"""Merge the train and test parts of one dataset into arrays that a run can map: x.npy, y.npy.

x is uint8, images as (rows, height, width, channels) or (rows, features); y is int64, (rows,).
"""

import argparse
from pathlib import Path

import numpy as np

from scripts.core.errors import UserError
from scripts.data import manifest
from scripts.data.prepared import write
from scripts.data.readers import READERS


def main() -> None:
    """Prepare the dataset that the command line names."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("dataset", help="name of the dataset in the manifest")
    parser.add_argument("--manifest", default="resources/datasets.yaml", metavar="FILE")
    parser.add_argument("--raw", type=Path, metavar="FOLDER", help="default: results/raw/DATASET")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="default: results/data/DATASET")
    args = parser.parse_args()
    dataset = manifest.read(args.manifest, args.dataset)
    if dataset.format not in READERS:
        raise UserError(
            f"{args.manifest}: {dataset.name}: format {dataset.format!r} has no reader in "
            f"scripts/data/readers.py; known: {', '.join(READERS)}"
        )
    raw = args.raw or Path("results/raw", dataset.name)
    x, y, class_names = READERS[dataset.format](raw)
    class_names = [*dataset.class_names] or class_names
    check(dataset, x, y, class_names)
    write(args.out or Path("results/data", dataset.name), dataset.name, x, y, class_names)


def check(dataset: manifest.Dataset, x: np.ndarray, y: np.ndarray, class_names: list[str]) -> None:
    """Raise UserError unless arrays and manifest agree on rows, shape and classes."""
    expected = (dataset.rows, *dataset.shape)
    if x.shape != expected or x.dtype != np.uint8:
        raise UserError(f"{dataset.name}: x is {x.dtype} {x.shape}, the manifest says {expected}")
    if y.shape != (dataset.rows,) or y.dtype != np.int64:
        raise UserError(f"{dataset.name}: y is {y.dtype} {y.shape}, not int64 ({dataset.rows},)")
    present = np.unique(y)
    if not np.array_equal(present, np.arange(dataset.classes)):
        raise UserError(
            f"{dataset.name}: labels {present.min()}..{present.max()}, {len(present)} of them; "
            f"the manifest says {dataset.classes} classes, 0..{dataset.classes - 1}"
        )
    if len(class_names) != dataset.classes:
        raise UserError(f"{dataset.name}: {len(class_names)} class names, not {dataset.classes}")
