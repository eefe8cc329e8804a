"""Train some epochs by one of these loops, and print what an epoch takes.

Threads, BLAS and precision are set by the product, and the clock is the product's: so the loop alone
differs. The last line is JSON, the medians of the epochs after the first, in which a framework may still
compile.
"""

import argparse
import json
from importlib import import_module
from pathlib import Path
from statistics import median

from scripts.core import training_spec
from scripts.training import options, session, timing
from scripts.training.machine import core_affinity

LOOPS = ["product", "pytorch_example", "keras_fit", "keras_theano", "primitives"]


class Unwatched:
    """In place of machine.activity.Watch: nothing is read around the epochs."""

    def before(self) -> None:
        """Read nothing."""

    def after(self) -> None:
        """Read nothing."""


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = options.parser(__doc__)
    parser.add_argument("loop", choices=LOOPS)
    parser.add_argument("--settings", default="published")
    parser.add_argument("--epochs", type=int, default=4)
    return parser.parse_args()


def main() -> None:
    """Train by the loop that is named. Raises RunFailed if its network is not the one that is compared."""
    args = arguments()
    spec = training_spec.read(args.network)
    session.set_threads(args.threads, args.device, args.thread_wait)
    claim = core_affinity.take_cores(args.threads)
    opened = session.open_session(args, spec, claim=claim)
    clock = timing.EpochClock(lambda: None, args.epochs, Unwatched())
    with timing.quiet_garbage_collector():
        parameters = import_module(f"bench.loops.{args.loop}").run(opened, clock)
    if parameters not in (None, spec.network["parameters"]):
        raise session.RunFailed(
            f"{Path('bench', 'loops', args.loop)}.py has {parameters} parameters,"
            f" networks.{args.dataset} {spec.network['parameters']}: not the same network"
        )
    print(json.dumps({"wall_s": median(clock.seconds[1:]), "cpu_s": median(clock.cpu_seconds[1:])}))
