"""Read the files of one dataset as they are: arrays of rows, and a label of each row.

Every reader takes a Source and returns Raw. Each raises UserError naming the file that it cannot use.
"""

import gzip
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from scripts.core.errors import UserError
from scripts.core.files import reading
from scripts.data.own.source import Source

PARTS = ("train", "test")
IDX_TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
MISSING = ["", "?", "NA", "N/A", "NaN", "nan", "NULL", "null", "None"]  # among the features of a CSV file
MOST_BYTES = 1 << 36  # of one array, unpacked: a few kilobytes of gzip can claim to be terabytes


@dataclass(frozen=True)
class Raw:
    """x: (rows, ...) as in the file; labels: (rows,), numbers or texts; columns: names of x's, of tables."""

    x: np.ndarray
    labels: np.ndarray
    columns: tuple[str, ...] = ()


def read(source: Source) -> Raw:
    """Read a dataset by the kind of its files."""
    found = READERS[source.kind](source)
    if len(found.x) != len(found.labels):
        raise UserError(f"x has {len(found.x)} rows, y has {len(found.labels)} labels")
    return found


def table(source: Source) -> Raw:
    """Read a CSV, TSV or Parquet file: a header, a column of labels, all others numbers.

    Of a Parquet file the index that pandas has stored is left out.
    """
    import pandas as pd  # here: arrays need not wait for it

    (path,) = source.paths
    with own_file(path, "a table"):
        names = column_names(path)
        check_columns(path, names, source.label)
        if is_parquet(path):
            rows = pd.read_parquet(path)
        else:  # a class may be called None
            missing = {name: [""] if name == source.label else MISSING for name in names}
            options = {"keep_default_na": False, "na_values": missing, "dtype": {source.label: str}}
            rows = pd.read_csv(path, **options, **as_text(path))
    rows.columns = names
    labels, features = rows[source.label], rows.drop(columns=source.label)
    if features.empty:
        raise UserError(f"{path}: has no column beside the label, or no row")
    refuse_missing(path, rows)
    texts = [name for name in features if not pd.api.types.is_numeric_dtype(features[name])]
    if texts:
        example = features[texts[0]].iloc[0]
        raise UserError(
            f"{path}: columns that are no numbers: {shortened(texts)} (as {example!r}); leave them out, or"
            " make numbers of them"
        )
    whole = all(is_whole(features[name].dtype) for name in features)
    found = labels if is_parquet(path) else as_numbers(labels)
    return Raw(
        features.to_numpy(np.int64 if whole else np.float64), found.to_numpy(), tuple(features.columns)
    )


def check_columns(path: Path, names: list[str], label: str) -> None:
    """Raise UserError unless one of the columns is the label, and each has a name of its own."""
    if label not in names:
        raise UserError(f"{path}: label: has no column {label!r}; its columns: {shortened(names)}")
    if len(set(names)) < len(names):
        twice = next(name for at, name in enumerate(names) if name in names[:at])
        raise UserError(f"{path}: two columns are called {twice!r}")
    if "" in names:
        raise UserError(
            f"{path}: column {names.index('') + 1} has no name: leave it out, if it numbers the rows"
            " (pandas: to_csv(..., index=False)), or give it one"
        )


def as_numbers(labels: Any) -> Any:
    """Return labels that were read as texts as numbers, unless one is none, or begins with a 0, as 007 does.

    pandas would decide that for each part of a long file by itself, and make two classes of 7 and 007.
    """
    import pandas as pd

    numbers: Any = pd.to_numeric(labels, errors="coerce")
    return labels if numbers.isna().any() or labels.str.match(r"\s*[+-]?0\d").any() else numbers


def is_whole(kind: Any) -> bool:
    """Return whether a column of this type has whole numbers or truth values."""
    import pandas as pd

    return pd.api.types.is_integer_dtype(kind) or pd.api.types.is_bool_dtype(kind)


def column_names(path: Path) -> list[str]:
    """Return the names of the columns as the file has them: pandas renames those that are there twice."""
    import pandas as pd
    import pyarrow.parquet as pq

    if is_parquet(path):
        schema = pq.read_schema(path)
        index = (schema.pandas_metadata or {}).get("index_columns", [])
        return [name for name in schema.names if name not in index]
    first = pd.read_csv(path, header=None, nrows=1, dtype=str, keep_default_na=False, **as_text(path))
    return [str(name) for name in first.iloc[0]]


def is_parquet(path: Path) -> bool:
    return path.suffix.lower() == ".parquet"


def as_text(path: Path) -> dict[str, Any]:
    """Return how pandas reads a CSV or TSV file."""
    return {"sep": "\t" if path.suffix.lower() == ".tsv" else ",", "encoding": "utf-8-sig"}


def refuse_missing(path: Path, rows: Any) -> None:
    """Raise UserError naming the columns of a table that have missing values, and the first of their rows."""
    missing = rows.isna()
    counts = missing.sum()
    lines = [
        f"{name!r} ({count}, first in row {int(missing[name].to_numpy().argmax()) + 1})"
        for name, count in counts.items()
        if count
    ]
    if lines:
        raise UserError(f"{path}: missing values in {shortened(lines)}: fill them, or leave these rows out")


def npz(source: Source) -> Raw:
    """Read x and y of an .npz file, or x_train, y_train, x_test and y_test, which are merged."""
    (path,) = source.paths
    with own_file(path, "a file of NumPy arrays"), np.load(path, allow_pickle=False) as arrays:
        names = arrays.files
        if {"x", "y"} <= set(names):
            return Raw(arrays["x"], arrays["y"])
        wanted = [f"{axis}_{part}" for axis in "xy" for part in PARTS]
        if not set(wanted) <= set(names):
            raise UserError(
                f"{path}: needs arrays x and y, or x_train, y_train, x_test and y_test; it has"
                f" {shortened(names)}"
            )
        x, y = ([arrays[f"{axis}_{part}"] for part in PARTS] for axis in "xy")
    if x[0].shape[1:] != x[1].shape[1:] or y[0].ndim != y[1].ndim:
        raise UserError(
            f"{path}: rows of x_train have the shape {x[0].shape[1:]}, of x_test {x[1].shape[1:]}"
        )
    return Raw(np.concatenate(x), np.concatenate(y))


def pair(source: Source) -> Raw:
    """Read x and y from .npy files, which are mapped, or IDX files, gzipped or not."""
    x, labels = map(array, source.paths)
    return Raw(x, labels)


def array(path: Path) -> np.ndarray:
    """Read one array of a .npy or IDX file."""
    if path.suffix.lower() == ".npy":
        with own_file(path, "an array of NumPy"):
            return np.load(path, mmap_mode="r", allow_pickle=False)
    with own_file(path, "an IDX file"), gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        return idx(file)


def idx(file: BinaryIO | gzip.GzipFile) -> np.ndarray:
    """Read an IDX file: two zeros, the type, the number of dimensions, each length, the values.

    Format: the page of MNIST, https://yann.lecun.org/exdb/mnist/. Raises ValueError if it is none.
    """
    head = file.read(4)
    if len(head) < 4 or head[:2] != b"\0\0" or head[2] not in IDX_TYPES or not head[3]:
        raise ValueError("it does not begin as one")
    shape = [int(length) for length in np.frombuffer(file.read(4 * head[3]), dtype=">u4")]
    dtype = np.dtype(IDX_TYPES[head[2]])
    size = math.prod(shape) * dtype.itemsize
    if size > MOST_BYTES:
        raise ValueError(f"it claims to hold {size:,} bytes")
    content = file.read(size + 1)
    if len(content) != size:
        raise ValueError(f"its content is not {' x '.join(map(str, shape))} values of {dtype.itemsize} bytes")
    return np.frombuffer(content, dtype=dtype).reshape(shape).astype(dtype.newbyteorder("="), copy=False)


@contextmanager
def own_file(path: Path, kind: str) -> Iterator[None]:
    """Raise UserError if the file read within is missing or not what its ending says."""
    try:
        with reading(path, kind, cause=True):
            yield
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}") from None


def shortened(names: Any, most: int = 8) -> str:
    """Return the first names of many."""
    words = [str(name) for name in names]
    more = f" and {len(words) - most} more" if len(words) > most else ""
    return (", ".join(words[:most]) + more) or "none"


def bundled(source: Source) -> Raw:
    """Load one of the datasets that come with scikit-learn."""
    from sklearn import datasets  # here: files need not wait for it

    loaded = getattr(datasets, f"load_{source.sklearn}")()
    labels = np.array(loaded.target_names)[loaded.target]
    return Raw(loaded.data, labels, tuple(map(str, loaded.feature_names)))


def images(source: Source) -> Raw:
    """Read a folder of images by class."""
    from scripts.data.own.images import read_folder  # here: Pillow is for images alone

    return Raw(*read_folder(source))


READERS: dict[str, Callable[[Source], Raw]] = {
    **{"table": table, "npz": npz, "pair": pair, "images": images, "bundled": bundled},
}
