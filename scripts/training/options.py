"""Options that training/train.py, forecast/probe.py and parity/first_steps.py have in common."""

import argparse
import sys
from pathlib import Path
from typing import Optional

from scripts.training.frameworks import registry
from scripts.training.session import THREAD_WAIT


def parser(description: Optional[str]) -> argparse.ArgumentParser:
    """Make a parser of the common options.

    --framework, --dataset, --network, --data and --splits are required.
    """
    options = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--framework", required=True, choices=registry.names())
    options.add_argument("--implementation", default="idiomatic")
    options.add_argument("--device", default="cpu", choices=["cpu", "gpu"])
    options.add_argument("--dataset", required=True)
    options.add_argument(
        "--network",
        required=True,
        type=Path,
        help="results/networks/SETTINGS/DATASET.json: layers, training",
    )
    options.add_argument("--data", required=True, type=Path, help="folder of x.npy and y.npy")
    options.add_argument("--splits", required=True, type=Path, help="index arrays of all folds")
    options.add_argument("--threads", type=int, default=1, help="threads that the framework may use")
    options.add_argument(
        "--thread-wait",
        default="bounded",
        choices=[*THREAD_WAIT],
        help="how threads wait for each other: `thread_wait` of the config (bounded)",
    )
    options.add_argument(
        "--environment", default=sys.prefix, help="folder that this interpreter must live in"
    )
    return options
