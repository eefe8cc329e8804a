"""Measure a few steps of one kind of run, from which `snakemake plan` tells how long the experiment takes.

Builds the network on all rows as train.py does, then trains some epochs of a part of the rows, so large
that an epoch takes about a second. Runs inside the framework's environment.
"""

import argparse
import dataclasses
import functools
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

from train import RunFailed, check_network, now, set_threads
from trainer import affinity, frameworks, gpus, machine, measure, rows, software, surroundings
from trainer.code import trainer_digest
from trainer.order import epoch_order

FOLD = 0
FIRST_STEPS = 4  # of the first look, which tells how many rows take a second
EPOCH_S, MOST_STEPS = 1.0, 1000  # of the epochs that are measured; the first one warms up and does not count
LEAST_EPOCHS, MOST_EPOCHS, ENOUGH_S = 3, 21, 3.0
TEST_BATCHES = 4
# Theano keeps what it compiles on disk. A build that took longer than this is repeated in a new process,
# which finds it there, as all runs after the first one do.
LONG_S = 5.0


def options():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--framework", required=True, choices=frameworks.names())
    parser.add_argument("--implementation", default="idiomatic")
    parser.add_argument("--settings", default="published")
    parser.add_argument("--device", default="cpu", choices=["cpu", "gpu"])
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--network", required=True, type=Path, help="results/networks/SETTINGS/DATASET.json")
    parser.add_argument("--data", required=True, type=Path, help="folder of x.npy and y.npy")
    parser.add_argument("--splits", required=True, type=Path, help="index arrays; fold 0 is used")
    parser.add_argument("--threads", type=int, default=1, help="threads that the framework may use")
    parser.add_argument("--environment", default=sys.prefix, help="folder that this interpreter must live in")
    parser.add_argument("--build-only", action="store_true", help="print the seconds to build and compile")
    parser.add_argument("--out", required=True, type=Path, help="what was measured, a JSON file")
    return parser.parse_args()


def run(args):
    """What was measured: seconds of each phase, of a step and of a test row; MiB of memory."""
    found = measured(args)
    first_s = found["build_s"] + found["compile_s"]
    if first_s > LONG_S:
        again = subprocess.run(
            [sys.executable, *sys.argv, "--build-only"], stdout=subprocess.PIPE, check=True
        )
        found.update(json.loads(again.stdout.splitlines()[-1]))
    return {**found, "once_s": max(0.0, first_s - found["build_s"] - found["compile_s"])}


def measured(args):
    software.check_prefix(args.environment)
    recipe = json.loads(args.network.read_text())
    started = now()
    set_threads(args.threads, args.device)
    lease = gpus.take_gpu() if args.device == "gpu" else None
    claim = affinity.take_cores(args.threads)
    framework = frameworks.module(args.framework)
    Trainer = framework.TRAINERS[args.implementation]

    def build(rows):
        options = {"seed": recipe["seed"], "device": args.device, "settings": args.settings}
        return Trainer(recipe["network"], recipe["training"], rows, **options)

    importing, loading, building, calibrating = (measure.Stopwatch() for _ in range(4))
    with importing:
        try:
            framework.set_up(args.threads, args.device)
        except RuntimeError as error:  # no GPU, say
            raise RunFailed(str(error)) from None
    with loading:
        data = rows.load(args.data, args.splits, FOLD, recipe["network"]["input_scale"])
        native = Trainer.convert(dataclasses.replace(data))
    with building:
        trainer = build(native)
    check_network(trainer, recipe["network"], args)
    compile_s = measure.compile_seconds(trainer)
    build_and_compile = {"build_s": building.seconds, "compile_s": compile_s}
    if args.build_only:
        return build_and_compile
    with calibrating:
        n = measure.MATRIX_SIZE[args.device]
        measure.calibration_gflops(framework.matrix_product(n, args.device), n)

    watch = surroundings.Watch(claim and claim.cpus, lease and lease.gpu)
    steps, trainer = measured_steps(data, recipe, args.settings, watch, lambda p: build(Trainer.convert(p)))
    around, facts = watch.describe(), trainer.facts()
    for held in filter(None, (claim, lease)):
        held.release()  # for the process that builds again
    return {
        "settings": args.settings,
        "device": args.device,
        "framework": args.framework,
        "implementation": args.implementation,
        "dataset": args.dataset,
        "started": started,
        "import_s": importing.seconds,
        "load_s": loading.seconds,
        **build_and_compile,
        "calibrate_s": calibrating.seconds,
        **steps,
        "peak_memory_mb": around.peak_memory_mb,
        "gpu_peak_memory_mb": facts.get("gpu_peak_memory_mb") or around.gpu_used_memory_mb,
        "other_cores": around.other_cores,
        "threads": args.threads,
        "machine": dataclasses.asdict(machine.describe(args.device)),
        "framework_version": facts["framework_version"],
        "trainer_digest": trainer_digest(args.framework),
    }


def measured_steps(data, recipe, settings, watch, make):
    """Seconds of steps, and of the rows to test, and the last trainer. `make` makes one of some rows."""
    batch_size = recipe["training"]["batch_size"]
    whole = Steps(len(data.y_train), batch_size)
    tests = TEST_BATCHES * batch_size

    def train(steps, epochs):
        """Seconds of each epoch of so many steps, and the trainer."""
        part = first_rows(data, whole.rows_of(steps), tests)
        trainer, order = make(part), None
        measure.compile_seconds(trainer)
        if settings == "matched":
            order = functools.partial(epoch_order, recipe["seed"], FOLD, rows=len(part.y_train))
        clock = measure.EpochClock(trainer.synchronize, epochs, watch)
        with measure.quiet_garbage_collector():
            trainer.train(epochs, clock, order)
        return clock.seconds, trainer

    steps = min(FIRST_STEPS, whole.steps)
    seconds, trainer = train(steps, LEAST_EPOCHS)
    a_step = min(seconds[1:]) / steps
    fit = min(whole.steps, MOST_STEPS, round(EPOCH_S / a_step))
    if fit > 2 * steps or fit == whole.steps > steps:
        epochs = round(ENOUGH_S / (a_step * fit))
        steps = fit
        seconds, trainer = train(steps, max(LEAST_EPOCHS, min(MOST_EPOCHS, epochs)))
    first, second = measure.Stopwatch(), measure.Stopwatch()
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

    def __init__(self, rows, batch_size):
        self.full, self.rest = divmod(rows, batch_size)
        self.batch_size = batch_size
        self.steps = self.full + bool(self.rest)

    def rows_of(self, steps):
        """So many rows as make `steps` steps and end with the same smaller batch as all rows do."""
        full = max(0, steps - bool(self.rest))
        return min(full, self.full) * self.batch_size + self.rest


def first_rows(data, train, test):
    """The first rows of each part; the split has shuffled them."""
    return dataclasses.replace(
        data,
        x_train=data.x_train[:train],
        y_train=data.y_train[:train],
        x_test=data.x_test[:test],
        y_test=data.y_test[:test],
    )


def write(found, path):
    """Write JSON whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(json.dumps(found, indent=1, allow_nan=False))
    temporary.replace(path)


def main():
    args = options()
    try:
        found = measured(args) if args.build_only else run(args)
    except (RunFailed, software.WrongEnvironment) as error:
        sys.exit(f"error: {error}")
    if args.build_only:
        print(json.dumps(found))
        return
    write(found, args.out)
    print(f"{args.framework}: {args.dataset}: {1000 * found['step_s']:.2f} ms a step of {found['steps']}")


if __name__ == "__main__":
    main()
