"""Records are written whole or not at all, and read back as they were."""

import json
import os

import pytest
from factory import make, plan

from scripts.core import record
from scripts.training.machine import software


def test_round_trip(tmp_path):
    made = make(plan()[0])
    record.write(made, tmp_path / "deep" / "fold-0.json")
    assert record.read(tmp_path / "deep" / "fold-0.json") == made


def test_every_leaf_is_one_column():
    names = record.columns()
    assert len(names) == len(set(names))
    assert sorted(record.flat(make(plan()[0]))) == sorted(names)


def test_a_record_that_cannot_be_written_leaves_nothing(tmp_path):
    made = make(plan()[0])
    made.times.train_s = float("nan")
    with pytest.raises(ValueError, match="not JSON compliant"):
        record.write(made, tmp_path / "fold-0.json")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", ["", "{", "{}", json.dumps({"record_version": 0})])
def test_foreign_files_are_named(tmp_path, content):
    path = tmp_path / "fold-0.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"fold-0\.json: not a run record"):
        record.read(path)


def test_variables_that_change_how_libraries_compute_are_recorded(monkeypatch):
    for name in [name for name in os.environ if name.startswith(software.PREFIXES)]:
        monkeypatch.delenv(name)
    for name, value in {
        "OMP_WAIT_POLICY": "passive",
        "NVIDIA_TF32_OVERRIDE": "1",
        "OMP_NUM_THREADS": "7",  # the run's own
        "CUDA_VISIBLE_DEVICES": "2",
        "EDITOR": "vi",
    }.items():
        monkeypatch.setenv(name, value)
    found = software.variables()
    assert found == {"NVIDIA_TF32_OVERRIDE": "1", "OMP_WAIT_POLICY": "passive"}
    assert software.describe({}, users=found).variables == found
