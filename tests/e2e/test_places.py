"""Checkouts and working directories in places that are not as on the developers' machines."""

import toy
from commands import call

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
