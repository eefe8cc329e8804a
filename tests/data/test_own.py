"""Data of one's own: every kind of file is understood alike, and what cannot be trained on has its line."""

import gzip
import json
import os
import re
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from commands import call, snakemake
from paths import ROOT
from PIL import Image

from scripts.core.errors import UserError
from scripts.data import prepared
from scripts.data.own import source, understand
from scripts.workflow.config import of_own

COLOURS = {"red": (255, 0, 0), "blue": (0, 0, 255)}
NETWORK = {"input_scale": 1, "layers": [{"type": "dense", "units": 3, "activation": "softmax"}]}


def flowers(rows=60):
    """Rows of two numbers in three classes."""
    random = np.random.default_rng(1)
    kind = np.arange(rows) % 3
    table = pd.DataFrame({"length": kind + random.normal(0, 0.1, rows), "width": random.integers(0, 9, rows)})
    return table.assign(species=np.array(["setosa", "virginica", "versicolor"])[kind])


def understood(folds=5, **entry):
    return understand.understood(
        source.of_entry("mine", {key: str(v) if isinstance(v, Path) else v for key, v in entry.items()}),
        folds,
    )


def refused(folds=5, **entry):
    with pytest.raises(UserError) as error:
        understood(folds, **entry)
    assert str(error.value).startswith("data.own.mine: ")
    return str(error.value)


def write_idx(path, array):
    kinds = {"uint8": (8, ">u1"), "int32": (12, ">i4"), "float32": (13, ">f4")}
    code, dtype = kinds[str(array.dtype)]
    head = bytes([0, 0, code, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    content = head + array.astype(dtype).tobytes()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


def picture(path, colour=(10, 20, 30), size=(6, 4), mode="RGB", **more):
    """An image of one colour, of size (width, height)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, colour).save(path, **more)


# ---- what is understood ----


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet", ".CSV"])
def test_tables_with_a_column_of_labels(tmp_path, suffix):
    file, table = tmp_path / f"flowers{suffix}", flowers()
    if suffix == ".parquet":
        table.to_parquet(file)
    else:
        table.to_csv(file, index=False, sep="\t" if suffix == ".tsv" else ",")
    made = understood(file=file, label="species")
    assert made.x.dtype == np.float32 and made.x.shape == (60, 2)
    assert made.class_names == ["setosa", "versicolor", "virginica"]
    assert made.y.dtype == np.int64 and made.y[:3].tolist() == [0, 2, 1]
    np.testing.assert_allclose(made.x[:, 0], table["length"], rtol=1e-6)
    assert made.notes == []


def arrays(images=False):
    x = (
        np.arange(30 * 4 * 5, dtype=np.uint8).reshape(30, 4, 5)
        if images
        else np.random.default_rng(0).normal(size=(30, 3))
    )
    return x, np.arange(30) % 3 * 10


@pytest.mark.parametrize("images", [False, True])
def test_arrays_of_numpy(tmp_path, images):
    x, y = arrays(images)
    np.savez(tmp_path / "all.npz", x=x, y=y)
    np.savez(tmp_path / "parts.npz", x_train=x[:20], y_train=y[:20], x_test=x[20:], y_test=y[20:])
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", y)
    ways = [{"file": tmp_path / "all.npz"}, {"file": tmp_path / "parts.npz"}]
    ways.append({"x": tmp_path / "x.npy", "y": tmp_path / "y.npy"})
    for entry in ways:
        made = understood(**entry)
        assert made.class_names == ["0", "10", "20"] and made.y.tolist() == [0, 1, 2] * 10
        assert made.x.shape == ((30, 4, 5, 1) if images else (30, 3))
        assert made.x.dtype == (np.uint8 if images else np.float32)
        np.testing.assert_array_equal(made.x.reshape(x.shape), x.astype(made.x.dtype))


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_idx_files_of_bytes_and_numbers(tmp_path, suffix):
    x, y = arrays(images=True)
    write_idx(tmp_path / f"x-idx3-ubyte{suffix}", x)
    write_idx(tmp_path / f"y-idx1-int{suffix}", y.astype(np.int32))
    made = understood(x=tmp_path / f"x-idx3-ubyte{suffix}", y=tmp_path / f"y-idx1-int{suffix}")
    np.testing.assert_array_equal(made.x[..., 0], x)
    assert made.y.tolist() == [0, 1, 2] * 10


def test_a_folder_of_images_by_class(tmp_path):
    for name, colour in COLOURS.items():
        for n in range(4):
            picture(
                tmp_path / name / f"{n}.{'png' if n else 'JPG'}", colour, **({} if n else {"quality": 100})
            )
    (tmp_path / "red" / ".DS_Store").write_bytes(b"x")
    made = understood(file=tmp_path)
    assert made.class_names == ["blue", "red"] and made.x.shape == (8, 4, 6, 3) and made.x.dtype == np.uint8
    assert made.y.tolist() == [0] * 4 + [1] * 4
    assert made.x[1, 0, 0].tolist() == [0, 0, 255]


def test_images_are_grey_where_all_are_and_resized_and_turned_where_asked(tmp_path):
    picture(tmp_path / "a" / "1.png", 100, (6, 4), "L")
    picture(tmp_path / "a" / "2.png", (50, 128), (6, 4), "LA")
    picture(tmp_path / "b" / "1.png", 1, (6, 4), "1")
    assert understood(file=tmp_path).x.shape == (3, 4, 6, 1)
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn
    picture(tmp_path / "b" / "2.jpg", (9, 9, 9), (4, 6), exif=exif)
    made = understood(file=tmp_path)
    assert made.x.shape == (4, 4, 6, 3)
    assert made.x[0, 0, 0].tolist() == [100, 100, 100]
    assert understood(file=tmp_path, image_size=[2, 3]).x.shape == (4, 2, 3, 3)


@pytest.mark.parametrize(
    ("name", "shape", "first"),
    [
        ("iris", (150, 4), "setosa"),
        ("wine", (178, 13), "class_0"),
        ("breast_cancer", (569, 30), "malignant"),
    ],
)
def test_datasets_of_scikit_learn_need_no_file(name, shape, first):
    made = understood(sklearn=name, standardize=True)
    assert made.x.shape == shape and made.x.dtype == np.float32
    assert made.class_names[made.y[0]] == first and made.class_names == sorted(made.class_names)


def test_labels_are_sorted_as_what_they_are(tmp_path):
    cases = {
        "text": (np.array(["b", "a"] * 5), ["a", "b"]),
        "bytes": (np.array([b"b", b"a"] * 5), ["a", "b"]),
        "numbers": (np.array([10, 9] * 5), ["9", "10"]),
        "whole": (np.array([1.0, 0.0] * 5), ["0", "1"]),
        "bool": (np.array([True, False] * 5), ["False", "True"]),
        "column": (np.array([[3], [2]] * 5), ["2", "3"]),
    }
    for name, (labels, classes) in cases.items():
        np.savez(tmp_path / f"{name}.npz", x=np.eye(10), y=labels)
        made = understood(file=tmp_path / f"{name}.npz")
        assert made.class_names == classes and made.y.tolist() == [1, 0] * 5, name


def test_features_are_standardized_before_they_become_float32(tmp_path):
    times = 1.7e9 + np.arange(40.0)
    for x in (times[:, None], times[:, None].astype(np.int64)):
        np.savez(tmp_path / "a.npz", x=x, y=np.arange(40) % 2)
        made = understood(file=tmp_path / "a.npz", standardize=True)
        np.testing.assert_allclose(made.x[:, 0], (times - times.mean()) / times.std(), rtol=1e-6)


@pytest.mark.parametrize("index", ["unnamed", "named", "default"])
def test_pandas_index_in_a_parquet_file_is_left_out(tmp_path, index):
    table = flowers()
    if index != "default":
        table = table.loc[table["width"] > 2].rename_axis("row" if index == "named" else None)
    table.to_parquet(tmp_path / "a.parquet")
    made = understood(file=tmp_path / "a.parquet", label="species")
    assert made.x.shape == (len(table), 2)
    np.testing.assert_allclose(made.x[:, 0], table["length"], rtol=1e-6)


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (["10", "9", "10", "9"], ["9", "10"]),
        (["07", "7", "07", "7"], ["07", "7"]),
        (["1.0", "2.0", "1.0", "1.0"], ["1", "2"]),
        (["True", "False", "True", "False"], ["False", "True"]),
        (["7", "V01", "7", "V01"], ["7", "V01"]),
    ],
)
def test_labels_of_a_table_are_numbers_where_all_are(tmp_path, labels, names):
    """Whatever pandas would make of each part of a long file by itself."""
    rows = [f"{n}.5,{label}" for n, label in enumerate(labels * 3)]
    (tmp_path / "a.csv").write_text("\n".join(["a,label", *rows]))
    assert understood(file=tmp_path / "a.csv", label="label").class_names == names


def test_features_are_standardized_where_asked(tmp_path):
    table = flowers().assign(same=7)
    table.to_csv(tmp_path / "a.csv", index=False)
    made = understood(file=tmp_path / "a.csv", label="species", standardize=True)
    np.testing.assert_allclose(made.x.mean(axis=0), [0, 0, 0], atol=1e-6)
    np.testing.assert_allclose(made.x.std(axis=0), [1, 1, 0], atol=1e-6)


def test_what_is_worth_knowing_is_noted(tmp_path):
    table = flowers().assign(same=7)
    table.loc[0, "species"] = "rare"
    table.to_csv(tmp_path / "a.csv", index=False)
    made = understood(10, file=tmp_path / "a.csv", label="species")
    assert made.notes == [
        "1 column of one value alone, which teach nothing: same",
        "classes with fewer rows than the 10 folds, so that some folds lack them: rare (1)",
    ]
    first, *lines = understand.described("mine", made)
    assert first.startswith("mine: 60 rows, 3 features, float32, -0.")
    assert lines[:2] == [
        "  4 classes: rare, setosa, versicolor, virginica",
        "  rows of a class: 1 (rare) to 20 (versicolor)",
    ]


def test_columns_of_every_type_of_number_and_classes_of_any_name(tmp_path):
    table = pd.DataFrame(
        {
            "flag": [True, False] * 5,
            "count": pd.array(range(10), dtype="Int64"),
            "length": np.linspace(0, 1, 10),
            "label": ["None", "NA"] * 5,
        }
    )
    table.to_csv(tmp_path / "a.csv", index=False)
    table.to_parquet(tmp_path / "a.parquet")
    for name in ("a.csv", "a.parquet"):
        made = understood(file=tmp_path / name, label="label")
        assert made.class_names == ["NA", "None"], name
        np.testing.assert_allclose(made.x[1], [0, 1, 1 / 9], rtol=1e-6)


# ---- what is refused ----


def csv(text):
    def make(folder):
        (folder / "a.csv").write_text(text)
        return {"file": folder / "a.csv", "label": "label"}

    return make


def saved(**named):
    def make(folder):
        np.savez(folder / "a.npz", **named)
        return {"file": folder / "a.npz"}

    return make


def written(name, content, **more):
    def make(folder):
        (folder / name).write_bytes(content)
        return {"file": folder / name, **more}

    return make


def picture_folder(*pictures, **more):
    def make(folder):
        for name, how in pictures:
            if isinstance(how, bytes):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(how)
            else:
                picture(folder / name, **how)
        return {"file": folder, **more}

    return make


def idx_pair(x_content):
    def make(folder):
        (folder / "x-idx").write_bytes(x_content)
        write_idx(folder / "y-idx", np.arange(4, dtype=np.uint8) % 2)
        return {"x": folder / "x-idx", "y": folder / "y-idx"}

    return make


EYE, TWO = np.eye(10), np.arange(10) % 2
BAD = {
    "no such file": (lambda folder: {"file": folder / "none.csv", "label": "a"}, "none.csv' is not there"),
    "neither folder nor known": (
        written("a.xlsx", b"x"),
        "is neither a folder of images nor one of .csv, .tsv",
    ),
    "a folder for a file": (lambda folder: {"x": folder, "y": folder}, "is a folder; a file was expected"),
    "no such column": (csv("a,b\n1,2\n"), "label: has no column 'label'; its columns: a, b"),
    "missing values": (
        csv("a,b,label\n1,2,x\n1,,y\n,,x\n"),
        "missing values in 'a' (1, first in row 3), 'b' (2, first in row 2)",
    ),
    "missing by a question mark": (
        csv("a,label\n1,x\n?,y\n2,x\n"),
        "missing values in 'a' (1, first in row 2)",
    ),
    "missing label": (csv("a,label\n1,x\n2,\n3,y\n"), "missing values in 'label' (1, first in row 2)"),
    "text among features": (
        csv("a,colour,label\n1,red,x\n2,blue,y\n1,red,x\n"),
        "columns that are no numbers: colour (as 'red')",
    ),
    "labels alone": (csv("label\nx\ny\nx\n"), "has no column beside the label"),
    "no row": (csv("a,label\n"), "no row"),
    "an empty file": (csv(""), "not a table (No columns to parse"),
    "not text": (written("a.csv", b"\xff\xfe\x00\x81", label="a"), "a.csv: not a table ("),
    "not parquet": (written("a.parquet", b"abc", label="a"), "a.parquet: not a table ("),
    "twice the same column": (
        lambda folder: {"file": twice(folder), "label": "a"},
        "two columns are called 'a'",
    ),
    "twice the same column in text": (csv("a,a,label\n1,2,x\n1,2,y\n1,2,x\n"), "two columns are called 'a'"),
    "one class": (csv("a,label\n1,x\n2,x\n"), "y has one class alone, 'x'"),
    "labels that are numbers": (
        csv("a,label\n1,0.5\n2,1.5\n3,0.5\n"),
        "y is a number, 0.5 in row 1, not a class",
    ),
    "as many labels as rows": (
        csv("a,label\n1,x\n2,y\n3,z\n"),
        "y has 3 different labels in 3 rows: is it the column",
    ),
    "infinite": (saved(x=np.where(EYE, np.inf, 0), y=TWO), "infinite or beyond float32, first in row 1"),
    "not a number": (saved(x=np.where(np.arange(10)[:, None] == 4, np.nan, EYE), y=TWO), "first in row 5"),
    "whole numbers too large": (
        saved(x=(EYE * 2**30).astype(np.int64), y=TWO),
        "up to 1,073,741,824: beyond 16,777,216",
    ),
    "large numbers, much alike": (
        saved(x=np.stack([np.arange(10.0), 1.7e9 + np.arange(10.0)], axis=1), y=TWO),
        "column 2: values so large, and so much alike, that float32 cannot tell them apart",
    ),
    "a column without a name": (
        csv(",a,label\n0,1,x\n1,2,y\n2,1,x\n"),
        "column 1 has no name: leave it out, if it numbers the rows",
    ),
    "x of texts": (saved(x=np.full((10, 2), "a"), y=TWO), "x is of <U1, not of numbers"),
    "x of one axis": (saved(x=np.arange(10.0), y=TWO), "x has the shape (10,), not (rows, features)"),
    "channels first": (saved(x=np.zeros((10, 3, 8, 8), np.uint8), y=TWO), "its channels seem to come first"),
    "one-hot": (saved(x=EYE, y=EYE), "not one label a row; of one-hot rows: y.argmax(axis=1)"),
    "y without a label": (saved(x=EYE, y=np.where(TWO, np.nan, 1.0)), "y has no label in row 2"),
    "other rows": (saved(x=EYE, y=TWO[:5]), "x has 10 rows, y has 5 labels"),
    "other arrays": (saved(images=EYE, labels=TWO), "needs arrays x and y, or x_train"),
    "unequal parts": (saved(x_train=EYE, y_train=TWO, x_test=EYE[:, :3], y_test=TWO), "of x_test (3,)"),
    "objects": (
        saved(x=EYE, y=np.array([None] * 10)),
        "not a file of NumPy arrays (Object arrays cannot be loaded",
    ),
    "no npz": (written("a.npz", b"abc"), "a.npz: not a file of NumPy arrays"),
    "no idx": (idx_pair(b"hello world"), "x-idx: not an IDX file (it does not begin as one)"),
    "idx cut off": (
        idx_pair(bytes([0, 0, 8, 1, 0, 0, 0, 9]) + b"abc"),
        "its content is not 9 values of 1 bytes",
    ),
    "no classes": (lambda folder: {"file": folder}, "has no folders; each class needs one"),
    "an empty class": (lambda f: ((f / "a").mkdir(), {"file": f})[1], "a: has no image"),
    "another file among images": (
        picture_folder(("a/1.png", {}), ("a/notes.txt", b"x")),
        "notes.txt: is no PNG or JPEG file",
    ),
    "a damaged image": (
        picture_folder(("a/1.png", b"no picture"), ("b/1.png", {})),
        "1.png: cannot be read as an image",
    ),
    "images of 16 bits": (
        picture_folder(("a/1.png", {"mode": "I;16", "colour": 40000}), ("b/1.png", {})),
        "1.png: has more than 8 bits a value (mode I;16)",
    ),
    "unequal images": (
        picture_folder(("a/1.png", {}), ("b/2.png", {"size": (9, 9)})),
        "2.png: is 9 x 9 pixels (height x width), 1.png is 4 x 6",
    ),
    "images standardized": (
        picture_folder(("a/1.png", {}), ("a/2.png", {}), ("b/1.png", {}), standardize=True),
        "standardize: is for rows of features",
    ),
}


def twice(folder):
    import pyarrow as pa
    import pyarrow.parquet

    table = pa.table([pa.array([1, 2]), pa.array([1, 2])], names=["a", "a"])
    pyarrow.parquet.write_table(table, folder / "twice.parquet")
    return folder / "twice.parquet"


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_trained_on_has_its_line(tmp_path, case):
    make, words = BAD[case]
    line = refused(**make(tmp_path))
    assert words in line, line
    assert "\n" not in line and "Traceback" not in line


# ---- the workflow ----


def config_file(folder, networks=NETWORK, **entry):
    training = {
        "loss": "categorical_crossentropy",
        "optimizer": {"name": "sgd"},
        "batch_size": 16,
        "epochs": 2,
    }
    content = {
        "datasets": ["mine"],
        "frameworks": ["pytorch"],
        "settings": ["published", "matched"],
        "split": {"folds": 3},
        "data": {"own": {"mine": entry}},
        "networks": {"mine": networks},
        "training": {"mine": training},
        "threads": 1,
        "results": "results/mine",
    }
    (folder / "mine.yaml").write_text(json.dumps(content))
    return folder / "mine.yaml"


def test_a_csv_is_trained_on(tmp_path):
    flowers().to_csv(tmp_path / "my flowers.csv", index=False)
    config = config_file(tmp_path, file="my flowers.csv", label="species", standardize=True)
    done = snakemake("--cores", "1", "--configfile", config, directory=tmp_path)
    assert done.returncode == 0, done.stdout
    rows = pd.read_csv(tmp_path / "results/mine/tables/runs.csv")
    assert len(rows) == 8 and set(rows["status"]) == {"ok"} and set(rows["parameters"]) == {9}
    facts = json.loads((tmp_path / "results/data/mine/data.json").read_text())
    assert facts["classes"] == 3 and set(rows["data_digest"]) == {facts["digest"]}
    assert pd.read_csv(tmp_path / "results/mine/tables/parity.csv")["same_network"].all()
    assert "60 rows, 2 features, float32" in (tmp_path / "results/data/logs/mine.log").read_text()
    wrong = {"input_scale": 1, "layers": [{"type": "dense", "units": 4, "activation": "softmax"}]}
    done = snakemake(
        "-n",
        "--configfile",
        config_file(tmp_path, wrong, file="my flowers.csv", label="species", standardize=True),
        directory=tmp_path,
    )
    assert "networks.mine: the last layer must be dense, 3 units, softmax" in done.stdout


def test_data_that_change_are_prepared_and_trained_on_again(tmp_path):
    """But not where a file is only newer."""
    file = tmp_path / "a.csv"
    flowers(60).to_csv(file, index=False)
    config = config_file(tmp_path, file="a.csv", label="species")
    few = "--config", "splits=[holdout]", "settings=[published]"
    done = snakemake("--cores", "1", "--configfile", config, *few, directory=tmp_path)
    assert done.returncode == 0, done.stdout
    later = time.time() + 2
    os.utime(file, (later, later))
    done = snakemake("--cores", "1", "--configfile", config, *few, directory=tmp_path)
    assert done.returncode == 0 and "Nothing to be done" in done.stdout, done.stdout
    flowers(90).to_csv(file, index=False)
    os.utime(file, (later, later))
    done = snakemake("--cores", "1", "--configfile", config, *few, directory=tmp_path)
    assert done.returncode == 0, done.stdout
    (run,) = pd.read_csv(tmp_path / "results/mine/tables/runs.csv").to_dict("records")
    assert run["train_rows"] + run["test_rows"] == 90
    # Another class, and the network for it: the prepared data know three.
    flowers(90).assign(species=np.arange(90) % 4).to_csv(file, index=False)
    four = {"input_scale": 1, "layers": [{"type": "dense", "units": 4, "activation": "softmax"}]}
    config = config_file(tmp_path, four, file="a.csv", label="species")
    os.utime(file, (later + 60, later + 60))
    done = snakemake("-n", "--configfile", config, *few, directory=tmp_path)
    assert done.returncode == 0, done.stdout


def test_another_entry_of_the_name_is_told(tmp_path):
    entry = {"file": "a.npz"}
    prepared.write(tmp_path / "mine", "mine", np.eye(4), np.arange(4), ["a", "b"], entry=entry)
    config = {"datasets": ["mine"], "data": {"own": {"mine": entry}}}
    assert [*of_own.made_from_another(config, str(tmp_path))] == []
    config["data"]["own"]["mine"] = {**entry, "standardize": True}
    (line,) = of_own.made_from_another(config, str(tmp_path))
    assert "was made from another entry of data.own.mine, {'file': 'a.npz'}, and is made again" in line


def test_a_column_may_be_called_by_a_number_in_quotes(tmp_path):
    flowers().set_axis(["62", "63", "64"], axis=1).to_csv(tmp_path / "a.csv", index=False)
    done = checked(config_file(tmp_path, file="a.csv", label="64"))
    assert done.returncode == 0 and "2 features" in done.stdout, done.stdout


def test_what_is_wrong_with_the_data_stops_before_any_run(tmp_path):
    flowers().assign(colour="red").to_csv(tmp_path / "a.csv", index=False)
    config = config_file(tmp_path, file="a.csv", label="species")
    done = snakemake("--cores", "1", "--configfile", config, directory=tmp_path)
    assert done.returncode != 0
    assert "error: data.own.mine: a.csv: columns that are no numbers: colour" in done.stdout
    assert not (tmp_path / "results/data/mine/x.npy").exists()
    assert not (tmp_path / "results/mine/runs").exists()


def checked(config, *names):
    return call(
        sys.executable, ROOT / "scripts", "check-data", *names, "--configfile", config, cwd=config.parent
    )


def test_data_are_checked_without_a_run(tmp_path):
    flowers().to_csv(tmp_path / "a.csv", index=False)
    config = config_file(tmp_path, file="a.csv", label="species")
    done = checked(config)
    assert done.returncode == 0 and "3 classes: setosa, versicolor, virginica" in done.stdout, done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "mine.yaml"]
    layers = [{"type": "flatten"}, {"type": "dense", "units": 2, "activation": "softmax"}]
    done = checked(config_file(tmp_path, {"input_scale": 1, "layers": layers}, file="a.csv", label="species"))
    assert done.returncode == 1
    assert "networks.mine: layer 1 (flatten): its input is flat already" in done.stdout
    assert "networks.mine: the last layer must be dense, 3 units, softmax" in done.stdout
    done = checked(config, "yours")
    assert "data.own: has no yours; it has mine" in done.stdout
    done = checked(config_file(tmp_path, {"input_scale": 1, "layer": []}, file="a.csv", label="species"))
    assert done.returncode == 1 and "unknown key 'layer'; did you mean layers?" in done.stdout
    assert "Traceback" not in done.stdout
    for text in (None, "a: [", "- a"):
        config.unlink() if text is None else config.write_text(text)
        done = checked(config)
        assert done.returncode == 1 and "mine.yaml" in done.stdout and "Traceback" not in done.stdout


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"label": "a"}, "data.own.mine: needs file, x and y, or sklearn"),
        ({"sklearn": "iris", "file": "a.npz"}, "data.own.mine: has both sklearn and file: it needs no file"),
        ({"sklearn": "iris", "label": "a"}, "data.own.mine: has both sklearn and label: it needs no file"),
        ({"sklearn": "digits"}, "data.own.mine.sklearn: 'digits' is not one of iris, wine, breast_cancer"),
        ({"x": "x.npy"}, "data.own.mine: needs file, x and y, or sklearn"),
        ({"file": "a.npz", "x": "x.npy", "y": "y.npy"}, "data.own.mine: has both file and x or y"),
        ({"file": "a.csv"}, "data.own.mine: needs label, the name of the column"),
        ({"file": "a.npz", "label": "a"}, "data.own.mine: label is for .csv, .tsv, .parquet alone"),
        ({"file": "a.npz", "image_size": [8, 8]}, "data.own.mine: image_size is for a folder of images"),
        ({"file": "a", "image_size": [8]}, "data.own.mine.image_size: "),
        ({"file": "a", "image_size": [8, 0]}, "data.own.mine.image_size.1: 0 is less than the minimum of 1"),
        ({"file": "a.csv", "labels": "a"}, "data.own.mine: unknown key 'labels'; did you mean label?"),
        ({"file": 3}, "data.own.mine.file: 3 is not a text"),
        ({"file": "none.csv", "label": "a"}, "data.own.mine: 'none.csv' is not there"),
    ],
)
def test_wrong_entries_have_their_line(tmp_path, entry, words):
    done = snakemake("-n", "--configfile", config_file(tmp_path, **entry), directory=tmp_path)
    assert done.returncode == 1 and f"- {words}" in done.stdout, done.stdout


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("My-Data", "data.own: 'My-Data' is not a name in small letters, digits and _"),
        ("mnist", "data.own: 'mnist' is the name of an official dataset"),
    ],
)
def test_names_are_those_of_folders_and_not_taken(tmp_path, name, words):
    config = json.loads(config_file(tmp_path, file="a.csv", label="b").read_text())
    config["data"]["own"] = {name: config["data"]["own"]["mine"]}
    (tmp_path / "mine.yaml").write_text(json.dumps(config))
    done = snakemake("-n", "--configfile", tmp_path / "mine.yaml", directory=tmp_path)
    assert done.returncode == 1 and words in done.stdout, done.stdout


# ---- the example of the page ----

PAGE = (ROOT / "docs" / "own-data.md").read_text(encoding="utf-8")


def block(language):
    """The first block of a language: the example; others show parts of a config."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.M | re.S)[0]


def test_the_example_of_the_page(tmp_path):
    assert call(sys.executable, "-c", block("python"), cwd=tmp_path).returncode == 0
    config = tmp_path / "wine.yaml"
    config.write_text(block("yaml"))
    done = checked(config)
    assert done.returncode == 0 and done.stdout == block("text")
    more = "frameworks=[pytorch]", "threads=1", "splits=[holdout]"
    done = snakemake("--cores", "1", "--configfile", config, "--config", *more, directory=tmp_path)
    assert done.returncode == 0, done.stdout
    assert pd.read_csv(tmp_path / "results/wine/tables/runs.csv")["test_accuracy"].min() > 0.9
    page = (tmp_path / "results/wine/figures/samples-wine-figure.html").read_text()
    assert "The first rows of all classes: class_0, class_1, class_2." in page
