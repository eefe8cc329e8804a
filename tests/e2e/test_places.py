"""Checkouts and working directories in places that are not as on the developers' machines."""

import os
import shlex
import subprocess
import sys

import pytest
import toy
from commands import call

from scripts.core import record

ODD = "My Drive (1), Anna's & $x"  # as cloud drives name folders, and worse
TABLE = "results/quickstart/tables/runs.csv"


def test_a_checkout_and_its_work_may_lie_in_folders_of_any_name(tmp_path):
    tree, folder = toy.toy_tree(tmp_path / ODD / "tree"), tmp_path / ODD / "here"
    config = toy.toy_experiment(tmp_path / ODD / "own config.json", epochs=1, splits=["holdout"])
    command = toy.toy_command(tree, folder, config, TABLE)
    done = call(*command)
    assert done.returncode == 0, done.stdout
    assert (folder / TABLE).read_text().count("\n") == 2  # its head and one run

    step = tree / "scripts" / "workflow" / "write_experiment.py"
    step.write_text("def main():\n    raise SystemExit('error: the reason')\n")
    done = call(*command, "--forcerun", "experiment")
    assert done.returncode == 1
    assert "error: the reason" in done.stdout
    assert "input_scale" not in done.stdout  # the config, as an option of a shell line


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    """A tree of the toy with an environment of its own, ready."""
    tree = toy.toy_tree(tmp_path_factory.mktemp("installed") / "tree")
    making = ["environment", "--folder", tree / ".envs", tree / "envs" / f"{toy.NAME}.yaml"]
    done = call(sys.executable, tree / "scripts", *making)
    assert done.returncode == 0, done.stdout
    return tree


def isolated(folder):
    """The config of one run in that environment."""
    return toy.toy_experiment(folder / "toy.json", epochs=1, splits=["holdout"], environments="isolated")


def env(**more):
    return {name: value for name, value in os.environ.items() if name != "TRAINCLOCK_ENVS"} | more


def test_a_run_imports_what_its_environment_pins_whatever_pythonpath_names(installation, tmp_path):
    """`module load` sets it, to packages of other versions and of other Pythons."""
    foreign = tmp_path / "foreign"
    for name, text in {"numpy": "__version__ = '9.9'", "pandas": "import no_such_module"}.items():
        (foreign / name).mkdir(parents=True)
        (foreign / name / "__init__.py").write_text(text)
    command = toy.toy_command(installation, tmp_path / "here", isolated(tmp_path), TABLE)
    done = call(*command, env=env(PYTHONPATH=str(foreign)))
    assert done.returncode == 0, done.stdout
    (file,) = tmp_path.glob("here/results/quickstart/runs/**/fold-0.json")
    found = record.read(file).software
    assert found.imported["numpy"] == found.versions["numpy"] != "9.9"
    (packages,) = found.import_folders
    assert packages.startswith(f".envs/{toy.NAME}/")
    assert str(installation) not in file.read_text()


def test_a_ready_installation_that_cannot_be_written_serves_others(installation, tmp_path):
    """As that of a course, or one in a container image."""
    tree = shlex.quote(str(installation))
    alone = ["unshare", "--mount", *(["--map-root-user"] if os.geteuid() else []), "sh", "-ec"]
    read_only = f'mount --bind {tree} {tree}; mount -o remount,ro,bind {tree}; exec "$@"'
    if subprocess.run([*alone, read_only, "sh", "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine does not let users mount (unshare)")
    record_of_run = f"results/quickstart/runs/published/cpu/{toy.NAME}/idiomatic/digits/holdout/fold-0.json"
    command = toy.toy_command(installation, tmp_path / "here", isolated(tmp_path), record_of_run)
    done = call(*alone, read_only, "sh", *command, env=env())
    assert done.returncode == 0, done.stdout
    # One that is not ready cannot be made there.
    file = tmp_path / "other.yaml"
    file.write_text((installation / "envs" / f"{toy.NAME}.yaml").read_text())
    making = ["environment", "--folder", installation / ".envs", file]
    done = call(*alone, read_only, "sh", sys.executable, installation / "scripts", *making, env=env())
    assert done.returncode == 1
    assert "which cannot be written (Read-only file system): let its owner make it" in done.stdout
