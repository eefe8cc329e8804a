"""A damaged file becomes one message with what to do; everything else passes as it was."""

import json
import pickle
import zipfile

import numpy as np
import pytest

from scripts.core.errors import UserError
from scripts.core.files import reading


def read_json(path):
    return json.loads(path.read_text(encoding="utf-8"))["digest"]


def read_arrays(path):
    with np.load(path, allow_pickle=False) as arrays:
        return arrays["train_0"]


def read_pickle(path):
    return pickle.loads(path.read_bytes())


def read_zip(path):
    return zipfile.ZipFile(path).namelist()


@pytest.mark.parametrize(
    ("read", "content"),
    [
        (read_json, b"{"),
        (read_json, b"{}"),
        (read_json, b"[]"),
        (read_json, b"\xff"),
        (read_arrays, b""),
        (read_arrays, b"PK\3\4"),
        (read_pickle, b""),
        (read_pickle, b"<html>"),
        (read_zip, b"<html>"),
    ],
)
def test_a_damaged_file_is_named_with_what_to_do(tmp_path, read, content):
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(UserError) as refused, reading(path, "a file of ours", "delete it"):
        read(path)
    assert str(refused.value) == f"{path}: not a file of ours; delete it"


def test_the_cause_is_named_where_it_is_asked_for():
    with pytest.raises(UserError) as refused, reading("x", "an export", cause=True):
        raise ValueError("it holds nothing")
    assert str(refused.value) == "x: not an export (it holds nothing)"


@pytest.mark.parametrize("error", [UserError("in other words"), FileNotFoundError(), ZeroDivisionError()])
def test_other_errors_pass(error):
    with pytest.raises(type(error)) as passed, reading("x", "a file of ours"):
        raise error
    assert passed.value is error
