"""As part of another workflow: by snakedeploy, and by hand with a prefix and names of its own."""

import shutil
import textwrap

import pytest
from commands import call
from paths import ROOT, SNAKEMAKE
from toy import NAME, toy_experiment, toy_tree

FLAGS = ["--cores", "2", "--rerun-triggers", "mtime", "params", "--keep-going"]
CONFIG = """
results: results/quickstart
datasets: [digits]
frameworks: [numpy_mlp]
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A checkout with the toy in it, which trains in a second."""
    return toy_tree(tmp_path_factory.mktemp("toy"))


def outer(folder, tree, prefix="", handlers=""):
    """Write a workflow that takes the rules of the tree under names of its own; the toy's config."""
    toy_experiment(folder / "toy.json", epochs=2)
    (folder / "Snakefile").write_text(
        textwrap.dedent(
            f"""
            configfile: "toy.json"

            rule mine:
                input: "{prefix}results/quickstart/tables/runs.csv"
                output: "mine.txt"
                shell: "wc -l < {{input}} > {{output}}"

            module trainclock:
                snakefile: "{tree}/Snakefile"
                config: config
                {f'prefix: "{prefix}"' if prefix else ""}

            use rule * from trainclock as train_*
            """
        )
        + handlers
    )


def run(folder, *options):
    return call(SNAKEMAKE, *FLAGS, *options, cwd=folder)


@pytest.mark.parametrize("prefix", ["", "bench/"], ids=["without a prefix", "with a prefix"])
def test_another_workflow_uses_its_rules(tree, tmp_path, prefix):
    """Their names begin with `train`, as that of the timed rule does by itself."""
    outer(tmp_path, tree, prefix)
    done = run(tmp_path, "mine.txt")
    assert done.returncode == 0, done.stdout
    assert (tmp_path / "mine.txt").read_text().strip() == "5"  # a head, holdout, three folds
    assert (tmp_path / prefix / "results/quickstart/tables/runs.parquet").exists()
    if prefix:
        assert not (tmp_path / "results").exists()
    again = run(tmp_path, "mine.txt")
    assert "Nothing to be done" in again.stdout, again.stdout


def test_its_checks_are_made_there_too(tree, tmp_path):
    """Data that was changed after it was prepared is found at the start of the next call."""
    outer(tmp_path, tree, "bench/")
    assert run(tmp_path, "mine.txt").returncode == 0
    with (tmp_path / "bench/results/data/digits/y.npy").open("ab") as file:
        file.write(b"x")
    (tmp_path / "mine.txt").unlink()
    done = run(tmp_path, "mine.txt")
    assert done.returncode == 1
    assert "bench/results/data/digits: x.npy or y.npy were changed" in done.stdout


def test_handlers_of_the_other_workflow_may_call_ours(tree, tmp_path):
    outer(tmp_path, tree, handlers='\nonstart:\n    print("mine first")\n    trainclock.onstart()\n')
    done = run(tmp_path, "mine.txt")
    assert done.returncode == 0, done.stdout
    assert done.stdout.index("mine first") < done.stdout.index("trainclock: 4 training runs")


def test_a_mistake_in_its_config_is_named(tree, tmp_path):
    outer(tmp_path, tree)
    done = run(tmp_path, "mine.txt", "--config", "folds_per_jbo=1")
    assert done.returncode == 1
    assert "unknown key 'folds_per_jbo'; did you mean folds_per_job?" in done.stdout


def test_snakedeploy_deploys_it(tree, tmp_path):
    """The deployed workflow names the checkout, and has a config of its own to edit.

    The path of a local folder is to be put in front: findings/snakedeploy-local.sh.
    """
    snakedeploy = SNAKEMAKE.with_name("snakedeploy")
    done = call(snakedeploy, "deploy-workflow", tree, tmp_path / "mine", "--branch", "main")
    assert done.returncode == 0, done.stdout
    folder = tmp_path / "mine"
    deployed = folder / "workflow/Snakefile"
    written = deployed.read_text()
    assert '"workflow/Snakefile"' in written
    deployed.write_text(written.replace('"workflow/Snakefile"', f'"{tree}/workflow/Snakefile"'))
    shutil.copy(toy_experiment(tmp_path / "toy.json", epochs=2), folder / "config/config.yaml")
    done = run(folder, "--dry-run")
    assert done.returncode == 0, done.stdout
    assert f"Training digits in {NAME}" in done.stdout


def test_a_copy_without_the_rest_is_refused(tmp_path):
    shutil.copytree(ROOT / "rules", tmp_path / "rules")
    shutil.copy(ROOT / "Snakefile", tmp_path)
    done = call(SNAKEMAKE, "--snakefile", tmp_path / "Snakefile", *FLAGS, cwd=tmp_path)
    assert done.returncode == 1
    assert "trainclock needs its whole folder, with scripts/ and envs/" in done.stdout


def test_the_snakefile_of_the_catalog_is_the_workflow(tree, tmp_path):
    config = toy_experiment(tmp_path / "toy.json", epochs=2)
    options = ["--directory", tmp_path, "--cores", "2", "--configfile", config, "--dry-run"]
    plans = [
        call(SNAKEMAKE, "--snakefile", tree / name, *options) for name in ("Snakefile", "workflow/Snakefile")
    ]
    assert [done.returncode for done in plans] == [0, 0], plans[1].stdout
    jobs = [set(done.stdout.split("Job stats:")[1].split("\n\n")[0].splitlines()) for done in plans]
    assert jobs[0] == jobs[1] and any(line.startswith("all ") for line in jobs[0])
