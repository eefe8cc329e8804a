"""What a record says of the software that ran, and what is advised where it cannot be imported."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from paths import ROOT

from scripts.training.machine import software


def test_the_version_is_that_of_the_package_that_is_imported(tmp_path):
    (tmp_path / "numpy").mkdir()
    (tmp_path / "numpy" / "__init__.py").write_text("__version__ = '9.9'")
    (tmp_path / "numpy-9.9.dist-info").mkdir()
    (tmp_path / "numpy-9.9.dist-info" / "METADATA").write_text("Name: numpy\nVersion: 9.9\n")
    code = (
        f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(ROOT)!r}];"
        "import numpy; from scripts.training.machine.software import describe; found = describe({});"
        " print(found.versions['numpy'], found.imported['numpy'], *found.import_folders)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"9.9 9.9 {tmp_path}"


def test_paths_are_recorded_as_they_may_be_shown_to_others(monkeypatch):
    monkeypatch.setenv("HOME", "/home/anna")
    monkeypatch.setenv("MKL_HOME", f"/home/anna/mkl:{ROOT}/lib:/opt/home/anna/lib:/home/anna2")
    found = software.describe({"compiler": f"{ROOT}/bin/g++", "threads": 2}, users=software.variables())
    assert found.variables["MKL_HOME"] == "~/mkl:lib:/opt/home/anna/lib:/home/anna2"
    assert found.library_facts == {"compiler": "bin/g++", "threads": 2}
    assert found.environment == str(Path(sys.prefix).relative_to(ROOT))


def advice(monkeypatch, **variables):
    for name in ("PYTHONPATH", "LD_PRELOAD", "LD_LIBRARY_PATH"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return software.why_not_imported("theano", ImportError("libx.so: cannot open"))


@pytest.mark.parametrize("name", ["PYTHONPATH", "LD_PRELOAD", "LD_LIBRARY_PATH"])
def test_an_environment_is_not_blamed_for_its_surroundings(monkeypatch, name):
    text = advice(monkeypatch, **{name: "/opt/other/lib"})
    assert text.startswith("theano cannot be imported (libx.so: cannot open); its environment is")
    assert f"`unset {name}` (or `module purge`)" in text


def test_an_environment_is_made_again_where_nothing_is_mixed_in(monkeypatch):
    text = advice(monkeypatch, LD_LIBRARY_PATH=f"{sys.prefix}/lib")
    assert text.endswith(
        f"its environment is {sys.prefix}: delete that folder and the workflow makes it again"
    )


def test_variables_that_change_how_libraries_compute_are_recorded_and_no_passwords(monkeypatch):
    for name in list(os.environ):
        if name.startswith(("TF_", "OMP_", "OPENBLAS_")):
            monkeypatch.delenv(name)
    computing = {"OMP_WAIT_POLICY": "passive", "TF_ENABLE_ONEDNN_OPTS": "0", "TF_XLA_FLAGS": "--x"}
    others = {"TF_VAR_db_password": "secret", "TF_TOKEN_app": "secret", "TF_CLI_CONFIG_FILE": "x"}
    for name, value in {**computing, **others, "OMP_NUM_THREADS": "2"}.items():
        monkeypatch.setenv(name, value)
    found = software.variables()
    assert {name: value for name, value in found.items() if name.startswith(("TF_", "OMP_"))} == computing
    assert "secret" not in found.values()
