"""Train the first steps of one network in one framework with matched settings and no dropout.

The losses of the steps and the gradients of the first one are set beside a float64 reference
(reference.py) in the parity certificate. Runs inside the framework's environment.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from train import SCRIPTS, RunFailed, check_network, set_threads
from trainer import frameworks, rows, software, weights
from trainer.code import trainer_digest
from trainer.order import parity_batches

FOLD = 0
PRECISIONS = ["float64", "float32"]


def options():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--framework", required=True, choices=frameworks.names())
    parser.add_argument("--implementation", default="idiomatic")
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--device", default="cpu", choices=["cpu", "gpu"])
    parser.add_argument("--network", required=True, type=Path, help="results/networks/matched/DATASET.json")
    parser.add_argument("--weights", required=True, type=Path, help="initial weights")
    parser.add_argument("--data", required=True, type=Path, help="folder of x.npy and y.npy")
    parser.add_argument("--splits", required=True, type=Path, help="index arrays of the holdout split")
    parser.add_argument("--precision", choices=PRECISIONS, help="default: both, side by side")
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--threads", type=int, default=1, help="threads that the framework may use")
    parser.add_argument("--environment", default=sys.prefix, help="folder that this interpreter must live in")
    parser.add_argument("--out", required=True, type=Path, help="prefix of the files, -PRECISION.npz")
    return parser.parse_args()


def without_dropout(network):
    return {**network, "layers": [layer for layer in network["layers"] if layer["type"] != "dropout"]}


def run(args):
    """The arrays of the file: losses, float64, (steps,); gradient_N, float32, canonical layout; facts."""
    import numpy as np

    software.check_prefix(args.environment)
    recipe = json.loads(args.network.read_text())
    network, training, seed = without_dropout(recipe["network"]), recipe["training"], recipe["seed"]
    set_threads(args.threads, args.device)
    framework = frameworks.module(args.framework)
    framework.set_up(args.threads, args.device, args.precision)
    Trainer = framework.TRAINERS[args.implementation]

    data = rows.load(args.data, args.splits, FOLD, network["input_scale"])
    data.x_train, data.x_test = (x.astype(args.precision) for x in (data.x_train, data.x_test))
    batches = parity_batches(seed, len(data.y_train), training["batch_size"], args.steps)
    native = Trainer.convert(data)
    trainer = Trainer(network, training, native, seed=seed, device=args.device, settings="matched")
    check_network(trainer, network, args)
    initial = weights.read(args.weights)
    trainer.set_weights(initial)
    gradients = trainer.gradients(batches[0])
    losses = trainer.first_losses(batches)
    facts = {
        "framework": args.framework,
        "implementation": args.implementation,
        "dataset": args.dataset,
        "version": trainer.facts()["framework_version"],
        "trainer_digest": trainer_digest(args.framework),
    }
    named = {f"gradient_{n}": np.asarray(array) for n, array in enumerate(gradients)}
    return {"losses": np.array(losses, np.float64), "facts": np.array(json.dumps(facts)), **named}


def both(args):
    """A process for each precision, as no framework can change it later; each has half of the threads."""
    threads = max(1, args.threads // len(PRECISIONS))
    commands = [
        [sys.executable, *sys.argv, "--precision", precision, "--threads", str(threads)]
        for precision in PRECISIONS
    ]
    running = [subprocess.Popen(command) for command in commands]
    return max(abs(process.wait()) for process in running)


def main():
    args = options()
    if not args.precision:
        sys.exit(both(args))
    sys.path[:] = [place for place in sys.path if Path(place).resolve() != SCRIPTS]
    try:
        found = run(args)
    except (RunFailed, software.WrongEnvironment) as error:
        sys.exit(f"error: {error}")
    import numpy as np

    out = args.out.with_name(f"{args.out.name}-{args.precision}.npz")
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = out.with_name(f".{out.stem}.{os.getpid()}.npz")
    np.savez(temporary, **found)
    temporary.replace(out)
    losses = found["losses"]
    print(
        f"{args.framework}: {args.dataset}: {args.precision}: loss {losses[0]:.6f} at step 1,"
        f" {losses[-1]:.6f} at {len(losses)}"
    )


if __name__ == "__main__":
    main()
