"""The record: the JSON file that one run writes. Its fields stand here and nowhere else.

Leaf names are unique over all sections, so that each becomes one column of the table `runs`.
Units are in the names: `_s` seconds, `_mb` MiB, `_mhz` MHz. A value that the machine does not tell is null.
"""

import dataclasses
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, List, Optional

RECORD_VERSION = 1


@dataclass(frozen=True)
class RunId:
    """Which run of the experiment this is; `fold` is 0 for holdout."""

    settings: str
    device: str
    framework: str
    implementation: str
    dataset: str
    split: str
    fold: int

    def path(self, runs_folder):
        """Where the record of this run lies below the folder of all runs."""
        return Path(runs_folder).joinpath(
            self.settings,
            self.device,
            self.framework,
            self.implementation,
            self.dataset,
            self.split,
            f"fold-{self.fold}.json",
        )


@dataclass
class Times:
    """Wall-clock seconds of each phase; everything but the epochs lies outside the epoch clock."""

    import_s: float  # importing the framework and setting its threads
    load_s: float  # reading, scaling and handing over the rows, in the framework's own form
    build_s: float  # creating the network, loss and optimiser
    compile_s: float  # what the first training step costs beyond the second
    train_s: float  # sum of the epochs
    predict_s: float  # class probabilities of all test rows
    total_s: float  # build + compile + train: compared with the published times
    train_cpu_s: float  # CPU seconds of this process while the epochs ran
    epochs_s: List[float]  # each epoch


@dataclass
class Learning:
    """What the network learned."""

    train_losses: List[float]  # mean training loss of each epoch, as the framework reports it
    test_accuracy: float  # share of test rows whose most probable class is the label, 0..1
    test_loss: float  # mean of -ln(probability of the label) over the test rows
    train_rows: int
    test_rows: int
    parameters: int  # trainable parameters as counted by the framework


@dataclass
class Threads:
    threads_declared: int  # `threads` of the config
    threads: int  # what Snakemake granted and the framework was given
    threads_reported: Optional[int]  # what the framework itself reports


@dataclass
class Software:
    environment: str  # sys.prefix of the interpreter that ran
    python: str
    versions: Dict[str, str]  # distribution name: version, as installed
    library_facts: Dict[str, Any]  # what the framework tells of itself: BLAS, precision, input path...


@dataclass
class Machine:
    host: str
    system: str
    cpu: str
    cores: int  # cores that this process may use
    memory_mb: int
    gpu: Optional[str] = None
    gpu_memory_mb: Optional[int] = None
    driver: Optional[str] = None
    load_before: Optional[float] = None  # 1-minute load average just before the clock
    peak_memory_mb: Optional[float] = None  # highest resident memory of this process
    slurm_job: Optional[str] = None


@dataclass
class Origin:
    """What the run was made from. Digests are the first 16 hex digits of a SHA-256."""

    network: Dict[str, Any]  # the dataset's entry of `networks` in the config
    training: Dict[str, Any]  # the dataset's entry of `training` in the config
    seed: int
    network_digest: str  # of network, training and seed
    data_digest: str  # of the prepared arrays
    split_digest: str  # of the index arrays
    trainer_digest: str  # of the code it went through: see code.py
    workflow_commit: Optional[str]


@dataclass
class Record:
    run: RunId
    started: str  # ISO 8601, UTC
    finished: str
    times: Times
    learning: Learning
    threads: Threads
    software: Software
    machine: Machine
    origin: Origin
    record_version: int = field(default=RECORD_VERSION)


SECTIONS = {
    "run": RunId,
    "times": Times,
    "learning": Learning,
    "threads": Threads,
    "software": Software,
    "machine": Machine,
    "origin": Origin,
}


def columns():
    """Names of the columns of one run, in order: every leaf of the record."""
    names = []
    for item in dataclasses.fields(Record):
        if item.name in SECTIONS:
            names += [leaf.name for leaf in dataclasses.fields(SECTIONS[item.name])]
        else:
            names.append(item.name)
    return names


def write(record, path):
    """Write a record whole or not at all: to a temporary name first, then renamed."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("w") as file:
            json.dump(dataclasses.asdict(record), file, indent=1, allow_nan=False)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        if temporary.exists():
            temporary.unlink()


def read(path):
    """Read a record back. Raises ValueError naming the file if it is not one of this version."""
    try:
        with Path(path).open() as file:
            content = json.load(file)
        if content["record_version"] != RECORD_VERSION:
            raise ValueError(f"version {content['record_version']}, not {RECORD_VERSION}")
        for name, section in SECTIONS.items():
            content[name] = section(**content[name])
        return Record(**content)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: not a run record of this version of trainclock ({error})") from None


def flat(record):
    """One run as one flat mapping of column to value; lists and mappings stay as they are."""
    row = {}
    for item in dataclasses.fields(Record):
        value = getattr(record, item.name)
        row.update(vars(value) if item.name in SECTIONS else {item.name: value})
    return row
