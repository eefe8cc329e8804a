"""Forecast how long the missing runs take, from a few measured steps of each kind (forecast/probe.py)."""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scripts.core.errors import UserError
from scripts.core.files import atomic
from scripts.core.record import Record
from scripts.core.run_id import RunId
from scripts.forecast import page
from scripts.tables.write import write
from scripts.training.frameworks import registry
from scripts.workflow.fold_jobs import folds_of_job
from scripts.workflow.planning import Config, plan
from scripts.workflow.run_status import finished, to_make

KIND = ["settings", "device", "framework", "implementation", "dataset"]
Kind = tuple[str, ...]  # the values of KIND
Probe = dict[str, Any]  # what forecast/probe.py measured
PHASES = ["build_s", "compile_s", "train_s", "predict_s", "start_s"]
STARTING_S = 2.0  # Python and Snakemake, a run: what a quickstart's jobs took beyond their phases
FOLD_S = 0.5  # the same of a fold that is not the first of its job
JOB_S = 10.0  # SLURM, a job
RECORD_BYTES, EPOCH_BYTES = 24_000, 130  # files of a run, and what each epoch adds to them


def options() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--config", required=True, help="the resolved config as JSON text")
    parser.add_argument("--runs", type=Path, required=True, help="folder of the records: finished ones count")
    parser.add_argument(
        "--probes", type=Path, required=True, help="folder of what forecast/probe.py measured"
    )
    parser.add_argument("--splits", type=Path, required=True, help="folder of the index arrays")
    parser.add_argument("--present", type=Path, nargs="*", default=[], help="folders whose size is printed")
    parser.add_argument("--cores", type=int, default=os.cpu_count(), help="cores of this machine to use")
    parser.add_argument("--out", type=Path, required=True, help="prefix of the files of the table")
    parser.add_argument("--summary", type=Path, required=True, help="file of what the terminal shows")
    return parser.parse_args()


@dataclass
class Forecast:
    """Seconds of one run; `start_s` is all that is neither built, compiled, trained nor predicted."""

    build_s: float
    compile_s: float
    train_s: float
    predict_s: float
    start_s: float

    @property
    def seconds(self) -> float:
        """Add up all phases."""
        return sum(asdict(self).values())

    def corrected(self, factor: float) -> Forecast:
        """Multiply all but the start by `factor`: no record has all of the start."""
        scaled = {name: factor * value for name, value in asdict(self).items()}
        return Forecast(**{**scaled, "start_s": self.start_s})


def of_run(probe: Probe, train_rows: int, test_rows: int, training: Mapping[str, Any]) -> Forecast:
    """Forecast a run of the kind that was probed, with so many rows; `training` as in the config."""
    steps = math.ceil(train_rows / training["batch_size"])
    return Forecast(
        build_s=probe["build_s"],
        compile_s=probe["compile_s"],
        train_s=training["epochs"] * steps * probe["step_s"],
        predict_s=probe["predict_first_s"] + test_rows * probe["predict_row_s"],
        start_s=probe["import_s"] + probe["load_s"] + probe["calibrate_s"] + STARTING_S,
    )


def took(record: Record, expected: Forecast) -> float:
    """Divide the seconds of a finished run by its forecast, both without the start.

    No record has all of the start.
    """
    times = record.times
    taken = times.build_s + times.compile_s + times.train_s + times.predict_s
    return taken / (expected.seconds - expected.start_s)


class Rows:
    """How many rows each fold trains on and tests, from the files of splits."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.known: dict[Path, dict[str, int]] = {}

    def of(self, run_id: RunId) -> tuple[int, int]:
        """Count the rows that a run trains on and tests."""
        path = run_id.file_of_split(self.folder)
        if path not in self.known:
            with np.load(path, allow_pickle=False) as arrays:
                self.known[path] = {name: len(arrays[name]) for name in arrays.files}
        counts = self.known[path]
        return counts[f"train_{run_id.fold}"], counts[f"test_{run_id.fold}"]


def kind_of(run_id: RunId) -> Kind:
    """Return the kind of a run: all but its split and fold."""
    return tuple(getattr(run_id, name) for name in KIND)


def read_probe(folder: Path, kind: Kind) -> Probe:
    """Read what forecast/probe.py measured of a kind. Raises UserError naming the file."""
    path = folder.joinpath(*kind[:-1], f"{kind[-1]}.json")
    try:
        probe = json.loads(path.read_text())
        float(probe["step_s"])
    except (OSError, KeyError, TypeError, ValueError):
        raise UserError(
            f"{path}: not what forecast/probe.py writes; delete it and give the same command again"
        ) from None
    return probe


@dataclass
class Forecasts:
    """Planned runs with the forecast of the missing ones, and what the finished ones took over theirs.

    Both only of kinds that `probes` knows.
    """

    config: Mapping[str, Any]
    planned: Sequence[RunId]
    finished_runs: Mapping[RunId, Record]
    probes: Mapping[Kind, Probe]
    missing: dict[RunId, Forecast]
    ratios: dict[RunId, float]  # took / forecast


def forecast(
    config: Config,
    planned: Sequence[RunId],
    finished_runs: Mapping[RunId, Record],
    probes: Mapping[Kind, Probe],
    rows: Rows,
) -> Forecasts:
    """Forecast every missing run.

    A kind that has finished runs is corrected by the median of their ratios.
    """
    raw = {
        run_id: of_run(probes[kind_of(run_id)], *rows.of(run_id), config["training"][run_id.dataset])
        for run_id in planned
        if kind_of(run_id) in probes
    }
    ratios = {
        run_id: took(finished_runs[run_id], run) for run_id, run in raw.items() if run_id in finished_runs
    }
    of_kind = {}
    for run_id, ratio in ratios.items():
        of_kind.setdefault(kind_of(run_id), []).append(ratio)
    missing = {
        run_id: run.corrected(statistics.median(of_kind.get(kind_of(run_id), [1.0])))
        for run_id, run in raw.items()
        if run_id not in finished_runs
    }
    for run_id in not_first_of_their_job(config, missing):
        missing[run_id].start_s += FOLD_S - STARTING_S
        if registry.shares_import(run_id.framework, run_id.device):
            missing[run_id].start_s -= probes[kind_of(run_id)]["import_s"]
    return Forecasts(config, planned, finished_runs, probes, missing, ratios)


def not_first_of_their_job(config: Config, missing: Iterable[RunId]) -> list[RunId]:
    """Return the runs that are made by the job of another one before them."""
    seen, later = set(), []
    for run_id in missing:
        job = job_of(config, run_id)
        if job in seen:
            later.append(run_id)
        seen.add(job)
    return later


def job_of(config: Config, run_id: RunId) -> tuple[Any, ...]:
    """Return what runs have in common that are made by one job."""
    return *kind_of(run_id), run_id.split, run_id.replicate, folds_of_job(config, run_id)


def tidy(forecasts: Forecasts) -> pd.DataFrame:
    """Make a row for each kind and split: runs, seconds of the missing ones by phase, memory of a run."""
    cells = {}
    for run_id in forecasts.planned:
        cells.setdefault((*kind_of(run_id), run_id.split), []).append(run_id)
    rows = []
    for (*kind, split), run_ids in cells.items():
        probe = forecasts.probes.get(tuple(kind), {})
        left = [forecasts.missing[run_id] for run_id in run_ids if run_id in forecasts.missing]
        epochs = forecasts.config["training"][kind[-1]]["epochs"]
        checked = [forecasts.ratios[run_id] for run_id in run_ids if run_id in forecasts.ratios]
        rows.append(
            dict(zip(KIND, kind, strict=True))
            | {
                "split": split,
                "runs": len(run_ids),
                "finished": sum(run_id in forecasts.finished_runs for run_id in run_ids),
                "missing": len(left),
            }
            | {name: sum(getattr(run, name) for run in left) for name in PHASES}
            | {
                "seconds": sum(run.seconds for run in left),
                "run_s": max((run.seconds for run in left), default=None),
                "epoch_s": statistics.mean(run.train_s for run in left) / epochs if left else None,
                "memory_mb": probe.get("peak_memory_mb"),
                "gpu_memory_mb": probe.get("gpu_peak_memory_mb"),
                "took_over_forecast": statistics.median(checked) if checked else None,
            }
        )
    numbers = ["run_s", "epoch_s", "memory_mb", "gpu_memory_mb", "took_over_forecast"]
    return pd.DataFrame(rows).astype(dict.fromkeys(numbers, float))


def slurm_jobs(config: Config, missing: Mapping[RunId, Forecast]) -> list[float]:
    """Add up the seconds of each SLURM job: folds may share one."""
    jobs = {}
    for run_id, run in missing.items():
        job = job_of(config, run_id)
        jobs[job] = jobs.get(job, JOB_S) + run.seconds
    return list(jobs.values())


def disk(
    config: Mapping[str, Any], missing: Iterable[RunId], present: Iterable[Path], results: Path
) -> dict[str, Any]:
    """Measure the disk in bytes: of the records to come, of each folder that is there, and free."""
    to_come = sum(
        RECORD_BYTES + EPOCH_BYTES * config["training"][run_id.dataset]["epochs"] for run_id in missing
    )
    return {
        "to_come": to_come,
        "present": {str(folder): size(folder) for folder in present},
        "free": shutil.disk_usage(results).free,
    }


def size(folder: Path) -> int:
    """Add up the bytes of the files below a folder, each once."""
    files = {}
    for place, _, names in os.walk(folder):
        for name in names:
            facts = os.lstat(os.path.join(place, name))  # noqa: PTH118  a hundred thousand files
            files[facts.st_dev, facts.st_ino] = facts.st_blocks * 512
    return sum(files.values())


def main() -> None:
    """Write the forecast of the missing runs: its table, its page and the summary for the terminal."""
    args = options()
    config = json.loads(args.config)
    planned, _ = plan(config)
    rows = Rows(args.splits)
    finished_runs = finished(config, planned, args.runs, rows.of)
    left = to_make(config, planned, args.runs, rows.of)
    known = {*finished_runs, *left}
    shown = [run_id for run_id in planned if run_id in known]
    probes = {kind: read_probe(args.probes, kind) for kind in sorted({*map(kind_of, left)})}
    forecasts = forecast(config, shown, finished_runs, probes, rows)
    table = tidy(forecasts)
    outlook = page.Outlook(
        table=table,
        config=config,
        probes=list(probes.values()),
        jobs=slurm_jobs(config, forecasts.missing),
        disk=disk(config, forecasts.missing, args.present, args.probes.parent),
        ratios=list(forecasts.ratios.values()),
        cores=args.cores,
        failed=len(planned) - len(shown),
    )
    write("plan", table, page.page(outlook), args.out)
    with atomic(args.summary) as temporary:
        temporary.write_text(page.summary(outlook) + "\n")
