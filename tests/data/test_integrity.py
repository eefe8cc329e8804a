"""Prepared data that somebody changed is noticed before a run trains on it."""

import json

import numpy as np
import pytest
from commands import snakemake
from paths import ROOT

from scripts.core.errors import UserError
from scripts.data import integrity, prepare


@pytest.fixture
def prepared(tmp_path):
    folder = tmp_path / "results" / "data" / "digits"
    images = np.random.default_rng(0).integers(0, 17, (1797, 8, 8, 1), dtype=np.uint8)
    prepare.write(folder, "digits", images, np.arange(1797) % 10, [str(digit) for digit in range(10)])
    return folder


def one_pixel(folder):
    x = np.load(folder / "x.npy", mmap_mode="r+")
    x[5, 3, 3, 0] += 1
    x.flush()


def other_labels(folder):
    np.save(folder / "y.npy", np.load(folder / "y.npy")[::-1])


def fewer_rows(folder):
    np.save(folder / "x.npy", np.load(folder / "x.npy")[:-1])


def cut_off(folder):
    with (folder / "x.npy").open("r+b") as file:
        file.truncate(5000)


def no_array(folder):
    (folder / "y.npy").write_text("1,2,3")


def other_digest(folder):
    facts = json.loads((folder / "data.json").read_text())
    (folder / "data.json").write_text(json.dumps(facts | {"digest": "0" * 16}))


def damaged_facts(folder):
    (folder / "data.json").write_text("{")


CHANGES = [one_pixel, other_labels, fewer_rows, cut_off, no_array, other_digest, damaged_facts]


def test_what_prepare_wrote_is_unchanged(prepared):
    integrity.check_unchanged(prepared)
    integrity.check_unchanged(prepared.parent / "not prepared yet")


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_change_is_noticed_with_what_to_do(prepared, change):
    change(prepared)
    with pytest.raises(UserError) as refused:
        integrity.check_unchanged(prepared)
    assert str(prepared) in str(refused.value)
    assert f"delete {prepared} and run snakemake again" in str(refused.value)


def test_snakemake_refuses_to_start_on_changed_data(prepared, tmp_path):
    one_pixel(prepared)
    target = "results/quickstart/splits/digits/holdout.npz"
    done = snakemake(target, "--configfile", ROOT / "presets/quickstart.yaml", directory=tmp_path)
    assert done.returncode == 1
    assert "results/data/digits: x.npy or y.npy were changed after they were prepared" in done.stdout
    assert "Traceback" not in done.stdout
    assert not (tmp_path / "results/quickstart/splits").exists()
