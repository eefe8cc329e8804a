"""docs/columns.md has every column of every table with its type, unit and meaning, and nothing else."""

import columns_page
import pandas as pd
import pytest
from columns_page import Column, NoMeaning, field_comments, run_columns, table_columns, unused_meanings

from scripts import tables
from scripts.records import run_table


@pytest.fixture(scope="module")
def found():
    return columns_page.made_up_tables()


def test_the_page_is_not_stale(found):
    assert columns_page.PAGE.read_text(encoding="utf-8") == columns_page.page(found), "run: make docs"


def test_every_column_of_every_table_has_a_type_and_a_meaning(found):
    assert set(found) == {*tables.NAMES, *columns_page.PARITY_FILES}
    for name, tidy in found.items():
        columns = table_columns(name, tidy)  # raises if there is none
        assert [column.name for column in columns] == list(tidy)
    assert [column.name for column in run_columns()] == run_table.COLUMNS


def test_no_meaning_and_no_unit_is_unused(found):
    assert list(unused_meanings(found)) == []
    without = {name: tidy.drop(columns="ratio_to_work", errors="ignore") for name, tidy in found.items()}
    assert list(unused_meanings(without)) == ["ratio_to_work"]


def test_a_column_without_meaning_is_named():
    tidy = pd.DataFrame({"dataset": ["mnist"], "epoch_s": [0.5], "folds": [3], "colour_of_noise": ["pink"]})
    with pytest.raises(NoMeaning, match="times: colour_of_noise"):
        table_columns("times", tidy)
    assert table_columns("times", tidy[["epoch_s", "folds"]]) == [
        Column("epoch_s", "number", "s", "median epoch, mean over the folds"),
        Column("folds", "whole number", "", "planned runs of the cell"),
    ]


def test_a_column_that_is_null_everywhere_has_no_type():
    with pytest.raises(ValueError, match="epoch_s: null in the whole"):
        table_columns("times", pd.DataFrame({"epoch_s": [None, None]}))


def test_a_meaning_of_one_table_goes_before_that_of_all():
    tidy = pd.DataFrame({"ratio": [1.5]})
    meanings = {name: table_columns(name, tidy)[0].meaning for name in ("speedups", "validation")}
    assert meanings["validation"] == "kfold_s / holdout_s" != meanings["speedups"]


def test_comments_of_fields_are_read(tmp_path):
    path = tmp_path / "fields.py"
    path.write_text(
        'class A:\n    """# no comment"""\n\n    first: int  # how many\n'
        "    # Of all of them,\n    # summed.\n    second: float = 0\n    third: str\n"
    )
    assert field_comments(path) == {"first": "how many", "second": "Of all of them, summed", "third": ""}


def test_a_field_without_a_comment_is_named(monkeypatch):
    monkeypatch.setattr(
        columns_page, "field_comments", lambda *path: {**field_comments(*path), "train_rows": ""}
    )
    with pytest.raises(NoMeaning, match="runs: train_rows"):
        run_columns()
