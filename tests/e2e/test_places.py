"""Checkouts and working directories in places that are not as on the developers' machines."""

import os

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


def test_a_run_imports_what_its_environment_pins_whatever_pythonpath_names(tmp_path):
    """`module load` sets it, to packages of other versions and of other Pythons."""
    tree, folder, foreign = (tmp_path / name for name in ("tree", "here", "foreign"))
    toy.toy_tree(tree)
    for name, text in {"numpy": "__version__ = '9.9'", "pandas": "import no_such_module"}.items():
        (foreign / name).mkdir(parents=True)
        (foreign / name / "__init__.py").write_text(text)
    config = toy.toy_experiment(tmp_path / "toy.json", epochs=1, splits=["holdout"], environments="isolated")
    environments = tmp_path / "envs"
    env = {**os.environ, "PYTHONPATH": str(foreign), "TRAINCLOCK_ENVS": str(environments)}
    done = call(*toy.toy_command(tree, folder, config, TABLE), env=env)
    assert done.returncode == 0, done.stdout
    (file,) = folder.glob("results/quickstart/runs/**/fold-0.json")
    found = record.read(file).software
    assert found.imported["numpy"] == found.versions["numpy"] != "9.9"
    (packages,) = found.import_folders
    assert packages.startswith(str(environments / toy.NAME))
