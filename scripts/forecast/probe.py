"""Measure a few steps of one kind of run, from which `snakemake plan` forecasts the whole experiment.

Builds the network on all rows as training/train.py does, then trains some epochs of a part of the rows, so
large that an epoch takes about a second. Runs inside the framework's environment.
"""

import argparse
import dataclasses
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, Dict, List, Tuple

from scripts.core import training_spec
from scripts.core.paths import own_command
from scripts.core.training_spec import TrainingSpec
from scripts.training import fold_data as rows
from scripts.training import options, session, timing
from scripts.training.code_digest import trainer_digest
from scripts.training.frameworks import registry
from scripts.training.machine import activity, compile_cache, core_affinity, hardware, software
from scripts.training.session import RunFailed

KIND = ("settings", "device", "framework", "implementation", "dataset")
FOLD = 0
FIRST_STEPS = 4  # of the first epochs, which show how many rows take a second
EPOCH_S, MOST_STEPS = 1.0, 1000  # of the epochs that are measured; the first one warms up and does not count
LEAST_EPOCHS, MOST_EPOCHS, ENOUGH_S = 3, 21, 3.0
TEST_BATCHES = 4
# Theano keeps what it compiles on disk. A build that took longer than this is repeated in a new process,
# which finds it there, as all runs after the first one do.
LONG_S = 5.0


def arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = options.parser(__doc__ or "")
    parser.add_argument("--settings", default="published")
    parser.add_argument("--build-only", action="store_true", help="print the seconds to build and compile")
    parser.add_argument("--out", required=True, type=Path, help="what was measured, a JSON file")
    return parser.parse_args()


def run(args: argparse.Namespace) -> Dict[str, Any]:
    """Measure one kind: seconds of each phase, of a step and of a test row; MiB of memory."""
    measurements = measured(args)
    first_s = measurements["build_s"] + measurements["compile_s"]
    if first_s > LONG_S and registry.framework(args.framework).compile_cache:
        command = own_command("probe", *sys.argv[1:], "--build-only")
        again = subprocess.run(command, stdout=subprocess.PIPE, check=True)
        measurements.update(json.loads(again.stdout.splitlines()[-1]))
    once_s = max(0.0, first_s - measurements["build_s"] - measurements["compile_s"])
    return {**measurements, "once_s": once_s}


def measured(args: argparse.Namespace) -> Dict[str, Any]:
    """Measure in this process; seconds to build and compile alone with --build-only."""
    software.check_prefix(args.environment)
    compile_cache.settle()
    spec, started = training_spec.read(args.network), session.now()
    session.set_threads(args.threads, args.device, args.thread_wait)
    lease, claim = session.take_gpu(args.device), core_affinity.take_cores(args.threads)
    opened = session.open_session(args, spec, lease, claim)
    data, trainer = session.load_and_build(opened, FOLD)
    compile_s, _ = timing.compile_seconds(trainer)
    build_and_compile = {"build_s": opened.building.seconds, "compile_s": compile_s}
    if args.build_only:
        return build_and_compile
    calibrating = timing.Stopwatch()
    with calibrating:
        session.calibrate(opened)
    watch, convert = activity.Watch(*opened.watched()), session.trainer_of(opened).convert
    steps, trainer = measured_steps(
        data, spec, args.settings, watch, lambda part: session.build(opened, convert(part), FOLD)
    )
    around, facts = watch.describe(), trainer.facts()
    for held in filter(None, (claim, lease)):  # for the process that builds again
        held.release()
    return {
        **{name: getattr(args, name) for name in KIND},
        "started": started,
        "import_s": opened.importing.seconds,
        "load_s": opened.loading.seconds,
        **build_and_compile,
        "calibrate_s": calibrating.seconds,
        **steps,
        "peak_memory_mb": around.peak_memory_mb,
        "gpu_peak_memory_mb": facts.get("gpu_peak_memory_mb") or around.gpu_used_memory_mb,
        "other_cores": around.other_cores,
        "threads": args.threads,
        **listed_layers(args.implementation, trainer, data),
        "machine": dataclasses.asdict(hardware.describe(args.device)),
        "framework_version": facts["framework_version"],
        "trainer_digest": trainer_digest(args.framework),
    }


def listed_layers(implementation: str, trainer: Any, data: rows.Rows) -> Dict[str, Any]:
    """Give what the library made of the layers, and the shape of a row.

    Tuned ones have the same layers, and may have put other modules or weights in their places.
    """
    if implementation != "idiomatic":
        return {}
    return {"input_shape": list(data.x_train.shape[1:]), "layers": trainer.list_layers()}


def measured_steps(
    data: rows.Rows, spec: TrainingSpec, settings: str, watch: Any, make: Callable
) -> Tuple[Dict[str, Any], Any]:
    """Measure the seconds of steps and of the rows to test; return them and the last trainer.

    `make` makes a trainer of some rows.
    """
    batch_size = spec.training["batch_size"]
    whole = Steps(len(data.y_train), batch_size)
    tests = TEST_BATCHES * batch_size

    def train(steps: int, epochs: int) -> Tuple[List[float], Any]:
        """Measure the seconds of each epoch of so many steps; return them and the trainer."""
        part = first_rows(data, whole.rows_of(steps), tests)
        trainer = make(part)
        timing.compile_seconds(trainer)
        order = session.row_order(spec, settings, FOLD, len(part.y_train))
        return session.train_epochs(trainer, epochs, order, watch).seconds, trainer

    steps = min(FIRST_STEPS, whole.steps)
    seconds, trainer = train(steps, LEAST_EPOCHS)
    a_step = min(seconds[1:]) / steps
    fit = min(whole.steps, MOST_STEPS, round(EPOCH_S / a_step))
    if fit > 2 * steps or fit == whole.steps > steps:
        epochs = round(ENOUGH_S / (a_step * fit))
        steps = fit
        seconds, trainer = train(steps, max(LEAST_EPOCHS, min(MOST_EPOCHS, epochs)))
    first, second = timing.Stopwatch(), timing.Stopwatch()
    for predicting in (first, second):
        with predicting:
            trainer.predict()
    return {
        "steps": steps,
        "epochs_s": seconds,
        "step_s": statistics.median(seconds[1:]) / steps,
        "predict_first_s": max(0.0, first.seconds - second.seconds),
        "predict_row_s": second.seconds / min(tests, len(data.y_test)),
    }, trainer


class Steps:
    """How rows make steps: full batches, and a smaller last one where rows are left."""

    def __init__(self, rows: int, batch_size: int) -> None:
        self.full, self.rest = divmod(rows, batch_size)
        self.batch_size = batch_size
        self.steps = self.full + bool(self.rest)

    def rows_of(self, steps: int) -> int:
        """Count the rows that make `steps` steps and end with the same smaller batch as all rows do."""
        full = max(0, steps - bool(self.rest))
        return min(full, self.full) * self.batch_size + self.rest


def first_rows(data: rows.Rows, train: int, test: int) -> rows.Rows:
    """Take the first rows of each part; the split has shuffled them."""
    return dataclasses.replace(
        data,
        x_train=data.x_train[:train],
        y_train=data.y_train[:train],
        x_test=data.x_test[:test],
        y_test=data.y_test[:test],
    )


def write(measurements: Dict[str, Any], path: Path) -> None:
    """Write JSON whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(json.dumps(measurements, indent=1, allow_nan=False))
    temporary.replace(path)


def main() -> None:
    """Write what was measured, or print the seconds to build and compile."""
    args = arguments()
    try:
        found = measured(args) if args.build_only else run(args)
    except timing.Diverged as error:
        raise RunFailed(str(error)) from None
    if args.build_only:
        print(json.dumps(found))
        return
    write(found, args.out)
    print(f"{args.framework}: {args.dataset}: {1000 * found['step_s']:.2f} ms a step of {found['steps']}")
