"""A copy of the tree with a framework of plain NumPy in it: a run takes a second, in the Python that is here.

For tests of what happens around runs, where the trainer is not what is tried.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import extending
import yaml
from paths import ROOT, SNAKEMAKE

NAME, TOY = "numpy_mlp", ROOT / "tests" / "support" / "toy_framework"
CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text())
# Digits in dense layers: 64 x 32 + 32 + 32 x 10 + 10 parameters.
DIGITS = {
    "input_scale": 16,
    "parameters": 2410,
    "layers": [
        {"type": "flatten"},
        {"type": "dense", "units": 32, "activation": "relu"},
        {"type": "dropout", "rate": 0.25},
        {"type": "dense", "units": 10, "activation": "softmax"},
    ],
}


def toy_tree(folder: Path) -> Path:
    """Copy the tree into a folder and plug the toy in; returns the folder."""
    extending.copy_project(folder)
    shutil.copytree(TOY / NAME, folder / "scripts/training/frameworks" / NAME)
    shutil.copy(TOY / f"{NAME}.yaml", folder / "envs")
    return folder


def toy_experiment(file: Path, epochs: int, **changes: Any) -> Path:
    """Write the config of a quickstart of the toy alone, in the Python that Snakemake runs in."""
    config = {
        "results": "results/quickstart",
        "datasets": ["digits"],
        "split": {"folds": 3},
        "threads": 1,
        "frameworks": [NAME],
        "environments": "current",
        "repeat": {"doubtful": 0},
        "networks": {"digits": DIGITS},
        "training": {"digits": {"epochs": epochs}},
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(config | changes))
    return file


def toy_command(tree: Path, directory: Path, config: Path, *options: Any) -> list[str]:
    """The Snakemake of a tree of toys, in a working directory."""
    words = [SNAKEMAKE, "--snakefile", tree / "Snakefile", "--directory", directory, "--cores", "2"]
    return [str(word) for word in [*words, *options, "--configfile", config]]
