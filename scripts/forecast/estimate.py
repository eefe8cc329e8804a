"""Forecast how long the missing runs take, from a few measured steps of each kind (forecast/probe.py)."""

import argparse
import json
import math
import os
import shutil
import statistics
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from scripts.core.errors import UserError
from scripts.core.files import atomic
from scripts.forecast import page
from scripts.tables.write import write
from scripts.workflow.planning import bundle_part, plan
from scripts.workflow.run_status import finished

KIND = ["settings", "device", "framework", "implementation", "dataset"]
PHASES = ["build_s", "compile_s", "train_s", "predict_s", "start_s"]
STARTING_S = 2.0  # Python and Snakemake, a run: what a quickstart's jobs took beyond their phases
JOB_S = 10.0  # SLURM, a job
RECORD_BYTES, EPOCH_BYTES = 24_000, 130  # files of a run, and what each epoch adds to them


def options():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--config", required=True, help="the resolved config as JSON text")
    parser.add_argument("--runs", type=Path, required=True, help="folder of the records: finished ones count")
    parser.add_argument(
        "--probes", type=Path, required=True, help="folder of what forecast/probe.py measured"
    )
    parser.add_argument("--splits", type=Path, required=True, help="folder of the index arrays")
    parser.add_argument("--present", type=Path, nargs="*", default=[], help="folders whose size is told")
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
    def seconds(self):
        return sum(asdict(self).values())

    def corrected(self, factor):
        """All but the start times `factor`: of the start no record tells all."""
        whole = {name: factor * value for name, value in asdict(self).items()}
        return Forecast(**{**whole, "start_s": self.start_s})


def of_run(probe, train_rows, test_rows, training):
    """The Forecast of a run of this kind with so many rows."""
    steps = math.ceil(train_rows / training["batch_size"])
    return Forecast(
        build_s=probe["build_s"],
        compile_s=probe["compile_s"],
        train_s=training["epochs"] * steps * probe["step_s"],
        predict_s=probe["predict_first_s"] + test_rows * probe["predict_row_s"],
        start_s=probe["import_s"] + probe["load_s"] + probe["calibrate_s"] + STARTING_S,
    )


def took(record, forecast):
    """Seconds of a finished run over its forecast, both without the start, of which no record tells all."""
    times = record.times
    taken = times.build_s + times.compile_s + times.train_s + times.predict_s
    return taken / (forecast.seconds - forecast.start_s)


class Rows:
    """How many rows each fold trains on and tests, from the files of splits."""

    def __init__(self, folder):
        self.folder, self.known = folder, {}

    def of(self, run_id):
        path = self.folder / run_id.dataset / f"{run_id.split}.npz"
        if path not in self.known:
            with np.load(path, allow_pickle=False) as arrays:
                self.known[path] = {name: len(arrays[name]) for name in arrays.files}
        counts = self.known[path]
        return counts[f"train_{run_id.fold}"], counts[f"test_{run_id.fold}"]


def kind_of(run_id):
    return tuple(getattr(run_id, name) for name in KIND)


def read_probe(folder, kind):
    path = folder.joinpath(*kind[:-1], f"{kind[-1]}.json")
    try:
        probe = json.loads(path.read_text())
        float(probe["step_s"])
    except (OSError, KeyError, TypeError, ValueError):
        raise UserError(
            f"{path}: not what forecast/probe.py writes; delete it and run snakemake plan again"
        ) from None
    return probe


@dataclass
class Plan:
    """Planned runs; of the finished ones what they took over what was forecast, of the missing ones their
    Forecast. Both only of kinds that `probes` knows: {kind: what forecast/probe.py measured}."""

    config: dict
    planned: list
    done: dict  # RunId: Record
    probes: dict
    missing: dict  # RunId: Forecast
    ratios: dict  # RunId: took / forecast


def foretell(config, planned, done, probes, rows):
    """The Plan. A kind that has finished runs is corrected by the median of their ratios."""
    raw = {
        run_id: of_run(probes[kind_of(run_id)], *rows.of(run_id), config["training"][run_id.dataset])
        for run_id in planned
        if kind_of(run_id) in probes
    }
    ratios = {run_id: took(done[run_id], one) for run_id, one in raw.items() if run_id in done}
    of_kind = {}
    for run_id, ratio in ratios.items():
        of_kind.setdefault(kind_of(run_id), []).append(ratio)
    missing = {
        run_id: one.corrected(statistics.median(of_kind.get(kind_of(run_id), [1.0])))
        for run_id, one in raw.items()
        if run_id not in done
    }
    return Plan(config, planned, done, probes, missing, ratios)


def tidy(foretold):
    """One row for each kind and split: runs, seconds of the missing ones by phase, memory of a run."""
    cells = {}
    for run_id in foretold.planned:
        cells.setdefault((*kind_of(run_id), run_id.split), []).append(run_id)
    rows = []
    for (*kind, split), run_ids in cells.items():
        probe = foretold.probes.get(tuple(kind), {})
        left = [foretold.missing[run_id] for run_id in run_ids if run_id in foretold.missing]
        epochs = foretold.config["training"][kind[-1]]["epochs"]
        checked = [foretold.ratios[run_id] for run_id in run_ids if run_id in foretold.ratios]
        rows.append(
            dict(zip(KIND, kind, strict=True))
            | {
                "split": split,
                "runs": len(run_ids),
                "finished": sum(run_id in foretold.done for run_id in run_ids),
                "missing": len(left),
            }
            | {name: sum(getattr(one, name) for one in left) for name in PHASES}
            | {
                "seconds": sum(one.seconds for one in left),
                "run_s": max((one.seconds for one in left), default=None),
                "epoch_s": statistics.mean(one.train_s for one in left) / epochs if left else None,
                "memory_mb": probe.get("peak_memory_mb"),
                "gpu_memory_mb": probe.get("gpu_peak_memory_mb"),
                "took_over_forecast": statistics.median(checked) if checked else None,
            }
        )
    numbers = ["run_s", "epoch_s", "memory_mb", "gpu_memory_mb", "took_over_forecast"]
    return pd.DataFrame(rows).astype(dict.fromkeys(numbers, float))


def slurm_jobs(config, missing):
    """Seconds of each SLURM job: folds that share one are added up."""
    jobs = {}
    for run_id, one in missing.items():
        part = bundle_part(config, run_id.dataset, run_id.split, run_id.fold)
        key = run_id if part is None else (*kind_of(run_id), part)
        jobs[key] = jobs.get(key, JOB_S) + one.seconds
    return list(jobs.values())


def disk(config, missing, present, results):
    """Bytes: of the records to come, of each folder that is there, and free."""
    to_come = sum(
        RECORD_BYTES + EPOCH_BYTES * config["training"][run_id.dataset]["epochs"] for run_id in missing
    )
    return {
        "to_come": to_come,
        "present": {str(folder): size(folder) for folder in present},
        "free": shutil.disk_usage(results).free,
    }


def size(folder):
    """Bytes of the files below a folder, each once."""
    files = {}
    for place, _, names in os.walk(folder):
        for name in names:
            facts = os.lstat(os.path.join(place, name))  # noqa: PTH118  a hundred thousand files
            files[facts.st_dev, facts.st_ino] = facts.st_blocks * 512
    return sum(files.values())


def main():
    args = options()
    config = json.loads(args.config)
    planned, _ = plan(config)
    done = finished(config, planned, args.runs)
    kinds = {kind_of(run_id) for run_id in planned if run_id not in done}
    probes = {kind: read_probe(args.probes, kind) for kind in sorted(kinds)}
    foretold = foretell(config, planned, done, probes, Rows(args.splits))
    table = tidy(foretold)
    outlook = page.Outlook(
        table=table,
        config=config,
        probes=list(probes.values()),
        jobs=slurm_jobs(config, foretold.missing),
        disk=disk(config, foretold.missing, args.present, args.probes.parent),
        ratios=list(foretold.ratios.values()),
        cores=args.cores,
    )
    write("plan", table, page.page(outlook), args.out)
    with atomic(args.summary) as temporary:
        temporary.write_text(page.summary(outlook) + "\n")
