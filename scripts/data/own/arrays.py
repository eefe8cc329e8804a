"""Make the arrays of a dataset from what was read: x as numbers, y as labels 0, 1, ..."""

from dataclasses import dataclass

import numpy as np

from scripts.core.errors import UserError
from scripts.core.text import many
from scripts.data.own.read import Raw, shortened
from scripts.data.own.source import Source

EXACT = 1 << 24  # whole numbers up to it are exact in float32, in which networks compute
MOST_CLASSES = 10_000
MOST_ERROR = 1e-3  # that rounding to float32 may be, in standard deviations of a feature


@dataclass(frozen=True)
class Arrays:
    """x: uint8 or float32, (rows, height, width, channels) or (rows, features); y: int64, (rows,).

    `class_names` in the order of the labels; `notes` are sentences on what is allowed, but worth knowing.
    """

    x: np.ndarray
    y: np.ndarray
    class_names: list[str]
    notes: list[str]


def make(source: Source, raw: Raw, folds: int) -> Arrays:
    """Return the arrays of a dataset. Raises UserError naming what cannot be trained on.

    `folds` of the cross-validation are only compared with the classes.
    """
    y, class_names = labels(raw.labels)
    check_rows(raw.x)
    if source.standardize and raw.x.ndim != 2:
        raise UserError("standardize: is for rows of features; images are divided by input_scale")
    notes = [*constant_columns(raw.x, raw.columns), *small_classes(y, class_names, folds)]
    x = standardized(raw.x) if source.standardize else rows(raw.x, raw.columns)
    return Arrays(x, y, class_names, notes)


def check_rows(x: np.ndarray) -> None:
    """Raise UserError unless x is rows of features or images of finite numbers."""
    if x.dtype.kind not in "biuf":
        raise UserError(f"x is of {x.dtype}, not of numbers")
    if x.ndim not in (2, 3, 4) or min(x.shape) < 1:
        raise UserError(
            f"x has the shape {x.shape}, not (rows, features) or (rows, height, width[, channels])"
        )
    if x.ndim == 4 and x.shape[1] in (1, 3) and x.shape[3] not in (1, 3, 4):
        raise UserError(
            f"x has the shape {x.shape}: its channels seem to come first, and are expected last:"
            " x.transpose(0, 2, 3, 1)"
        )
    if x.dtype.kind == "f":
        most = np.finfo(np.float32).max
        if not (-most <= x.min() and x.max() <= most):  # or one is missing
            wrong = ~(np.abs(x) <= most)
            place = int(np.argmax(wrong.reshape(len(x), -1).any(axis=1)))
            raise UserError(
                f"x has values that are missing, infinite or beyond float32, first in row {place + 1}"
            )


def rows(x: np.ndarray, columns: tuple[str, ...]) -> np.ndarray:
    """Return x for the frameworks: bytes stay bytes, other numbers become float32; images get channels."""
    if x.dtype != np.uint8:
        if x.dtype.kind in "iu" and max(abs(int(x.min())), abs(int(x.max()))) > EXACT:
            raise UserError(
                f"x has whole numbers up to {int(abs(x).max()):,}: beyond {EXACT:,} they are not exact in"
                " float32" + ("; standardize: true makes them small first" if x.ndim == 2 else "")
            )
        if x.ndim == 2:
            check_precision(x, columns)
        x = x.astype(np.float32)
    return x[..., np.newaxis] if x.ndim == 3 else x


def check_precision(x: np.ndarray, columns: tuple[str, ...]) -> None:
    """Raise UserError naming the features of which float32 would keep little: large, and much alike.

    Half of its last digit is 6e-8 of a value: times in seconds since 1970 would all be multiples of 128.
    """
    spread = np.std(x, axis=0, dtype=np.float64)
    error = np.abs(x).max(axis=0).astype(np.float64) * np.finfo(np.float32).eps / 2
    lost = np.flatnonzero((spread > 0) & (error > MOST_ERROR * spread))
    if len(lost):
        names = [columns[place] if columns else f"column {place + 1}" for place in lost]
        raise UserError(
            f"{shortened(names)}: values so large, and so much alike, that float32 cannot tell them apart;"
            " standardize: true takes their mean off first"
        )


def labels(found: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Return the labels as 0, 1, ... and the names of their classes, sorted as numbers or as texts."""
    if found.ndim == 2 and found.shape[1] == 1:
        found = found[:, 0]  # as Keras keeps the labels of CIFAR
    if found.ndim != 1:
        raise UserError(
            f"y has the shape {found.shape}, not one label a row; of one-hot rows: y.argmax(axis=1)"
        )
    if found.dtype.kind == "f":
        if not np.isfinite(found).all():
            raise UserError(f"y has no label in row {int(np.argmax(~np.isfinite(found))) + 1}")
        if (found != np.round(found)).any():
            row = int(np.argmax(found != np.round(found))) + 1
            raise UserError(
                f"y is a number, {found[row - 1]:g} in row {row}, not a class: only classes are learned"
            )
        found = found.astype(np.int64)
    if found.dtype.kind == "S":
        found = np.char.decode(found, "utf-8", "replace")
    if found.dtype.kind not in "biu":
        found = np.array([str(label) for label in found])
    names, y = np.unique(found, return_inverse=True)
    if len(names) < 2:
        raise UserError(
            f"y has one class alone, {str(names[0])!r}: there is nothing to tell apart"
            if len(names)
            else "y is empty"
        )
    if len(names) > MOST_CLASSES or len(names) == len(y):
        raise UserError(
            f"y has {len(names):,} different labels in {len(y):,} rows: is it the column of classes?"
        )
    return y.reshape(-1).astype(np.int64), [str(name) for name in names]


def standardized(x: np.ndarray) -> np.ndarray:
    """Return float32 columns of mean 0 and standard deviation 1 over all rows; constant ones are 0."""
    x = x.astype(np.float64)
    spread = x.std(axis=0)
    return ((x - x.mean(axis=0)) / np.where(spread > 0, spread, 1)).astype(np.float32)


def constant_columns(x: np.ndarray, columns: tuple[str, ...]) -> list[str]:
    """Return a sentence on columns that have one value alone; of images nothing."""
    if x.ndim != 2:
        return []
    constant = np.flatnonzero((x == x[0]).all(axis=0))
    names = [columns[place] if columns else f"column {place + 1}" for place in constant]
    return (
        [f"{many(len(names), 'column')} of one value alone, which teach nothing: {shortened(names)}"]
        if names
        else []
    )


def small_classes(y: np.ndarray, class_names: list[str], folds: int) -> list[str]:
    """Return a sentence on classes with fewer rows than folds: some folds cannot test them."""
    counts = np.bincount(y, minlength=len(class_names))
    small = [f"{class_names[label]} ({counts[label]})" for label in np.flatnonzero(counts < folds)]
    if not small:
        return []
    return [
        f"classes with fewer rows than the {folds} folds, so that some folds lack them: {shortened(small)}"
    ]
