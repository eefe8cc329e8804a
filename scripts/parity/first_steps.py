"""Train the first steps of one network in one framework with matched settings and no dropout.

The parity certificate compares the losses of the steps and the gradients of the first one with a float64
reference (parity/reference.py). Runs inside the framework's environment.
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
from scripts.training import initial_weights, options, session
from scripts.training.batch_order import PARITY_TEST_ROWS, parity_batches
from scripts.training.code_digest import trainer_digest
from scripts.training.fold_data import Array
from scripts.training.frameworks.trainer import Trainer
from scripts.training.machine import compile_cache, software

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


def without_dropout(network: Dict[str, Any]) -> Dict[str, Any]:
    """Leave the dropout layers of a network out."""
    return {**network, "layers": [layer for layer in network["layers"] if layer["type"] != "dropout"]}


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

    losses, float64, (steps,); gradient_0, gradient_1, ..., canonical layout; probabilities of the first test
    rows after the last step, float64, (rows, classes); facts, JSON as text.
    """
    import numpy as np

    software.check_prefix(args.environment)
    compile_cache.settle()
    spec = training_spec.read(args.network)
    spec = dataclasses.replace(spec, network=without_dropout(spec.network))
    session.set_threads(args.threads, args.device, args.thread_wait)
    opened = session.open_session(args, spec, session.take_gpu(args.device), precision=args.precision)
    data, trainer = session.load_and_build(opened, FOLD, PARITY_TEST_ROWS)
    batches = parity_batches(spec.seed, len(data.y_train), spec.training["batch_size"], args.steps)
    trainer.set_weights(initial_weights.read(args.weights))
    before = trainer.snapshot()
    gradients = [np.asarray(array) for array in trainer.gradients(batches[0])]
    trainer.restore(before)
    check_precision(trainer, gradients, args)
    losses = trainer.first_losses(batches)
    probabilities = np.asarray(trainer.predict(), np.float64)
    facts = {
        "framework": args.framework,
        "implementation": args.implementation,
        "device": args.device,
        "dataset": args.dataset,
        "version": trainer.facts()["framework_version"],
        "trainer_digest": trainer_digest(args.framework),
    }
    named = {f"gradient_{n}": array for n, array in enumerate(gradients)}
    named["probabilities"] = probabilities
    return {"losses": np.array(losses, np.float64), "facts": np.array(json.dumps(facts)), **named}


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
