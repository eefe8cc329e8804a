"""Options that training/train.py, forecast/probe.py and parity/first_steps.py have in common."""

import argparse
import sys
from pathlib import Path

from scripts.training.frameworks import registry


def parser(description: str) -> argparse.ArgumentParser:
    """A parser of the common options; --dataset, --network, --data, --splits and --out are required."""
    found = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    found.add_argument("--framework", required=True, choices=registry.names())
    found.add_argument("--implementation", default="idiomatic")
    found.add_argument("--device", default="cpu", choices=["cpu", "gpu"])
    found.add_argument("--dataset", required=True)
    found.add_argument(
        "--network",
        required=True,
        type=Path,
        help="results/networks/SETTINGS/DATASET.json: layers, training",
    )
    found.add_argument("--data", required=True, type=Path, help="folder of x.npy and y.npy")
    found.add_argument("--splits", required=True, type=Path, help="index arrays of all folds")
    found.add_argument("--threads", type=int, default=1, help="threads that the framework may use")
    found.add_argument("--environment", default=sys.prefix, help="folder that this interpreter must live in")
    return found
