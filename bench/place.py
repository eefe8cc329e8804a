"""What is measured on this machine: environments, prepared data, splits and networks, or how to get them."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bench.alternate import Command, command
from scripts.core import training_spec
from scripts.core.commands import step, typed
from scripts.core.paths import ENVS, ROOT, SCRIPTS

ROWS = {"mnist": 3000, "cifar10": 3000}  # drawn of those datasets whose epochs are long
EPOCHS = {"mnist": 4, "cifar10": 3, "letter": 21}  # of a process; the first is not counted
HOLDOUT = "holdout"


class Lacking(Exception):
    """A line cannot be measured here; the text names what is missing, and the command that gets it."""


@dataclass(frozen=True)
class Place:
    """Where and how large: `folder` keeps the files that are made to be measured."""

    folder: Path
    environments: Path
    threads: int
    planned: int  # runs of the dry run, at least
    records: int  # of the synthetic experiment
    rows: int | None = None  # of every dataset; None: ROWS
    epochs: int | None = None  # None: EPOCHS

    def python(self, framework: str) -> Path:
        """Return the Python of a framework's environment. Raises Lacking."""
        python = self.environments / framework / "bin" / "python"
        if not python.exists():
            folder, file = typed(self.environments), typed(ENVS / f"{framework}.yaml")
            getting = step("environment", "--folder", folder, file)
            raise Lacking(f"no environment {typed(python.parents[1])}; to make it: {getting}")
        return python

    def data(self, dataset: str) -> Path:
        """Return the folder of the prepared arrays; prepare them if it takes no download. Raises Lacking."""
        finished, own = ROOT / "results" / "data" / dataset, self.folder / "data" / dataset
        for folder in (finished, own):
            if (folder / "data.json").exists():
                return folder
        raw = self.folder / "raw" / dataset
        if dataset != "digits":
            if not os.environ.get("TRAINCLOCK_MIRROR"):
                getting = f".venv/bin/snakemake --cores 1 results/data/{dataset}/x.npy"
                raise Lacking(f"no data of {dataset}; to get them: {getting}")
            made([SCRIPTS, "download", dataset, "--out", raw])
        made([SCRIPTS, "prepare", dataset, "--out", own, *(["--raw", raw] if raw.exists() else [])])
        return own

    def splits(self, dataset: str) -> Path:
        """Return the file of the rows of one 70/30 split, and draw them if it is not there."""
        rows = self.rows or ROWS.get(dataset)
        file = self.folder / "splits" / f"{dataset}-{rows or 'all'}.npz"
        if not file.exists():
            labels, drawn = self.data(dataset) / "y.npy", ["--rows", rows] if rows else []
            made([SCRIPTS, "split", "--y", labels, "--split", HOLDOUT, *drawn, "--out", file])
        return file

    def folds(self, dataset: str, count: int) -> Path:
        """Return the file of the rows of so many folds, and draw them if it is not there."""
        file = self.folder / "splits" / f"{dataset}-{count}-folds.npz"
        if not file.exists():
            labels, drawn = self.data(dataset) / "y.npy", ["--split", "kfold", "--folds", count]
            made([SCRIPTS, "split", "--y", labels, *drawn, "--out", file])
        return file

    def network(self, dataset: str) -> Path:
        """Write down the network of a dataset as runs read it; return the file."""
        file = self.folder / "networks" / f"{dataset}.json"
        config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
        file.parent.mkdir(parents=True, exist_ok=True)
        training_spec.write(training_spec.of_config(config, "published", dataset), file)
        return file

    def experiment(self) -> Path:
        """Return the folder of a synthetic experiment, and write its records if they are not there."""
        folder = self.folder / "experiment"
        if not (folder / "experiment.json").exists():
            made([ROOT / "tests" / "support" / "many_records.py", folder, "--records", self.records])
        return folder

    def options(self, framework: str, implementation: str, dataset: str, folds: int = 0) -> list[str]:
        """Return the options that a run and the loops of bench/loops/ have in common. Raises Lacking.

        The rows are those of so many folds, or of the 70/30 split.
        """
        splits = self.folds(dataset, folds) if folds else self.splits(dataset)
        words = ["--framework", framework, "--implementation", implementation, "--dataset", dataset]
        words += ["--network", str(self.network(dataset)), "--data", str(self.data(dataset))]
        return [*words, "--splits", str(splits), "--threads", str(self.threads)]

    def train(self, framework: str, dataset: str, out: Path) -> Command:
        """Return the command of one run that writes its record to `out`. Raises Lacking."""
        python, options = self.python(framework), self.options(framework, "idiomatic", dataset)
        return command(python, "-I", SCRIPTS, "train", *options, "--split", HOLDOUT, "--out", out)

    def loop(self, name: str, framework: str, implementation: str, dataset: str) -> Command:
        """Return the command that trains some epochs by a loop of bench/loops/. Raises Lacking."""
        python, options = self.python(framework), self.options(framework, implementation, dataset)
        epochs = self.epochs or EPOCHS[dataset]
        return command(python, "-I", ROOT / "bench" / "loops", name, *options, "--epochs", epochs)


def made(words: Sequence[Any]) -> None:
    """Run a program of ours that makes what is measured. Raises Lacking with its reason if it fails."""
    command_line = [sys.executable, *map(str, words)]
    done = subprocess.run(command_line, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Lacking(f"{' '.join(command_line)} failed: {done.stderr.strip().splitlines()[-1]}")
