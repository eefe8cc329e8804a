"""Train the first steps of one network in one framework with matched settings and no dropout.

The parity certificate compares the losses of the steps, the gradients of the first one, and an epoch that is
trained as in a run, with a float64 reference (parity/reference.py). Runs inside the framework's environment.
"""

import argparse
import dataclasses
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Dict, Sequence

from scripts.core import training_spec
from scripts.core.files import atomic
from scripts.core.paths import own_command
from scripts.training import batch_order, initial_weights, options, session, timing
from scripts.training.code_digest import trainer_digest
from scripts.training.fold_data import Array, Rows
from scripts.training.frameworks.trainer import Trainer
from scripts.training.machine import activity, compile_cache, software

FOLD = 0
PRECISIONS = ["float64", "float32"]


def arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = options.parser(__doc__ or "")
    parser.add_argument("--weights", required=True, type=Path, help="initial weights")
    parser.add_argument(
        "--precision", choices=PRECISIONS, help="default: both; on a CPU side by side, on a GPU in turn"
    )
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--out", required=True, type=Path, help="prefix of the files, -PRECISION.npz")
    parser.set_defaults(settings="matched")
    return parser.parse_args()


def of_first_steps(spec: training_spec.TrainingSpec) -> training_spec.TrainingSpec:
    """Give what the certificate trains: the network without its dropout layers, in small batches."""
    layers = [layer for layer in spec.network["layers"] if layer["type"] != "dropout"]
    size = batch_order.parity_batch_size(spec.training["batch_size"])
    return dataclasses.replace(
        spec, network={**spec.network, "layers": layers}, training={**spec.training, "batch_size": size}
    )


def few(rows: Rows, batches: Sequence[Array]) -> Rows:
    """Take the training rows of these batches, in their order, and the first test rows."""
    import numpy as np

    taken = np.concatenate(batches)
    tested = batch_order.PARITY_TEST_ROWS
    return dataclasses.replace(
        rows,
        x_train=rows.x_train[taken],
        y_train=rows.y_train[taken],
        x_test=rows.x_test[:tested],
        y_test=rows.y_test[:tested],
    )


def check_precision(trainer: Trainer, gradients: Sequence[Array], args: argparse.Namespace) -> None:
    """Raise RunFailed unless the weights, as read back, and the arrays of the gradients have the precision.

    A variable may be called float64 and hold float32, as Keras's do on JAX without 64 bits.
    """
    arrays = sorted({str(gradient.dtype) for gradient in gradients})
    weights = trainer.facts()["precision"]
    if [weights, *arrays] != [args.precision] * 2:
        raise session.RunFailed(
            f"{args.framework} ({args.implementation}) was asked for {args.precision}, but its weights are"
            f" {weights} and its gradients {', '.join(arrays)}: set_up() in"
            f" scripts/training/frameworks/{args.framework} must set the precision of its arrays"
        )


def run(args: argparse.Namespace) -> Dict[str, Any]:
    """Train the first steps in one precision, and return the arrays of the file.

    losses, float64, (steps,); gradient_0, gradient_1, ..., canonical layout; epoch_loss, the mean loss of an
    epoch of these steps and one of a smaller batch, as a run trains it: warm-up steps are taken back before;
    probabilities of the first test rows after that epoch, float64, (rows, classes); facts, JSON as text.
    """
    import numpy as np

    software.check_prefix(args.environment)
    compile_cache.settle()
    spec = of_first_steps(training_spec.read(args.network))
    session.set_threads(args.threads, args.device, args.thread_wait)
    opened = session.open_session(args, spec, session.take_gpu(args.device), precision=args.precision)
    size = spec.training["batch_size"]

    def choose(rows: Rows) -> Rows:
        return few(rows, batch_order.parity_batches(spec.seed, len(rows.y_train), size, args.steps))

    data, trainer = session.load_and_build(opened, FOLD, choose)
    trainer.set_weights(initial_weights.read(args.weights))
    order = np.arange(len(data.y_train))
    found = trained(trainer, order[: args.steps * size].reshape(args.steps, size), order)
    check_precision(trainer, [found[name] for name in found if name.startswith("gradient_")], args)
    facts = {
        "framework": args.framework,
        "implementation": args.implementation,
        "device": args.device,
        "dataset": args.dataset,
        "version": trainer.facts()["framework_version"],
        "trainer_digest": trainer_digest(args.framework),
    }
    return {**found, "facts": np.array(json.dumps(facts))}


def trained(trainer: Trainer, batches: Array, order: Array) -> Dict[str, Any]:
    """Train the batches, (steps, rows of a batch), and then an epoch of all rows from the same weights.

    Raises RunFailed if the epoch diverges.
    """
    import numpy as np

    before = trainer.snapshot()
    gradients = [np.asarray(array) for array in trainer.gradients(batches[0])]
    trainer.restore(before)
    before = trainer.snapshot()  # again: a framework may give the memory of restored arrays away
    losses = trainer.first_losses(list(batches))
    trainer.restore(before)
    timing.compile_seconds(trainer)
    try:
        clock = session.train_epochs(trainer, 1, lambda epoch: order, activity.Watch())
    except timing.Diverged as error:
        raise session.RunFailed(str(error)) from None
    return {
        "losses": np.array(losses, np.float64),
        **{f"gradient_{n}": array for n, array in enumerate(gradients)},
        "epoch_loss": np.float64(clock.losses[0]),
        "probabilities": np.asarray(trainer.predict(), np.float64),
    }


def both(args: argparse.Namespace) -> int:
    """Run a process for each precision, as no framework can change it later; return the worst exit status.

    On a CPU each has half of the threads. On a GPU they take turns: a framework may take all of its memory.
    """
    at_once = 1 if args.device == "gpu" else len(PRECISIONS)
    threads = max(1, args.threads // at_once)
    command = own_command("first-steps", *sys.argv[1:], "--threads", str(threads))
    with ThreadPoolExecutor(at_once) as pool:
        codes = pool.map(lambda precision: subprocess.call([*command, "--precision", precision]), PRECISIONS)
        return max(abs(code) for code in codes)


def write(arrays: Dict[str, Any], path: Path) -> None:
    """Write an .npz file whole or not at all."""
    import numpy as np

    with atomic(path) as temporary:
        np.savez(temporary, **arrays)


def main() -> None:
    """Write the first steps of both precisions, or of the one that is named."""
    args = arguments()
    if not args.precision:
        sys.exit(both(args))
    found = run(args)
    write(found, args.out.with_name(f"{args.out.name}-{args.precision}.npz"))
    losses = found["losses"]
    print(
        f"{args.framework}: {args.dataset}: {args.precision}: loss {losses[0]:.6f} at step 1,"
        f" {losses[-1]:.6f} at {len(losses)}"
    )
