"""Train one network in one framework and write the record of the run.

Runs inside the framework's environment: Python 3.6 or later, NumPy and the framework.
"""

import argparse
import dataclasses
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Optional, Tuple

from scripts.core import record, training_spec
from scripts.core.paths import SCRIPTS
from scripts.core.run_id import RunId
from scripts.training import compile_ahead, initial_weights, options, session, timing
from scripts.training.code_digest import trainer_digest
from scripts.training.fold_data import Array, Rows
from scripts.training.frameworks import registry
from scripts.training.frameworks.trainer import Trainer
from scripts.training.machine import (
    activity,
    compile_cache,
    core_affinity,
    hardware,
    settings,
    software,
    thread_pools,
)
from scripts.training.session import RunFailed, Session
from scripts.training.supervision import forks

ASKED = {"precision": "float32", "tf32": False}  # of every framework


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = options.parser(__doc__)
    parser.add_argument("--settings", default="published")
    parser.add_argument("--split", required=True, choices=["holdout", "kfold"])
    parser.add_argument("--fold", type=int, default=0, help="0 for holdout")
    parser.add_argument("--replicate", type=int, default=0, help="number of the seed among the config's")
    parser.add_argument("--weights", type=Path, help="initial weights, which matched settings need")
    parser.add_argument("--threads-declared", type=int, help="as the config wants them")
    parser.add_argument("--out", type=Path, help="the record, a JSON file")
    parser.add_argument(
        "--compile-only", action="store_true", help="fill the framework's cache of what it compiles, and end"
    )
    parser.add_argument(
        "--serve", action="store_true", help="import the framework, and fork for each run that stdin asks for"
    )
    args = parser.parse_args()
    if not (args.out or args.serve):
        parser.error("the following arguments are required: --out")
    return args


@dataclass
class Trained:
    """The outcome of a training: the trainer, its rows, and what was measured; seconds in `_s`."""

    data: Rows
    trainer: Trainer
    clock: timing.EpochClock
    compile_s: float
    compile_idle_s: float
    predict_s: float
    calibration_gflops: float
    around: record.Surroundings
    test_accuracy: float
    test_loss: float


def run(args: argparse.Namespace) -> record.Record:
    """Train, and give the record.

    Raises RunFailed, timing.Diverged, software.WrongEnvironment or UserError if there can be none.
    """
    spec = training_spec.read(args.network)
    started, users_variables, asleep_s = session.now(), software.variables(), activity.asleep_s()
    session.set_threads(args.threads, args.device, args.thread_wait)
    lease = session.take_gpu(args.device)
    machine_facts, machine_state = (
        hardware.describe(args.device, lease),
        settings.describe(lease and lease.gpu),
    )
    claim = core_affinity.take_cores(args.threads)
    opened = session.open_session(args, spec, lease, claim)
    trained = train(opened, args.fold)
    machine_state.calibration_gflops = trained.calibration_gflops

    facts = trained.trainer.facts()
    trained.around.gpu_peak_memory_mb = facts.pop("gpu_peak_memory_mb", None)
    times = times_of(opened, trained)
    times.lock_wait_s = facts.pop("lock_wait_s", None)
    times.suspended_s = activity.suspended_s(since=asleep_s)
    return record.Record(
        run=run_id(args),
        started=started,
        finished=session.now(),
        times=times,
        learning=learning_of(trained),
        threads=threads_of(opened, trained, reported=facts.pop("threads_reported")),
        software=software.describe(
            facts, {**ASKED, "device": args.device, **trained.trainer.asked}, users_variables
        ),
        machine=machine_facts,
        state=machine_state,
        surroundings=trained.around,
        origin=origin_of(opened, trained.data),
    )


def train(opened: Session, fold: int) -> Trained:
    """Load, build, compile, calibrate, train and predict, in this order: all that is timed."""
    args, spec = opened.args, opened.spec
    data, trainer = session.load_and_build(opened, fold)
    print(
        f"{args.framework} {trainer.facts()['framework_version']}: {args.dataset} {args.split}"
        f" fold {fold}, {len(data.y_train)} rows, {trainer.parameter_count()} parameters,"
        f" {args.threads} threads",
        flush=True,
    )
    if args.settings == "matched":
        trainer.set_weights(initial_weights.read(args.weights))
    order = session.row_order(spec, args.settings, fold, len(data.y_train))
    compile_s, compile_idle_s = timing.compile_seconds(trainer)
    gflops = session.calibrate(opened)
    watch = activity.Watch(*opened.watched())
    clock = session.train_epochs(trainer, spec.training["epochs"], order, watch)
    around = watch.describe()
    predicting = timing.Stopwatch()
    with predicting:
        probabilities = trainer.predict()
    accuracy, loss = test_scores(probabilities, data.y_test)
    if not math.isfinite(loss):
        raise RunFailed(f"the loss of the test rows is {loss}: it diverged in its last steps")
    return Trained(
        data=data,
        trainer=trainer,
        clock=clock,
        compile_s=compile_s,
        compile_idle_s=compile_idle_s,
        predict_s=predicting.seconds,
        calibration_gflops=gflops,
        around=around,
        test_accuracy=accuracy,
        test_loss=loss,
    )


def test_scores(probabilities: Array, labels: Array) -> Tuple[float, float]:
    """Compute accuracy and mean cross-entropy; probabilities are clipped to 1e-7 as Keras does.

    `probabilities` is (rows, classes), `labels` int64 (rows,).
    """
    import numpy as np

    right = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    accuracy = float(np.mean(probabilities.argmax(axis=1) == labels))
    return accuracy, float(np.mean(-np.log(np.clip(right, 1e-7, 1.0))))


# ---- Sections of the record ----


def run_id(args: argparse.Namespace) -> RunId:
    """Fill the section `run`."""
    names = (leaf.name for leaf in dataclasses.fields(RunId))
    return RunId(**{name: getattr(args, name) for name in names})


def times_of(opened: Session, trained: Trained) -> record.Times:
    """Fill the section `times`, in seconds."""
    clock, build_s = trained.clock, opened.building.seconds
    train_s = sum(clock.seconds)
    return record.Times(
        first_s=compile_cache.first_s(compile_ahead.compiled_file(opened.args, opened.spec)),
        import_s=opened.importing.seconds + (forks.imported_ahead_s() or 0),
        import_shared=forks.imported_ahead_s() is not None,
        load_s=opened.loading.seconds,
        build_s=build_s,
        compile_s=trained.compile_s,
        train_s=train_s,
        predict_s=trained.predict_s,
        total_s=build_s + trained.compile_s + train_s,
        train_cpu_s=sum(clock.cpu_seconds),
        epochs_s=clock.seconds,
        epochs_cpu_s=clock.cpu_seconds,
        instrument_s=clock.own_seconds,
        build_idle_s=opened.building.idle_s,
        compile_idle_s=trained.compile_idle_s,
    )


def learning_of(trained: Trained) -> record.Learning:
    """Fill the section `learning`."""
    return record.Learning(
        train_losses=trained.clock.losses,
        test_accuracy=trained.test_accuracy,
        test_loss=trained.test_loss,
        train_rows=len(trained.data.y_train),
        test_rows=len(trained.data.y_test),
        parameters=trained.trainer.parameter_count(),
    )


def threads_of(opened: Session, trained: Trained, reported: Optional[int]) -> record.Threads:
    """Fill the section `threads`."""
    args, claim, watch = opened.args, opened.claim, trained.clock.watch
    return record.Threads(
        threads_declared=args.threads_declared or args.threads,
        threads=args.threads,
        threads_reported=reported,
        pinned_cores=claim and claim.cpus,
        thread_pools=thread_pools.report(),
        thread_wait=args.thread_wait,
        threads_computing=watch.computing if isinstance(watch, activity.Watch) else None,
    )


def origin_of(opened: Session, data: Rows) -> record.Origin:
    """Fill the section `origin`."""
    spec = opened.spec
    return record.Origin(
        network=spec.network,
        training=spec.training,
        seed=spec.seed,
        network_digest=spec.digest,
        data_digest=data.data_digest,
        split_digest=data.split_digest,
        trainer_digest=trainer_digest(opened.args.framework),
        workflow_commit=hardware.workflow_commit(SCRIPTS),
    )


def check_combination(args: argparse.Namespace) -> None:
    """Raise RunFailed if there is no such trainer, or its weights are not named."""
    if args.implementation not in registry.framework(args.framework).trainers:
        raise RunFailed(f"{args.framework} has no {args.implementation} implementation")
    if args.settings == "matched" and not args.weights:
        raise RunFailed("matched settings need --weights FILE, which `python scripts initial-weights` makes")


def main() -> None:
    args = arguments()
    compile_cache.settle()
    if args.serve:
        forks.serve(args)
        args = arguments()  # of the fork's own run
    check_combination(args)
    software.check_prefix(args.environment)
    if args.compile_only:
        return compile_ahead.compile_only(args)
    compile_ahead.fill_cache(args)
    try:
        found = run(args)
    except timing.Diverged as error:  # no UserError: its base class would count as timed code
        raise RunFailed(str(error)) from None
    record.write(found, args.out)
    times = found.times
    print(
        f"{args.framework}: {args.dataset}, {args.split}, fold {args.fold}: {times.total_s:.1f} s"
        f" (build {times.build_s:.1f}, compile {times.compile_s:.1f}, train {times.train_s:.1f}),"
        f" test accuracy {100 * found.learning.test_accuracy:.1f} %"
    )
    forks.leave()
