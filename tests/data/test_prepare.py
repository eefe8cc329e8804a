"""data.readers and data.prepare: made-up files in the official formats, then the real ones.

The real files come from TRAINCLOCK_MIRROR; torchvision's and Keras's own readers are asked in their
environments, below TRAINCLOCK_ENVS (default: .envs of the repository).
"""

import gzip
import hashlib
import json
import os
import pickle
import shutil
import string
import struct
import subprocess
import sys
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
import scipy.io
import yaml
from paths import ENVIRONMENTS, ROOT

from scripts.core import errors
from scripts.data import download, manifest, prepare, readers
from scripts.data import prepared as prepared_files

REPO = ROOT
MANIFEST = REPO / "resources" / "datasets.yaml"
MIRROR = os.environ.get("TRAINCLOCK_MIRROR", "")

# ---- Made-up files ----


def write_idx(path, array):
    header = struct.pack(f">{1 + array.ndim}I", 0x0800 + array.ndim, *array.shape)
    path.write_bytes(gzip.compress(header + array.tobytes()))


@pytest.fixture
def idx_folder(tmp_path):
    """Five training and three test images of 2 x 3, as MNIST is distributed."""
    images = np.arange(8 * 6, dtype=np.uint8).reshape(8, 2, 3)
    labels = np.array([0, 1, 2, 1, 0, 2, 2, 1], dtype=np.uint8)
    for part, rows in (("train", slice(0, 5)), ("t10k", slice(5, 8))):
        write_idx(tmp_path / f"{part}-images-idx3-ubyte.gz", images[rows])
        write_idx(tmp_path / f"{part}-labels-idx1-ubyte.gz", labels[rows])
    return tmp_path, images, labels


@pytest.fixture
def cifar10_folder(tmp_path):
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    images = np.random.default_rng(0).integers(0, 256, (12, 3072), dtype=np.uint8)
    labels = [number % 10 for number in range(12)]
    names = [f"data_batch_{number}" for number in range(1, 6)] + ["test_batch"]
    for start, name in zip(range(0, 12, 2), names, strict=True):
        rows = slice(start, start + 2)
        batch = {b"data": images[rows], b"labels": labels[rows], b"batch_label": b"made up"}
        (folder / name).write_bytes(pickle.dumps(batch, protocol=4))
    meta = {b"label_names": [f"name {number}".encode() for number in range(10)]}
    (folder / "batches.meta").write_bytes(pickle.dumps(meta, protocol=4))
    return tmp_path, images, labels


# ---- Readers ----


def test_idx_train_then_test(idx_folder):
    folder, images, labels = idx_folder
    x, y, names = readers.idx(folder)
    assert (x.dtype, y.dtype) == (np.uint8, np.int64)
    assert np.array_equal(x, images[..., np.newaxis])
    assert np.array_equal(y, labels)
    assert names == ["0", "1", "2"]


# mtime=0: these bytes are made while tests are collected, and must be the same in every process.
IMAGES = struct.pack(">4I", 0x0803, 5, 2, 3)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty file"),
        pytest.param(b"not gzip", id="not gzip"),
        pytest.param(gzip.compress(b"", mtime=0), id="nothing inside"),
        pytest.param(gzip.compress(IMAGES + bytes(29), mtime=0), id="one byte too few"),
        pytest.param(gzip.compress(IMAGES + bytes(31), mtime=0), id="one byte too many"),
        pytest.param(gzip.compress(b"\0\0\x0d" + IMAGES[3:] + bytes(30), mtime=0), id="floats"),
        pytest.param(gzip.compress(IMAGES + bytes(30), mtime=0)[:-9], id="cut off"),
    ],
)
def test_idx_damaged(idx_folder, content):
    path = idx_folder[0] / "train-images-idx3-ubyte.gz"
    path.write_bytes(content)
    with pytest.raises(errors.UserError, match=r"train-images-idx3-ubyte\.gz: not "):
        readers.idx(idx_folder[0])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (struct.pack(">4I", 0x0803, 2**31, 2**31, 4), "claims to hold 18,446,744,073,709,551,616 bytes"),
        (struct.pack(">4I", 0x0803, 5, 2, 3) + bytes(50_000_000), "its content is not 5 x 2 x 3 bytes"),
    ],
    ids=["claims", "holds"],
)
def test_gzip_bomb_is_not_unpacked(idx_folder, content, reason):
    """Some kilobytes that claim, or hold, far more than a dataset has."""
    (idx_folder[0] / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(content))
    tracemalloc.start()
    with pytest.raises(errors.UserError, match=reason):
        readers.idx(idx_folder[0])
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


def test_pickle_that_asks_for_too_much_memory(tmp_path):
    array = b"cnumpy._core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(L1000000000000000L\ntC\x01btR."
    (tmp_path / "batch").write_bytes(array)
    with pytest.raises(errors.UserError, match="batch: not the official file"):
        readers.unpickle(tmp_path / "batch")


def test_cifar_colour_planes_become_the_last_axis(cifar10_folder):
    folder, images, labels = cifar10_folder
    x, y, names = readers.cifar10(folder)
    assert x.shape == (12, 32, 32, 3) and x.dtype == np.uint8
    assert x[7, 5, 9, 2] == images[7, 2 * 1024 + 5 * 32 + 9]
    assert y.dtype == np.int64 and y.tolist() == labels
    assert names[3] == "name 3"


def test_cifar100_takes_the_fine_labels(tmp_path):
    folder = tmp_path / "cifar-100-python"
    folder.mkdir()
    for name, label in (("train", 99), ("test", 7)):
        data = np.full((1, 3072), label, dtype=np.uint8)
        batch = {b"data": data, b"fine_labels": [label], b"coarse_labels": [1]}
        (folder / name).write_bytes(pickle.dumps(batch, protocol=4))
    (folder / "meta").write_bytes(pickle.dumps({b"fine_label_names": [b"apple"]}, protocol=4))
    x, y, names = readers.cifar100(tmp_path)
    assert y.tolist() == [99, 7] and x[:, 0, 0, 0].tolist() == [99, 7] and names == ["apple"]


class Malicious:
    """Unpickled by the standard unpickler, it would create a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_malicious_pickle_does_nothing(cifar10_folder, protocol):
    folder = cifar10_folder[0]
    path = folder / "cifar-10-batches-py" / "data_batch_2"
    victim = folder / "victim"
    path.write_bytes(pickle.dumps({"data": Malicious(victim)}, protocol=protocol))
    with pytest.raises(errors.UserError, match=r"data_batch_2: .* wants to call \w+\.open"):
        readers.cifar10(folder)
    assert not victim.exists()
    pickle.loads(path.read_bytes())["data"].close()  # the standard unpickler does it
    assert victim.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"cos\nsystem\n(S'touch victim'\ntR.",  # os.system by the oldest protocol
        b"cnumpy\nload\n(S'x'\ntR.",  # NumPy, but not an array
        b"cnumpy.core.multiarray\n_reconstruct.__globals__\n.",
        b"\x80\x04\x8c\x05numpy\x8c\x11ndarray.__class__\x93.",
    ],
)
def test_nothing_but_arrays_is_found(tmp_path, content):
    (tmp_path / "batch").write_bytes(content)
    with pytest.raises(errors.UserError, match="wants to call"):
        readers.unpickle(tmp_path / "batch")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>",
        pickle.dumps([1, 2]),
        pickle.dumps({b"data": 3, b"labels": [1]}),
        pickle.dumps({b"labels": [1]}),
        pickle.dumps({b"data": np.zeros((2, 3072), np.uint8), b"labels": [1]}),
        pickle.dumps({b"data": np.zeros((1, 3072), np.float32), b"labels": [1]}),
        pickle.dumps({b"data": np.zeros((1, 3072), np.uint8), b"labels": ["x"]}),
        pickle.dumps({b"data": np.zeros((9, 3072), np.uint8), b"labels": [1] * 9})[:20000],
    ],
)
def test_cifar_damaged(cifar10_folder, content):
    folder = cifar10_folder[0]
    (folder / "cifar-10-batches-py" / "test_batch").write_bytes(content)
    with pytest.raises(errors.UserError, match="test_batch: not the official file"):
        readers.cifar10(folder)


def test_letter(tmp_path):
    lines = [f"{letter}," + ",".join(["0", "15"] * 8) for letter in string.ascii_uppercase]
    (tmp_path / "letter-recognition.data").write_text("\n".join(lines) + "\n")
    x, y, names = readers.letter(tmp_path)
    assert x.shape == (26, 16) and x.dtype == np.uint8 and x[0].tolist() == [0, 15] * 8
    assert y.dtype == np.int64 and y.tolist() == list(range(26))
    assert names == list(string.ascii_uppercase)


@pytest.mark.parametrize(
    "content", ["", "A,1,x\n", "A,1,16\n", "A,1,-1\n", "A,1,2.5\n", "A\nB,1\n", "a,1\n", ",1\n"]
)
def test_letter_damaged(tmp_path, content):
    (tmp_path / "letter-recognition.data").write_text(content)
    with pytest.raises(errors.UserError, match=r"letter-recognition\.data: not the official file"):
        readers.letter(tmp_path)


@pytest.fixture
def svhn_folder(tmp_path):
    """Three training and two test images, as SVHN is distributed: rows last, the digit 0 labelled 10."""
    images = np.random.default_rng(0).integers(0, 256, (5, 32, 32, 3), dtype=np.uint8)
    labels = np.array([10, 1, 9, 2, 10], np.uint8)
    for part, rows in (("train", slice(0, 3)), ("test", slice(3, 5))):
        arrays = {"X": np.moveaxis(images[rows], 0, 3), "y": labels[rows, None]}
        scipy.io.savemat(tmp_path / f"{part}_32x32.mat", arrays, do_compression=True)
    return tmp_path, images


def test_svhn(svhn_folder):
    folder, images = svhn_folder
    x, y, names = readers.svhn(folder)
    assert x.dtype == np.uint8 and np.array_equal(x, images)
    assert y.dtype == np.int64 and y.tolist() == [0, 1, 9, 2, 0]
    assert names == list(string.digits)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>",
        {"X": np.zeros((32, 32, 3, 2), np.uint8)},
        {"X": np.zeros((32, 32, 3, 2), np.uint8), "y": np.ones((3, 1))},
        {"X": np.zeros((32, 32, 3, 2)), "y": np.ones((2, 1))},
        {"X": np.zeros((32, 32, 3, 2), np.uint8), "y": np.array([[1], [11]])},
        {"X": np.zeros((32, 32, 3, 2), np.uint8), "y": np.array([[0], [1]])},
    ],
)
def test_svhn_damaged(svhn_folder, content):
    path = svhn_folder[0] / "test_32x32.mat"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        scipy.io.savemat(path, content)
    with pytest.raises(errors.UserError, match=r"test_32x32\.mat: not the official file"):
        readers.svhn(svhn_folder[0])


def test_svhn_cut_off(svhn_folder):
    path = svhn_folder[0] / "test_32x32.mat"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(errors.UserError, match=r"test_32x32\.mat: not the official file"):
        readers.svhn(svhn_folder[0])


@pytest.fixture
def emnist_folder(tmp_path):
    """Two training and one test image, as EMNIST is distributed: columns first, labels from 1."""
    images = np.random.default_rng(0).integers(0, 256, (3, 28, 28), dtype=np.uint8)
    labels = np.array([1, 26, 3], np.uint8)
    with zipfile.ZipFile(tmp_path / "gzip.zip", "w") as archive:
        for part, rows in (("train", slice(0, 2)), ("test", slice(2, 3))):
            for kind, values in (("images-idx3", images.swapaxes(1, 2)[rows]), ("labels-idx1", labels[rows])):
                name = f"gzip/emnist-letters-{part}-{kind}-ubyte.gz"
                archive.writestr(name, gzip.compress(idx_bytes(values)))
    return tmp_path, images


def idx_bytes(values):
    head = np.array([0x0800 + values.ndim, *values.shape], ">u4")
    return head.tobytes() + values.tobytes()


def test_emnist_letters(emnist_folder):
    folder, images = emnist_folder
    x, y, names = readers.emnist_letters(folder)
    assert x.dtype == np.uint8 and np.array_equal(x, images[..., None])
    assert y.dtype == np.int64 and y.tolist() == [0, 25, 2]
    assert names == list(string.ascii_uppercase)


@pytest.mark.parametrize(
    ("member", "content"),
    [
        ("train-images-idx3", b""),
        ("train-images-idx3", b"<html>"),
        ("test-labels-idx1", gzip.compress(idx_bytes(np.array([27], np.uint8)))),
        ("test-labels-idx1", gzip.compress(idx_bytes(np.array([0], np.uint8)))),
        ("test-images-idx3", gzip.compress(idx_bytes(np.zeros((1, 28, 28), np.uint8))[:-1])),
        ("test-images-idx3", None),
    ],
    ids=["empty", "text", "label 27", "label 0", "cut off", "missing"],
)
def test_emnist_letters_damaged(emnist_folder, member, content):
    """A part of the archive in another form, or missing."""
    path, name = emnist_folder[0] / "gzip.zip", f"gzip/emnist-letters-{member}-ubyte.gz"
    with zipfile.ZipFile(path) as archive:
        parts = {one: archive.read(one) for one in archive.namelist()}
    parts.pop(name)
    with zipfile.ZipFile(path, "w") as archive:
        for one, value in {**parts, **({name: content} if content is not None else {})}.items():
            archive.writestr(one, value)
    with pytest.raises(errors.UserError, match=r"gzip\.zip: not (the official|an IDX) file"):
        readers.emnist_letters(emnist_folder[0])


def test_emnist_cut_off(emnist_folder):
    path = emnist_folder[0] / "gzip.zip"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(errors.UserError, match=r"gzip\.zip: not the official file"):
        readers.emnist_letters(emnist_folder[0])


@pytest.mark.parametrize("name", ["idx", "emnist_letters", "cifar10", "cifar100", "letter", "svhn"])
def test_missing_files_are_named(tmp_path, name):
    with pytest.raises(errors.UserError, match=r"no such file; .* `prepare` downloads it"):
        readers.READERS[name](tmp_path)


# ---- prepare.py ----


@pytest.fixture
def run(monkeypatch):
    """run(*arguments): prepare.py in this process."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["prepare.py", *map(str, arguments)])
        prepare.main()

    return call


def test_digits_need_no_files(run, tmp_path):
    run("digits", "--manifest", MANIFEST, "--raw", tmp_path / "none", "--out", tmp_path)
    x, y = np.load(tmp_path / "x.npy", mmap_mode="r"), np.load(tmp_path / "y.npy", mmap_mode="r")
    assert x.shape == (1797, 8, 8, 1) and x.dtype == np.uint8 and x.max() == 16
    assert y.shape == (1797,) and y.dtype == np.int64 and y[:5].tolist() == [0, 1, 2, 3, 4]
    assert json.loads((tmp_path / "data.json").read_text()) == {
        "dataset": "digits",
        "rows": 1797,
        "shape": [8, 8, 1],
        "classes": 10,
        "digest": hashlib.sha256(x.tobytes() + y.tobytes()).hexdigest()[:16],
        "class_names": list(string.digits),
    }
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data.json", "x.npy", "y.npy"]


def test_same_files_same_bytes(idx_folder, tmp_path):
    x, y, names = readers.idx(idx_folder[0])
    for folder in ("a", "b"):
        prepared_files.write(tmp_path / folder, "made", x, y, names)
    for name in ("x.npy", "y.npy", "data.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_writing_is_all_or_nothing(idx_folder, tmp_path, monkeypatch):
    x, y, names = readers.idx(idx_folder[0])
    prepared_files.write(tmp_path / "out", "made", x, y, names)
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}

    def full(path, array):
        path.write_bytes(b"half")
        if array is not x:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(prepared_files, "save", full)
    with pytest.raises(OSError, match="No space left"):
        prepared_files.write(tmp_path / "out", "made", x, y, names)
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rows": 9}, r"x is uint8 \(8, 2, 3, 1\), the manifest says \(9, 2, 3, 1\)"),
        ({"shape": [3, 2, 1]}, "the manifest says"),
        ({"classes": 2}, "labels 0..2, 3 of them; the manifest says 2 classes, 0..1"),
        ({"classes": 4}, "the manifest says 4 classes"),
        ({"format": "idy"}, "format 'idy' has no reader in scripts/data/readers.py; known: idx"),
    ],
)
def test_arrays_are_checked_against_the_manifest(idx_folder, tmp_path, run, change, message):
    entry = {"format": "idx", "shape": [2, 3, 1], "classes": 3, "rows": 8, "files": []}
    path = tmp_path / "datasets.yaml"
    out = tmp_path / "out"
    options = ["--manifest", path, "--raw", idx_folder[0], "--out", out]
    path.write_text(yaml.safe_dump({"made": entry | change}))
    with pytest.raises(errors.UserError, match=message):
        run("made", *options)
    assert not out.exists()
    path.write_text(yaml.safe_dump({"made": entry}))
    run("made", *options)
    assert len(np.load(out / "x.npy")) == 8


def test_class_names_of_the_manifest_come_before_the_labels(idx_folder, tmp_path, run):
    entry = {"format": "idx", "shape": [2, 3, 1], "classes": 3, "rows": 8, "files": []}
    path, out = tmp_path / "datasets.yaml", tmp_path / "out"
    options = ["--manifest", path, "--raw", idx_folder[0], "--out", out]
    path.write_text(yaml.safe_dump({"made": entry | {"class_names": ["shirt", "bag", "boot"]}}))
    run("made", *options)
    assert json.loads((out / "data.json").read_text())["class_names"] == ["shirt", "bag", "boot"]
    path.write_text(yaml.safe_dump({"made": entry | {"class_names": ["shirt", "bag"]}}))
    with pytest.raises(errors.UserError, match="made: 2 class names, not 3"):
        run("made", *options)


def test_every_entry_of_the_manifest_has_a_reader_and_a_name_for_each_class():
    for name in yaml.safe_load(MANIFEST.read_text()):
        dataset = manifest.read(MANIFEST, name)
        assert dataset.format in readers.READERS
        assert len(dataset.class_names) in (0, dataset.classes)
        assert all(len(file.sha256) == 64 for file in dataset.files), name
        assert dataset.archive or all(file.urls for file in dataset.files), name


def test_failure_is_one_message(tmp_path):
    script = [sys.executable, REPO / "scripts", "prepare", "mnist"]
    options = ["--manifest", MANIFEST, "--raw", tmp_path, "--out", tmp_path / "out"]
    done = subprocess.run([*script, *map(str, options)], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ") and len(done.stderr.splitlines()) == 1
    assert "train-images-idx3-ubyte.gz" in done.stderr
    assert not (tmp_path / "out").exists()


# ---- The real files ----

needs_mirror = pytest.mark.skipif(
    not MIRROR, reason="TRAINCLOCK_MIRROR is not set: no official files to read"
)

FACTS = {  # rows and shape; the first labels of the train and of the test part; rows of each class
    "mnist": ((70000, 28, 28, 1), 60000, [5, 0, 4, 1, 9], [7, 2, 1, 0, 4], None),
    "cifar10": ((60000, 32, 32, 3), 50000, [6, 9, 9, 4, 1], [3, 8, 8, 0, 6], [6000] * 10),
    "cifar100": ((60000, 32, 32, 3), 50000, [19, 29, 0, 11, 1], [49, 33, 72, 51, 71], [600] * 100),
    "letter": ((20000, 16), 0, [19, 8, 3, 13, 6], [19, 8, 3, 13, 6], None),
}
MNIST_COUNTS = [6903, 7877, 6990, 7141, 6824, 6313, 6876, 7293, 6825, 6958]
LETTER_COUNTS = [789, 766, 736, 805, 768, 775, 773, 734, 755, 747, 739, 761, 792]
LETTER_COUNTS += [783, 753, 803, 783, 758, 748, 796, 813, 764, 752, 787, 786, 734]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """prepared(name): (raw folder, folder of the prepared arrays) of a real dataset, made once."""
    base = tmp_path_factory.mktemp("real")

    def call(name):
        raw, out = base / "raw" / name, base / "data" / name
        if not out.exists():
            dataset = manifest.read(MANIFEST, name)
            download.fetch(dataset, raw, MIRROR)
            x, y, names = readers.READERS[dataset.format](raw)
            prepare.check(dataset, x, y, names)
            prepared_files.write(out, name, x, y, names)
        return raw, out

    yield call
    shutil.rmtree(base)  # pytest would keep it for three sessions


@needs_mirror
@pytest.mark.parametrize("name", FACTS)
def test_known_facts(prepared, name):
    shape, train_rows, first, first_test, counts = FACTS[name]
    _, out = prepared(name)
    x, y = np.load(out / "x.npy", mmap_mode="r"), np.load(out / "y.npy")
    assert x.shape == shape and x.dtype == np.uint8 and x.flags.c_contiguous
    assert y.dtype == np.int64
    assert y[:5].tolist() == first
    assert y[train_rows : train_rows + 5].tolist() == first_test
    counts = counts or {"mnist": MNIST_COUNTS, "letter": LETTER_COUNTS}[name]
    assert np.bincount(y).tolist() == counts
    facts = json.loads((out / "data.json").read_text())
    assert facts["digest"] == hashlib.sha256(x.tobytes() + y.tobytes()).hexdigest()[:16]
    if name == "cifar10":
        assert facts["class_names"][6] == "frog"
        assert x[0, 0, 0].tolist() == [59, 62, 63]  # red, green, blue of the first pixel
    if name == "cifar100":
        assert facts["class_names"][19] == "cattle"
    if name == "letter":
        assert x[0].tolist() == [2, 8, 3, 5, 1, 8, 13, 0, 6, 6, 10, 8, 0, 8, 0, 8]


def ask(framework, code, *arguments, **environment):
    """Run code in a framework's environment; it must end by saying that the arrays are equal."""
    python = ENVIRONMENTS / framework / "bin" / "python"
    done = subprocess.run(
        [str(python), "-c", code, *map(str, arguments)],
        capture_output=True,
        check=False,
        text=True,
        timeout=300,
        env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | environment,
    )
    assert done.stdout.split()[-1:] == ["equal"], done.stdout + done.stderr


COMPARE = """
import sys
import numpy as np
def compare(train_x, test_x, train_y, test_y, folder):
    x, y = np.load(folder + "/x.npy", mmap_mode="r"), np.load(folder + "/y.npy")
    assert np.array_equal(x, np.concatenate([train_x, test_x]).reshape(x.shape))
    assert np.array_equal(y, np.concatenate([train_y, test_y]).reshape(y.shape))
    print("equal")
"""

TORCHVISION = """
import torchvision
name, root, folder = sys.argv[1:]
kind = getattr(torchvision.datasets, name)
train, test = (kind(root, train=part, download=False) for part in (True, False))
compare(*map(np.asarray, (train.data, test.data, train.targets, test.targets)), folder)
"""

KERAS = """
import keras
(train_x, train_y), (test_x, test_y) = keras.datasets.cifar100.load_data()
compare(train_x, test_x, train_y, test_y, sys.argv[1])
"""

KERAS_BATCHES = """
from keras.src.datasets.cifar import load_batch
*names, folder = sys.argv[1:]
batches = [load_batch(name) for name in names]
x = np.concatenate([data for data, _ in batches]).transpose(0, 2, 3, 1)
y = np.concatenate([labels for _, labels in batches])
compare(x[:50000], x[50000:], y[:50000], y[50000:], folder)
"""


@needs_mirror
@pytest.mark.parametrize("name", ["MNIST", "CIFAR10", "CIFAR100"])
def test_equal_to_torchvision(environments, prepared, tmp_path, name):
    raw, out = prepared(name.lower())
    if name == "MNIST":  # torchvision reads the unpacked files
        (tmp_path / "MNIST" / "raw").mkdir(parents=True)
        for path in raw.iterdir():
            unpacked = gzip.decompress(path.read_bytes())
            (tmp_path / "MNIST" / "raw" / path.stem).write_bytes(unpacked)
        raw = tmp_path
    ask("pytorch", COMPARE + TORCHVISION, name, raw, out)
    shutil.rmtree(tmp_path)


@needs_mirror
def test_equal_to_keras_cifar10(environments, prepared):
    """Batch by batch: Keras's load_data insists on the archive, which a mirror need not have."""
    raw, out = prepared("cifar10")
    names = [f"data_batch_{number}" for number in range(1, 6)] + ["test_batch"]
    paths = [raw / "cifar-10-batches-py" / name for name in names]
    ask("tensorflow", COMPARE + KERAS_BATCHES, *paths, out)


@needs_mirror
def test_equal_to_keras_cifar100(environments, prepared, tmp_path):
    archive = Path(MIRROR, "cifar-100-python.tar.gz")
    if not archive.is_file():
        pytest.skip("the mirror has no cifar-100-python.tar.gz, which Keras insists on")
    _, out = prepared("cifar100")
    (tmp_path / "datasets").mkdir()
    cached = tmp_path / "datasets" / "cifar-100-python-target_archive"
    cached.symlink_to(archive.resolve())
    ask("tensorflow", COMPARE + KERAS, out, KERAS_HOME=str(tmp_path))
    shutil.rmtree(tmp_path)
