"""Makes planned experiments and records for the tests: small, plausible, every number settable."""

import copy
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from paths import ROOT

from scripts.core import record, training_spec
from scripts.core.record import (
    Learning,
    Machine,
    Origin,
    Record,
    Software,
    State,
    Surroundings,
    Threads,
    Times,
)
from scripts.core.run_id import RunId
from scripts.records import read_records, run_flags, run_table

if TYPE_CHECKING:
    import pandas as pd

CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text())
ROWS = {"mnist": 70000, "cifar10": 60000, "cifar100": 60000, "letter": 20000, "digits": 1797}


def plan(
    datasets: Iterable[str] = ("mnist",),
    frameworks: Iterable[str] = ("tensorflow", "pytorch", "theano"),
    **lists: Any,
) -> list[RunId]:
    """List the runs of an experiment in the order of the config; `folds` is the number for kfold.

    `replicates` is the number of seeds.
    """
    return [
        RunId(settings, device, framework, implementation, dataset, split, fold, replicate)
        for replicate in range(lists.get("replicates", 1))
        for settings in lists.get("settings", ["published"])
        for implementation in lists.get("implementations", ["idiomatic"])
        for device in lists.get("devices", ["cpu"])
        for dataset in datasets
        for split in lists.get("splits", ["holdout", "kfold"])
        for fold in range(lists.get("folds", 10) if split == "kfold" else 1)
        for framework in frameworks
    ]


def make(
    run_id: RunId,
    config: dict[str, Any] = CONFIG,
    train_s: float = 12.0,
    accuracy: float = 0.9,
    rows: int | None = None,
    **sections: Mapping[str, Any],
) -> Record:
    """Make a record of a run in which nothing is doubtful: total_s is train_s + 0.5 + 1.5.

    Further arguments replace fields: times={"import_s": 9}, state={"load_before": 8}, ...
    """
    dataset = run_id.dataset
    spec = copy.deepcopy(training_spec.of_config(config, run_id.settings, dataset, run_id.replicate))
    epochs = spec.training["epochs"]
    rows = ROWS[dataset] if rows is None else rows
    test_rows = round(rows * (0.3 if run_id.split == "holdout" else 0.1))
    made = Record(
        run=run_id,
        started=f"2026-01-01T00:{run_id.fold:02}:00+00:00",
        finished=f"2026-01-01T00:{run_id.fold:02}:50+00:00",
        times=Times(
            import_s=3.0,
            load_s=0.25,
            build_s=0.5,
            compile_s=1.5,
            train_s=train_s,
            predict_s=0.125,
            total_s=train_s + 2.0,
            train_cpu_s=3.5 * train_s,
            epochs_s=[train_s / epochs] * epochs,
            epochs_cpu_s=[3.5 * train_s / epochs] * epochs,
            instrument_s=0.01,
        ),
        learning=Learning(
            train_losses=[2.0 / (n + 1) for n in range(epochs)],
            test_accuracy=accuracy,
            test_loss=0.5,
            train_rows=rows - test_rows,
            test_rows=test_rows,
            parameters=config["networks"][dataset]["parameters"],
        ),
        threads=Threads(
            threads_declared=4,
            threads=4,
            threads_reported=4,
            pinned_cores=[0, 1, 2, 3],
            threads_computing=4,
        ),
        software=Software(
            environment="/envs/x",
            python="3.12.1",
            versions={"numpy": "2.1.0"},
            library_facts={"framework_version": "1.2.3", "keras": "3.0"},
        ),
        machine=Machine(host="node1", system="Linux 6", cpu="Test CPU", cores=4, memory_mb=8000),
        state=State(turbo=True, governor="performance", load_before=0.5, calibration_gflops=100.0),
        surroundings=Surroundings(other_cores=0.05, steal_share=0.0, peak_memory_mb=500.0),
        origin=Origin(
            network=spec.network,
            training=spec.training,
            seed=spec.seed,
            network_digest="0" * 16,
            data_digest=f"data of {dataset}",
            split_digest=f"{dataset} {run_id.split} {run_id.replicate} {run_id.fold}",
            trainer_digest="trainer",
            workflow_commit=None,
        ),
    )
    changes = {name: replace(getattr(made, name), **new) for name, new in sections.items()}
    return replace(made, **changes)


def write_all(records: Iterable[Record], folder: Path) -> Path:
    """Write records where the workflow would; return the folder."""
    for made in records:
        record.write(made, made.run.path(folder))
    return folder


def write_experiment(planned: Sequence[RunId], path: Path, config: Mapping[str, Any] = CONFIG) -> Path:
    """Write experiment.json as the workflow does; return its path."""
    path.write_text(json.dumps({"config": config, "runs": [vars(run_id) for run_id in planned]}))
    return path


def table(
    planned: Sequence[RunId],
    records: Iterable[Record],
    folder: Path,
    config: dict[str, Any] = CONFIG,
    code: Any = None,
    *,
    failed: Iterable[RunId] = (),
) -> "tuple[pd.DataFrame, Path]":
    """Write the table of runs as `collect` does and read it back; return it and the path of the parquet.

    Of `failed` runs a failure is recorded, others without a record are missing. The records themselves are
    not written: hundreds of files would take most of a test's time.
    """
    from scripts.analysis.experiment import read_runs

    facts: dict[RunId, dict[str, Any]] = {run_id: {"status": "missing"} for run_id in planned}
    facts |= {run_id: {"status": "failed", "failure": "it diverged"} for run_id in failed}
    facts |= {one.run: read_records.facts_of(one, code or {}) for one in records}
    rows = [read_records.row(run_id, facts[run_id]) for run_id in planned]
    run_flags.add_flags(rows, config["limits"])
    path = folder / "runs.parquet"
    run_table.write_parquet(rows, path)
    return read_runs(path), path
