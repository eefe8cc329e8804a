"""Which runs are finished, which failed, and which were made by older training code."""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from scripts.core import record, training_spec, validity
from scripts.core.record import Failure, Record
from scripts.core.run_id import RunId
from scripts.training.code_digest import trainer_digests
from scripts.training.frameworks import registry
from scripts.workflow.planning import Config

Rows = Callable[[RunId], "tuple[int, int] | None"]  # that a run trains on and tests; None: not prepared


def finished(config: Config, planned: Iterable[RunId], folder: str | Path, rows: Rows) -> dict[RunId, Record]:
    """Return the planned runs whose record is there, and was made from this config on so many rows."""
    records, digests = {}, {}
    for run_id in planned:
        try:
            one = record.read(run_id.path(folder))
        except (OSError, ValueError):
            continue  # missing, or no record: snakemake makes it or records/collect.py names it
        key = run_id.settings, run_id.dataset, run_id.replicate
        if key not in digests:
            digests[key] = training_spec.of_config(config, *key).digest
        there = (one.learning.train_rows, one.learning.test_rows)
        same = one.run == run_id and one.origin.network_digest == digests[key]
        if same and rows(run_id) == there:
            records[run_id] = one
    return records


def to_make(config: Config, planned: Sequence[RunId], folder: str | Path, rows: Rows) -> list[RunId]:
    """Return the planned runs that are neither finished nor recorded as failed, in their order."""
    done = finished(config, planned, folder, rows)
    failed = recorded_failures(run_id.path(folder) for run_id in planned if run_id not in done)
    return [run_id for run_id in planned if run_id not in done and run_id.path(folder) not in failed]


def rows_of(
    config: Config, datasets: Mapping[str, Mapping[str, Any]], run_id: RunId
) -> tuple[int, int] | None:
    """Return how many rows a run trains on and tests, of those of its dataset; None: not prepared.

    As scikit-learn counts them: `train_test_split` rounds the test rows up, and the first folds of `KFold`
    take what is left over.
    """
    rows = datasets[run_id.dataset]["rows"]
    if rows is None:
        return None
    used = config["split"]["rows"] or rows
    if run_id.split == "holdout":
        test = math.ceil(config["split"]["test_size"] * used)
    else:
        least, more = divmod(used, config["split"]["folds"])
        test = least + (run_id.fold < more)
    return used - test, test


def recorded_failures(paths: Iterable[Any]) -> dict[Any, Failure]:
    """Return those of the paths that are there and recorded as failed, with their failure."""
    failures = {path: record.read_failure(path) for path in paths}
    return {path: failure for path, failure in failures.items() if failure}


def recorded_reasons(paths: Iterable[Any]) -> dict[Any, str]:
    """Return {path: reason} of those of the paths that are there and recorded as failed."""
    return {path: failure.reason for path, failure in recorded_failures(paths).items()}


def failures_in_logs(results: Path, files: Iterable[str | Path]) -> dict[Path, str]:
    """Return {log: reason} of the files that are not there and whose log ends with the reason.

    `files` are below the folder `results`.
    """
    reasons = {}
    for file in files:
        if Path(file).exists():
            continue
        log = log_of(results, file)
        try:
            lines = log.read_text(errors="replace").splitlines()
        except OSError:
            continue  # never started
        if lines and lines[-1].startswith("error: "):
            reasons[log] = lines[-1][len("error: ") :]
    return reasons


def log_of(results: Path, file: str | Path) -> Path:
    """Return the log of a file: runs/.../fold-0.json has logs/runs/.../fold-0.log; precisions share one."""
    name = Path(file).relative_to(results).with_suffix(".log")
    return results / "logs" / name.with_name(re.sub("-float(32|64)", "", name.name))


def made_by_older_code(paths: Iterable[Any]) -> list[Any]:
    """Return those of the records that other code made."""
    present = trainer_digests(registry.names())
    return [
        path
        for path, made in records_of(paths)
        if made.origin.trainer_digest != present.get(made.run.framework)
    ]


def doubtful(paths: Iterable[Any], limits: Mapping[str, Any]) -> list[Any]:
    """Return those of the records whose times are doubtful by these limits."""
    return [
        path
        for path, made in records_of(paths)
        if validity.verdict(validity.doubts_of_record(made, limits)) != "clean"
    ]


def records_of(paths: Iterable[Any]) -> Iterator[tuple[Any, Record]]:
    """Yield (path, record) of the paths that hold one; what is no record is left to records/collect.py."""
    for path in paths:
        try:
            yield path, record.read(path)
        except (OSError, ValueError):
            continue


def training_code(names: Iterable[str]) -> list[str]:
    """Return FRAMEWORK=DIGEST of the present training code.

    If it changes, the tables are made again, and no run is.
    """
    return [f"{name}={digest}" for name, digest in trainer_digests(names).items()]
