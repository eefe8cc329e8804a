"""The record: the JSON file that one run writes. Its fields are defined here and nowhere else.

Leaf names are unique over all sections, so that each becomes one column of the table `runs`.
Units are in the names: `_s` seconds, `_mb` MiB, `_mhz` MHz, `_j` joules, `_w` watts, `_c` degrees
Celsius, `_cores` a mean number of cores, `_share` a part of 1. A value that the machine does not report
is null.
"""

import dataclasses
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, List, Optional, Union

from scripts.core.paths import AnyPath
from scripts.core.run_id import RunId

RECORD_VERSION = 2


@dataclass
class Times:
    """Wall-clock seconds of each phase; everything but the epochs lies outside the epoch clock."""

    import_s: float  # importing the framework and setting its threads
    load_s: float  # reading, scaling and handing over the rows, in the framework's own form
    build_s: float  # creating the network, loss and optimiser
    compile_s: float  # what the first training step costs beyond the second
    train_s: float  # sum of the epochs
    predict_s: float  # class probabilities of all test rows, compiling what predicts included
    total_s: float  # build + compile + train: compared with the published times
    train_cpu_s: float  # CPU seconds of this process while the epochs ran
    epochs_s: List[float]  # each epoch
    epochs_cpu_s: List[float]  # CPU seconds of this process in each epoch
    instrument_s: float  # what reading the clock and the machine took, outside the epochs
    # Building and compiling when nothing was compiled yet; null: nothing is kept, or it was not measured.
    first_s: Optional[float] = None
    build_idle_s: Optional[float] = None  # of build_s: no processor worked for it, nor for its children
    compile_idle_s: Optional[float] = None  # the same of the first training step
    lock_wait_s: Optional[float] = None  # waiting for a lock of the compiler's cache; null: it has none
    suspended_s: Optional[float] = None  # the machine was suspended since the run began
    # import_s is that of several folds, whose processes began with what was imported once.
    import_shared: Optional[bool] = None


@dataclass
class Learning:
    """What the network learned."""

    train_losses: List[float]  # mean training loss of each epoch, as the framework reports it
    test_accuracy: float  # share of test rows whose most probable class is the label, 0..1
    test_loss: float  # mean of -ln(probability of the label) over the test rows
    train_rows: int  # rows that it was trained on
    test_rows: int  # rows that it was tested on
    parameters: int  # trainable parameters as counted by the framework


@dataclass
class Threads:
    """How many threads were asked for, granted and used."""

    threads_declared: int  # `threads` of the config
    threads: int  # what Snakemake granted and the framework was given
    threads_reported: Optional[int]  # what the framework itself reports
    pinned_cores: Optional[List[int]]  # CPUs that the run had for itself; null: ran on any it may use
    # Threads of each OpenMP and BLAS pool in the process, as the pool reports them.
    thread_pools: Optional[Dict[str, int]] = None
    thread_wait: Optional[str] = None  # `thread_wait` of the config; null: made before it was recorded
    # Threads of the process that computed while the epochs ran: each took CPU time, a twentieth or more of
    # what the busiest took. null: not Linux, or made before it was recorded.
    threads_computing: Optional[int] = None


@dataclass
class Software:
    """What ran: interpreter, packages and how the libraries are set."""

    environment: str  # sys.prefix of the interpreter that ran, relative to the checkout if it lies in it
    python: str  # version of the interpreter that ran
    versions: Dict[str, str]  # distribution name: version, as installed
    library_facts: Dict[str, Any]  # what the framework reports of itself: BLAS, precision, input path...
    # Those of them that the run asked for; null: left to the library.
    asked_facts: Dict[str, Any] = field(default_factory=dict)
    # Environment variables of the user's that change how libraries compute, as OMP_WAIT_POLICY.
    variables: Dict[str, str] = field(default_factory=dict)
    imported: Dict[str, str] = field(default_factory=dict)  # module: version, as imported and by its own word
    import_folders: List[str] = field(default_factory=list)  # where those modules were imported from


@dataclass
class Machine:
    """Where it ran."""

    host: str  # name of the machine
    system: str  # operating system and its version
    cpu: str  # model of the processor
    cores: int  # cores that this process may use
    memory_mb: int  # memory of the machine
    gpu: Optional[str] = None  # model of the GPU; null: the run used none
    gpu_memory_mb: Optional[int] = None  # memory of the GPU
    gpu_uuid: Optional[str] = None  # UUID of the GPU
    gpu_own: Optional[bool] = None  # no other run of this user on this machine had it; null: not known
    driver: Optional[str] = None  # version of the GPU's driver
    slurm_job: Optional[str] = None  # id of the SLURM job; null outside SLURM
    slurm_node: Optional[str] = None  # name of the node in SLURM, which may differ from `host`


@dataclass
class State:
    """How the machine was set before the run."""

    turbo: Optional[bool] = None  # cores may run faster than their base clock
    governor: Optional[str] = None  # what chooses the cores' clock
    smt: Optional[bool] = None  # two logical CPUs share a core
    cpu_quota_cores: Optional[float] = None  # of the control group; null: none, or none to be seen
    memory_limit_mb: Optional[int] = None  # likewise
    cpu_mhz: Optional[float] = None  # mean of the cores that this process may use
    load_before: Optional[float] = None  # 1-minute load average
    virtual: Optional[bool] = None  # a hypervisor runs below
    gpu_highest_mhz: Optional[int] = None  # highest clock that the GPU may take
    gpu_power_limit_w: Optional[float] = None  # power that the GPU may take
    gpu_persistence: Optional[bool] = None  # the driver stays loaded between runs
    calibration_gflops: Optional[float] = None  # the framework's float32 matrix product, best of several


@dataclass
class Surroundings:
    """What the machine did while the epochs ran, the time between them left out."""

    other_cores: Optional[float] = None  # cores of the machine that others kept busy
    other_cores_on_pinned: Optional[float] = None  # the same, of the cores that this run was pinned to
    steal_share: Optional[float] = None  # part of the wanted CPU time that the hypervisor gave to others
    quota_throttled_s: Optional[float] = None  # held back by the CPU quota, added up over cores
    thermal_throttles: Optional[int] = None  # times that our cores or their package were too hot
    swapped_pages: Optional[int] = None  # read and written by the whole machine, also between the epochs
    cpu_energy_j: Optional[float] = None  # of all processor packages, whatever ran on them
    peak_memory_mb: Optional[float] = None  # highest resident memory of this process
    gpu_energy_j: Optional[float] = None  # of the GPU, whatever ran on it
    gpu_hot_s: Optional[float] = None  # clocks held back because it was hot
    gpu_power_capped_s: Optional[float] = None  # clocks held back by the power limit
    gpu_slowed_by: Optional[List[str]] = None  # reasons seen at the ends of epochs
    gpu_least_mhz: Optional[int] = None  # lowest clock seen at the ends of epochs
    gpu_most_c: Optional[int] = None  # highest temperature seen at the ends of epochs
    gpu_used_memory_mb: Optional[float] = None  # most seen at the ends of epochs, of all processes
    gpu_peak_memory_mb: Optional[float] = None  # of this run, as the framework reports it


@dataclass
class Origin:
    """What the run was made from. Digests are the first 16 hex digits of a SHA-256."""

    network: Dict[str, Any]  # the dataset's entry of `networks` in the config
    training: Dict[str, Any]  # the dataset's entry of `training` in the config
    seed: int  # of splits, initial weights, dropout and batch order
    network_digest: str  # of network, training and seed
    data_digest: str  # of the prepared arrays
    split_digest: str  # of the index arrays
    trainer_digest: str  # of the code it went through: see training/code_digest.py
    workflow_commit: Optional[str]  # commit of the checkout; null: not in Git, or git refuses (another's)


@dataclass
class Record:
    """All of one run, by section."""

    run: RunId
    started: str  # when it began, ISO 8601, UTC
    finished: str  # when it ended, ISO 8601, UTC
    times: Times
    learning: Learning
    threads: Threads
    software: Software
    machine: Machine
    state: State
    surroundings: Surroundings
    origin: Origin
    attempts: Optional[int] = None  # of which this is the cleanest; null: it was not repeated
    record_version: int = field(default=RECORD_VERSION)  # version of the fields of a record


SECTIONS = {
    "run": RunId,
    "times": Times,
    "learning": Learning,
    "threads": Threads,
    "software": Software,
    "machine": Machine,
    "state": State,
    "surroundings": Surroundings,
    "origin": Origin,
}


def columns() -> List[str]:
    """List the names of the columns of one run, in order: every leaf of the record."""
    names = []
    for item in dataclasses.fields(Record):
        if item.name in SECTIONS:
            names += [leaf.name for leaf in dataclasses.fields(SECTIONS[item.name])]
        else:
            names.append(item.name)
    return names


@dataclass
class Failure:
    """What is written in the place of a record, or of first steps, that failed with `on_failure: record`."""

    reason: str
    started: str  # ISO 8601, UTC
    finished: str
    host: str


def write(record: Record, path: AnyPath) -> None:
    """Write a record whole or not at all: to a temporary name first, then renamed."""
    write_json(dataclasses.asdict(record), path)


def write_failure(failure: Failure, path: AnyPath) -> None:
    """Write a Failure in the place of a record."""
    write_json({"failure": dataclasses.asdict(failure)}, path)


def write_json(content: Any, path: AnyPath) -> None:
    """Write a JSON file whole or not at all. Raises OSError naming the file, ValueError for NaN."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in path.parent.glob(f".{path.name}.*"):
        left.unlink()  # of a try that was killed while it wrote; a run is never made twice at a time
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("w") as file:
            json.dump(content, file, indent=1, allow_nan=False)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        error.filename = error.filename or str(path)  # a full disk names no file
        raise
    finally:
        if temporary.exists():
            temporary.unlink()


def read(path: AnyPath) -> Record:
    """Read a record back. Raises ValueError naming the file if it is not one of this version."""
    found = read_either(path)
    if isinstance(found, Failure):
        raise ValueError(f"{path}: not a run record, but a failure: {found.reason}")
    return found


def read_either(path: AnyPath) -> Union[Record, Failure]:
    """Read a record, or the Failure in its place, at once. Raises as read()."""
    try:
        with Path(path).open() as file:
            content = json.load(file)
        if "failure" in content:
            return Failure(**content["failure"])
        if content["record_version"] != RECORD_VERSION:
            raise ValueError(f"version {content['record_version']}, not {RECORD_VERSION}")
        for name, section in SECTIONS.items():
            content[name] = section(**content[name])
        return Record(**content)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: not a run record of this version of trainclock ({error})") from None


def read_failure(path: AnyPath) -> Optional[Failure]:
    """Read the Failure in the place of a record or of first steps; None if there is none."""
    try:
        with Path(path).open() as file:
            if '"failure"' not in file.read(100):  # a record, which is long
                return None
            file.seek(0)
            return Failure(**json.load(file)["failure"])
    except (OSError, KeyError, TypeError, ValueError):
        return None


def flat(record: Record) -> Dict[str, Any]:
    """Give one run as one flat mapping of column to value; lists and mappings stay as they are."""
    row = {}
    for item in dataclasses.fields(Record):
        value = getattr(record, item.name)
        row.update(vars(value) if item.name in SECTIONS else {item.name: value})
    return row
