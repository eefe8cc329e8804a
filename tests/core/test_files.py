"""A damaged file becomes one message with what to do; everything else passes as it was."""

import json
import os
import pickle
import subprocess
import time
import zipfile

import numpy as np
import pytest

from scripts.core.errors import UserError
from scripts.core.files import OLD_S, atomic, reading, utf8_text


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


def test_a_text_is_read_as_editors_on_any_system_save_it(tmp_path):
    file = tmp_path / "my config.yaml"
    for content in (b"a: \xc3\xb6\n", b"\xef\xbb\xbfa: \xc3\xb6\r\n", b"a: \xc3\xb6\r"):
        file.write_bytes(content)
        assert utf8_text(file) == "a: ö\n"


@pytest.mark.parametrize(
    ("encoding", "named"),
    [("utf-16", "UTF-16"), ("utf-16-le", "UTF-16"), ("latin-1", "WINDOWS-1252")],
)
def test_a_text_in_another_encoding_is_named_with_the_command_that_converts_it(tmp_path, encoding, named):
    file = tmp_path / "my config.yaml"
    file.write_bytes("a: ö\n".encode(encoding))
    with pytest.raises(UserError, match=f"not in UTF-8 but, it seems, in {named}") as refused:
        utf8_text(file)
    command = str(refused.value).rpartition(" or ")[2]
    done = subprocess.run(command, shell=True, cwd=tmp_path, check=True)
    assert done.returncode == 0 and utf8_text(tmp_path / "new.yaml") == "a: ö\n"


def test_a_text_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UserError, match=r"none\.yaml: No such file"):
        utf8_text(tmp_path / "none.yaml")


def test_what_killed_processes_have_left_is_removed_after_a_day(tmp_path):
    left, fresh, other = (tmp_path / name for name in (".x.12345.npy", ".x.12346.npy", ".y.1.npy"))
    for path in (left, fresh, other):
        path.write_bytes(b"half")
    for path in (left, other):
        os.utime(path, (time.time() - OLD_S - 60,) * 2)
    with atomic(tmp_path / "x.npy") as temporary:
        temporary.write_bytes(b"whole")
    assert sorted(path.name for path in tmp_path.iterdir()) == [fresh.name, other.name, "x.npy"]
