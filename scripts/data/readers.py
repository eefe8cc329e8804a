"""Readers of the official files: one function per format of the manifest, listed in READERS.

Each takes the raw folder of a dataset and returns (x, y, class_names): x uint8 (rows, height,
width, channels) or (rows, features), y int64 (rows,), the train part first and then the test part,
and the names of the classes in the order of the labels. Each raises UserError naming the file that
it cannot use.
"""

import gzip
import io
import math
import pickle
import string
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from scripts.core.errors import UserError
from scripts.core.files import reading

Arrays = tuple[np.ndarray, np.ndarray, list[str]]  # x, y, class_names


def idx(raw: str | Path) -> Arrays:
    """Read MNIST and what is distributed like it: images and labels in IDX files, gzipped or not."""
    parts = [
        (
            read_idx(Path(raw) / f"{part}-images-idx3-ubyte.gz", dimensions=3),
            read_idx(Path(raw) / f"{part}-labels-idx1-ubyte.gz", dimensions=1),
        )
        for part in ("train", "t10k")
    ]
    x = np.concatenate([images for images, _ in parts])[..., np.newaxis]
    y = np.concatenate([labels for _, labels in parts]).astype(np.int64)
    return x, y, [str(label) for label in range(int(y.max(initial=0)) + 1)]


def emnist_letters(raw: str | Path) -> Arrays:
    """Read the Letters of EMNIST from its archive: IDX files, labels 1..26, rows and columns swapped."""
    path = Path(raw) / "gzip.zip"
    with official(path), zipfile.ZipFile(path) as archive:

        def read(name: str, dimensions: int) -> np.ndarray:
            if f"gzip/{name}" not in archive.namelist():
                raise ValueError(f"it has no gzip/{name}")
            with archive.open(f"gzip/{name}") as packed, gzip.open(packed) as file:
                return idx_array(file, path, dimensions)

        names = [f"emnist-letters-{part}" for part in ("train", "test")]
        x = np.concatenate([read(f"{name}-images-idx3-ubyte.gz", 3) for name in names])
        y = np.concatenate([read(f"{name}-labels-idx1-ubyte.gz", 1) for name in names]).astype(np.int64) - 1
        if y.min(initial=0) < 0 or y.max(initial=0) > 25:
            raise ValueError("a label is not in 1..26")
    return x.swapaxes(1, 2)[..., np.newaxis], y, list(string.ascii_uppercase)


def cifar10(raw: str | Path) -> Arrays:
    """Read CIFAR-10 as distributed for Python: five training batches, then the test batch."""
    folder = Path(raw) / "cifar-10-batches-py"
    batches = [folder / f"data_batch_{number}" for number in range(1, 6)]
    return read_cifar([*batches, folder / "test_batch"], b"labels", folder / "batches.meta")


def cifar100(raw: str | Path) -> Arrays:
    """Read CIFAR-100 as distributed for Python, with its 100 fine labels."""
    folder = Path(raw) / "cifar-100-python"
    return read_cifar([folder / "train", folder / "test"], b"fine_labels", folder / "meta")


def letter(raw: str | Path) -> Arrays:
    """Read UCI Letter Recognition: a letter and 16 integers 0..15 in each line of a CSV file."""
    import pandas as pd  # here: the images need not wait for it

    path = Path(raw) / "letter-recognition.data"
    labels = {letter: label for label, letter in enumerate(string.ascii_uppercase)}
    with official(path):
        table = pd.read_csv(path, header=None, na_filter=False)
        y = np.array([labels[letter] for letter in table[0]], dtype=np.int64)
        x = table.drop(columns=0).to_numpy()
        if x.dtype != np.int64 or x.min() < 0 or x.max() > 15:
            raise ValueError("a feature is not an integer in 0..15")
    return x.astype(np.uint8), y, list(labels)


def svhn(raw: str | Path) -> Arrays:
    """Read the cropped digits of Street View House Numbers: files of MATLAB, the digit 0 labelled 10."""
    parts = [read_mat(Path(raw) / f"{part}_32x32.mat") for part in ("train", "test")]
    x = np.concatenate([images for images, _ in parts])
    y = np.concatenate([labels for _, labels in parts]).astype(np.int64)
    return x, y % 10, [str(digit) for digit in range(10)]


def digits(raw: str | Path | None) -> Arrays:
    """Load scikit-learn's digits; `raw` is not needed."""
    from sklearn.datasets import load_digits  # here: the others need not wait for it

    bundled: Any = load_digits()  # a Bunch: its attributes are known only when it runs
    x = bundled.images.astype(np.uint8)[..., np.newaxis]
    return x, bundled.target.astype(np.int64), [str(digit) for digit in range(10)]


LARGEST = 1 << 30  # bytes of one file unpacked: a few kilobytes of gzip can claim to be terabytes
READERS = {"idx": idx, "cifar10": cifar10, "cifar100": cifar100, "letter": letter, "svhn": svhn}
READERS |= {"emnist_letters": emnist_letters, "digits": digits}


def read_idx(path: Path, dimensions: int) -> np.ndarray:
    """Read the uint8 array of a gzipped IDX file, or of the unpacked one in its place.

    Raises UserError unless it is whole.
    """
    unpacked = path.with_suffix("")
    if not path.exists() and unpacked.exists():
        path = unpacked
    with official(path), gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        return idx_array(file, path, dimensions)


def idx_array(file: io.BufferedIOBase, path: Path, dimensions: int) -> np.ndarray:
    """Read the uint8 array of an open IDX file, which is that of a path or a part of it.

    Raises UserError, or ValueError where its content is cut off.
    """
    head = np.frombuffer(file.read(4 + 4 * dimensions), dtype=">u4")
    if len(head) != 1 + dimensions or head[0] != 0x0800 + dimensions:  # 08: bytes
        raise UserError(f"{path}: not an IDX file of bytes in {dimensions} dimensions")
    shape = [int(length) for length in head[1:]]
    if math.prod(shape) > LARGEST:
        raise UserError(f"{path}: claims to hold {math.prod(shape):,} bytes, more than {LARGEST:,}")
    content = file.read(math.prod(shape) + 1)
    if len(content) != math.prod(shape):
        raise ValueError(f"its content is not {' x '.join(map(str, shape))} bytes")
    return np.frombuffer(content, dtype=np.uint8).reshape(shape)


def read_cifar(paths: list[Path], label_key: bytes, meta: Path) -> Arrays:
    """Merge CIFAR batches: (x, y, class_names), the colour planes moved to the last axis."""
    images, labels = [], []
    for path in paths:
        batch = unpickle(path)
        with official(path):
            data, classes = batch[b"data"], np.asarray(batch[label_key], dtype=np.int64)
            if data.dtype != np.uint8 or data.shape != (len(classes), 3 * 32 * 32):
                raise ValueError("the images are not rows of 3072 bytes, one for each label")
        images.append(data.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))
        labels.append(classes)
    facts = unpickle(meta)
    with official(meta):
        key = b"fine_label_names" if label_key == b"fine_labels" else b"label_names"
        names = [name.decode("ascii") for name in facts[key]]
    return np.concatenate(images), np.concatenate(labels), names


def read_mat(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read the images of a MATLAB file, rows first, and their labels 1..10. Raises UserError."""
    from scipy.io import loadmat  # here: the others need not wait for it

    with official(path), path.open("rb") as file:
        try:
            content = loadmat(file, variable_names=["X", "y"])
            x, y = content["X"], content["y"]
        except Exception as error:  # a damaged one can raise anything
            raise ValueError(f"not a file of MATLAB with X and y: {error}") from None
        if x.dtype != np.uint8 or x.ndim != 4 or y.shape != (x.shape[3], 1):
            raise ValueError("the images are not bytes in four dimensions, with a label for each")
        if y.min(initial=1) < 1 or y.max(initial=1) > 10:
            raise ValueError("a label is not in 1..10")
    return np.moveaxis(x, 3, 0), y[:, 0]


_reconstruct = np.empty(0).__reduce__()[0]  # its module has another name in NumPy 2
ADMITTED = {
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
}


class ArrayUnpickler(pickle.Unpickler):
    """An unpickler that builds plain containers and NumPy arrays and nothing else.

    A pickle can name any function to be called; here it gets only what an array needs.
    """

    def find_class(self, module: str, name: str) -> Callable:
        """Return what a pickle may call. Raises UnpicklingError for anything else."""
        try:
            return ADMITTED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"it wants to call {module}.{name}") from None


def unpickle(path: Path) -> Any:
    """Read the content of a CIFAR pickle, its text as bytes. Raises UserError if it is anything else."""
    with official(path), path.open("rb") as file:
        try:
            return ArrayUnpickler(file, encoding="bytes").load()
        except OSError:
            raise
        except Exception as error:  # a damaged pickle can raise anything
            raise pickle.UnpicklingError(error) from None


@contextmanager
def official(path: Path) -> Iterator[None]:
    """Raise UserError if the official file that is read within is missing or damaged."""
    fix = "delete it and give the same command again, which downloads it"
    try:
        with reading(path, "the official file", fix, cause=True):
            yield
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; Snakemake's target `prepare` downloads it") from None
