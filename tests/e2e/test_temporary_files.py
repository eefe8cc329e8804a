"""Training leaves no files behind in the folder of temporary files."""

import os
import subprocess

import pytest
from concerned import to_try
from paths import ROOT


@pytest.mark.parametrize("name", to_try())
def test_no_file_is_left_in_the_temporary_folder(environments, tmp_path, name):
    command = [environments / name / "bin" / "python", ROOT / "tests" / "support" / "flat_areas.py", name]
    env = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    # PyTorch makes an empty folder, one for each user.
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
