"""Train one network in one framework and write the record of the run.

Runs inside the framework's environment: Python 3.8 or later, NumPy and the framework.
"""

import argparse
import datetime
import functools
import hashlib
import json
import math
import os
import sys
import traceback
from pathlib import Path

from trainer import (
    affinity,
    frameworks,
    gpus,
    machine,
    measure,
    pools,
    rows,
    software,
    state,
    surroundings,
    weights,
)
from trainer.code import trainer_digest
from trainer.order import epoch_order
from trainer.record import Learning, Origin, Record, RunId, Threads, Times, write

SCRIPTS = Path(__file__).resolve().parent
ASKED = {"precision": "float32", "tf32": False}  # of every framework
# Python put scripts/ on the path; a framework's `import tables` must not find ours.
sys.path[:] = [place for place in sys.path if Path(place).resolve() != SCRIPTS]


class RunFailed(Exception):
    """The run can give no record; the text says why."""


def options():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--framework", required=True, choices=frameworks.names())
    parser.add_argument("--implementation", default="idiomatic")
    parser.add_argument("--settings", default="published")
    parser.add_argument("--device", default="cpu", choices=["cpu", "gpu"])
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--split", required=True, choices=["holdout", "kfold"])
    parser.add_argument("--fold", type=int, default=0, help="0 for holdout")
    parser.add_argument(
        "--network",
        required=True,
        type=Path,
        help="results/networks/SETTINGS/DATASET.json: layers, training",
    )
    parser.add_argument("--weights", type=Path, help="initial weights, which matched settings need")
    parser.add_argument("--data", required=True, type=Path, help="folder of x.npy and y.npy")
    parser.add_argument("--splits", required=True, type=Path, help="index arrays of all folds")
    parser.add_argument("--threads", type=int, default=1, help="threads that the framework may use")
    parser.add_argument("--threads-declared", type=int, help="as the config wants them")
    parser.add_argument("--environment", default=sys.prefix, help="folder that this interpreter must live in")
    parser.add_argument("--out", required=True, type=Path, help="the record, a JSON file")
    return parser.parse_args()


def set_threads(threads, device):
    """Environment of every library below the framework, before any of them is imported: for that NumPy,
    too, is imported in functions alone, here and in trainer/."""
    for name in ("OMP", "MKL", "OPENBLAS", "NUMEXPR", "VECLIB_MAXIMUM"):
        os.environ[f"{name}_NUM_THREADS"] = str(threads)
    if device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    # A number then names the same GPU to the framework as to the driver's own tools.
    os.environ.setdefault("CUDA_DEVICE_ORDER", "PCI_BUS_ID")


def now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")


def test_scores(probabilities, labels):
    """Accuracy and mean cross-entropy; probabilities are clipped to 1e-7 as Keras does."""
    import numpy as np

    right = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    accuracy = float(np.mean(probabilities.argmax(axis=1) == labels))
    return accuracy, float(np.mean(-np.log(np.clip(right, 1e-7, 1.0))))


def run(args):
    software.check_prefix(args.environment)
    recipe_text = args.network.read_text()
    recipe = json.loads(recipe_text)
    network, training, seed = recipe["network"], recipe["training"], recipe["seed"]
    started, users_variables = now(), software.variables()
    set_threads(args.threads, args.device)
    lease = gpus.take_gpu() if args.device == "gpu" else None
    gpu = lease and lease.gpu
    machine_facts, machine_state = machine.describe(args.device, lease), state.describe(gpu)
    claim = affinity.take_cores(args.threads)
    pinned = claim and claim.cpus

    framework = frameworks.module(args.framework)
    Trainer = framework.TRAINERS[args.implementation]
    importing, loading, building, predicting = (measure.Stopwatch() for _ in range(4))
    with importing:
        try:
            framework.set_up(args.threads, args.device)
        except ImportError as error:
            raise RunFailed(
                f"{args.framework} cannot be imported ({error}); its environment is {sys.prefix}: delete"
                " that folder and the workflow makes it anew"
            ) from error
        except RuntimeError as error:  # no GPU, say
            raise RunFailed(str(error)) from None
    with loading:
        data = rows.load(args.data, args.splits, args.fold, network["input_scale"])
        native = Trainer.convert(data)
    with building:
        trainer = Trainer(
            network,
            training,
            native,
            seed=seed + args.fold,
            device=args.device,
            settings=args.settings,
        )
    parameters = check_network(trainer, network, args)
    print(
        f"{args.framework} {trainer.facts()['framework_version']}: {args.dataset} {args.split}"
        f" fold {args.fold}, {len(data.y_train)} rows, {parameters} parameters,"
        f" {args.threads} threads",
        flush=True,
    )
    order = None
    if args.settings == "matched":
        trainer.set_weights(weights.read(args.weights))
        order = functools.partial(epoch_order, seed, args.fold, rows=len(data.y_train))
    compile_s = measure.compile_seconds(trainer)
    n = measure.MATRIX_SIZE[args.device]
    product = framework.matrix_product(n, args.device)
    machine_state.calibration_gflops = measure.calibration_gflops(product, n)
    watch = surroundings.Watch(pinned, gpu)
    clock = measure.EpochClock(trainer.synchronize, training["epochs"], watch)
    with measure.quiet_garbage_collector():
        trainer.train(training["epochs"], clock, order)
    around = watch.describe()
    with predicting:
        probabilities = trainer.predict()
    accuracy, loss = test_scores(probabilities, data.y_test)
    if not math.isfinite(loss):
        raise RunFailed(f"the loss of the test rows is {loss}: it diverged in its last steps")

    facts = trainer.facts()
    around.gpu_peak_memory_mb = facts.pop("gpu_peak_memory_mb", None)
    train_s = sum(clock.seconds)
    return Record(
        run=RunId(
            settings=args.settings,
            device=args.device,
            framework=args.framework,
            implementation=args.implementation,
            dataset=args.dataset,
            split=args.split,
            fold=args.fold,
        ),
        started=started,
        finished=now(),
        times=Times(
            import_s=importing.seconds,
            load_s=loading.seconds,
            build_s=building.seconds,
            compile_s=compile_s,
            train_s=train_s,
            predict_s=predicting.seconds,
            total_s=building.seconds + compile_s + train_s,
            train_cpu_s=sum(clock.cpu_seconds),
            epochs_s=clock.seconds,
            epochs_cpu_s=clock.cpu_seconds,
            instrument_s=clock.own_seconds,
        ),
        learning=Learning(
            train_losses=clock.losses,
            test_accuracy=accuracy,
            test_loss=loss,
            train_rows=len(data.y_train),
            test_rows=len(data.y_test),
            parameters=parameters,
        ),
        threads=Threads(
            threads_declared=args.threads_declared or args.threads,
            threads=args.threads,
            threads_reported=facts.pop("threads_reported"),
            pinned_cores=pinned,
            thread_pools=pools.report(),
        ),
        software=software.describe(facts, {**ASKED, "device": args.device, **trainer.asked}, users_variables),
        machine=machine_facts,
        state=machine_state,
        surroundings=around,
        origin=Origin(
            network=network,
            training=training,
            seed=seed,
            network_digest=hashlib.sha256(recipe_text.encode()).hexdigest()[:16],
            data_digest=data.data_digest,
            split_digest=data.split_digest,
            trainer_digest=trainer_digest(args.framework),
            workflow_commit=machine.workflow_commit(SCRIPTS),
        ),
    )


def check_network(trainer, network, args):
    """The number of parameters. Raises RunFailed if it is not the published total."""
    parameters = trainer.parameter_count()
    if parameters != network["parameters"]:
        raise RunFailed(
            f"{args.framework} counts {parameters} parameters for {args.dataset}, not the"
            f" {network['parameters']} of networks.{args.dataset}.parameters: not the same network"
        )
    return parameters


def check_combination(args):
    module = frameworks.module(args.framework)
    if args.implementation not in module.TRAINERS:
        raise RunFailed(f"{args.framework} has no {args.implementation} implementation")
    if args.settings == "matched" and not args.weights:
        raise RunFailed("matched settings need --weights FILE (see scripts/initialise.py)")


def main():
    args = options()
    try:
        check_combination(args)
        record = run(args)
        write(record, args.out)
    except (RunFailed, measure.Diverged, software.WrongEnvironment) as error:
        sys.exit(f"error: {error}")
    except MemoryError as error:
        sys.exit(f"error: memory ran out ({error or 'nothing more is known'})")
    except OSError as error:
        traceback.print_exc()
        sys.exit(f"error: {error.filename or 'input or output'}: {error.strerror or error}")
    times = record.times
    print(
        f"{args.framework}: {args.dataset}, {args.split}, fold {args.fold}: {times.total_s:.1f} s"
        f" (build {times.build_s:.1f}, compile {times.compile_s:.1f}, train {times.train_s:.1f}),"
        f" test accuracy {100 * record.learning.test_accuracy:.1f} %"
    )


if __name__ == "__main__":
    main()
