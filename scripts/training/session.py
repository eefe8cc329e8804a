"""What train, probe and first steps share: from the threads of a process to a trainer in it.

Runs inside the framework's environment: Python 3.6 or later, NumPy and the framework.
"""

import argparse
import datetime
import functools
import os
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Optional, Tuple, Type

from scripts.core.errors import UserError
from scripts.core.network import NetworkError, check_batches, expected_parameters
from scripts.core.training_spec import TrainingSpec
from scripts.training import fold_data, timing
from scripts.training.batch_order import epoch_order
from scripts.training.frameworks import registry
from scripts.training.frameworks.trainer import Order, Trainer
from scripts.training.machine import core_affinity, gpu_affinity, nvml, software

# How an OpenMP runtime's threads wait for each other, by the variables of GCC's and LLVM's. How many turns
# `bounded` takes was measured: docs/method.md, Threads.
THREAD_WAIT: Dict[str, Dict[str, str]] = {
    "bounded": {"GOMP_SPINCOUNT": "30000", "KMP_BLOCKTIME": "1"},  # turns; milliseconds
    "library": {},
    "sleep": {"GOMP_SPINCOUNT": "0", "KMP_BLOCKTIME": "0", "OMP_WAIT_POLICY": "passive"},
}


class RunFailed(UserError):
    """The run can give no record; the text is the reason."""


@dataclass
class Session:
    """A framework, imported in this process, and what it trains.

    Each stopwatch holds the seconds of its phase once that is over.
    """

    args: argparse.Namespace  # framework, implementation, device, settings, dataset, data, splits, threads
    spec: TrainingSpec
    precision: str  # float32, or float64 for the parity certificate
    lease: Optional[gpu_affinity.Lease]
    claim: Optional[core_affinity.Claim]
    importing: timing.Stopwatch = field(default_factory=timing.Stopwatch)
    loading: timing.Stopwatch = field(default_factory=timing.Stopwatch)
    building: timing.Stopwatch = field(default_factory=timing.Stopwatch)

    def watched(self) -> Tuple[Optional[List[int]], Optional[nvml.Gpu]]:
        """CPUs (numbers) and GPU of its own, to watch while epochs run; each may be None."""
        return self.claim and self.claim.cpus, self.lease and self.lease.gpu


def now() -> str:
    """Give the time in UTC, ISO 8601, to the second."""
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")


def set_threads(threads: int, device: str, wait: str = "bounded") -> None:
    """Set the environment of every library below the framework, before any of them is imported.

    That is why NumPy, too, is imported in functions alone, here and in all of training/. `wait` is a key of
    THREAD_WAIT.
    """
    for name in ("OMP", "MKL", "OPENBLAS", "NUMEXPR", "VECLIB_MAXIMUM"):
        os.environ[f"{name}_NUM_THREADS"] = str(threads)
    os.environ.update(THREAD_WAIT[wait])
    if device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    # A number then names the same GPU to the framework as to the driver's own tools.
    os.environ.setdefault("CUDA_DEVICE_ORDER", "PCI_BUS_ID")


def take_gpu(device: str) -> Optional[gpu_affinity.Lease]:
    """Claim a GPU for a run on one; the lease must be kept. Comes after set_threads()."""
    return gpu_affinity.take_gpu() if device == "gpu" else None


def open_session(
    args: argparse.Namespace,
    spec: TrainingSpec,
    lease: Optional[gpu_affinity.Lease] = None,
    claim: Optional[core_affinity.Claim] = None,
    precision: str = "float32",
) -> Session:
    """Import the framework, timed; threads are set, and GPU and cores taken, before.

    Raises RunFailed if it cannot be imported or sees no GPU.
    """
    session = Session(args, spec, precision, lease, claim)
    module = registry.module(args.framework)
    with session.importing:
        try:
            module.set_up(args.threads, args.device, precision)
        except ImportError as error:
            raise RunFailed(software.why_not_imported(args.framework, error)) from error
        except RuntimeError as error:  # as where there is no GPU
            raise RunFailed(str(error)) from None
    return session


def all_rows(rows: fold_data.Rows) -> fold_data.Rows:
    """Take the rows of a fold as they are."""
    return rows


def load_and_build(
    session: Session, fold: int, choose: Callable[[fold_data.Rows], fold_data.Rows] = all_rows
) -> Tuple[fold_data.Rows, Trainer]:
    """Load those rows of a fold that `choose` takes, and build the trainer on them, both timed.

    Raises RunFailed if the trainer does not count the published number of parameters.
    """
    args, network = session.args, session.spec.network
    with session.loading:
        data = choose(fold_data.load(args.data, args.splits, fold, network["input_scale"]))
        if session.precision != "float32":
            data.x_train, data.x_test = (x.astype(session.precision) for x in (data.x_train, data.x_test))
        native = trainer_of(session).convert(data)
    shape, rows = data.x_train.shape[1:], len(data.y_train)
    try:
        check_batches(network["layers"], shape, rows, session.spec.training["batch_size"])
    except NetworkError as error:
        raise RunFailed(f"training.{args.dataset}.{error}") from None
    with session.building:
        trainer = build(session, native, fold)
    parameters = trainer.parameter_count()
    expected = expected_parameters(network, shape)
    if parameters != expected:
        whose = f"of networks.{args.dataset}.parameters" if network.get("parameters") else "of its layers"
        raise RunFailed(
            f"{args.framework} counts {parameters} parameters for {args.dataset}, not the {expected} {whose}:"
            " not the same network"
        )
    return data, trainer


def trainer_of(session: Session) -> Type[Trainer]:
    """Give the Trainer class of the implementation that is asked for."""
    return registry.trainer_class(session.args.framework, session.args.implementation)


def build(session: Session, native: Any, fold: int) -> Trainer:
    """Build a trainer on rows in its own form, as its convert() gives them."""
    args, spec = session.args, session.spec
    return trainer_of(session)(
        spec.network,
        spec.training,
        native,
        seed=library_seed(spec.seed, fold),
        device=args.device,
        settings=args.settings,
    )


def library_seed(seed: int, fold: int) -> int:
    """Give the seed of the library's own generators: the experiment's, in other folds one drawn from both.

    Otherwise experiments of seeds one apart would share those of most folds.
    """
    import numpy as np

    return int(np.random.RandomState([seed, fold]).randint(2**31 - 1)) if fold else seed


def row_order(spec: TrainingSpec, settings: str, fold: int, count: int) -> Optional[Order]:
    """Give the function of an epoch that gives the order of its `count` rows; None: the framework's own."""
    if settings != "matched":
        return None
    return functools.partial(epoch_order, spec.seed, fold, rows=count)


def calibrate(session: Session) -> float:
    """Measure the billions of floating-point operations a second of the framework's matrix product."""
    device = session.args.device
    n = timing.MATRIX_SIZE[device]
    product = registry.module(session.args.framework).matrix_product(n, device)
    return timing.calibration_gflops(product, n)


def train_epochs(
    trainer: Trainer, epochs: int, order: Optional[Order], watch: "timing.Watch"
) -> timing.EpochClock:
    """Train so many epochs by the clock, which is returned. Raises timing.Diverged."""
    clock = timing.EpochClock(trainer.synchronize, epochs, watch)
    with timing.quiet_garbage_collector():
        trainer.train(epochs, clock, order)
    return clock
