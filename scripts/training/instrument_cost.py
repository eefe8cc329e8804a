"""Measure what the clock and its readings cost, from one real run on the digits in each framework.

The clock readings, synchronisation and readings of the machine of each epoch are compared with the length of
the epoch. They lie outside its time; the share is how much longer a run takes for being watched.
"""

import argparse
import os
import subprocess
import tempfile
from pathlib import Path
from typing import List

import yaml

from scripts.core import record, training_spec
from scripts.core.errors import UserError
from scripts.core.paths import ROOT, SCRIPTS
from scripts.core.text import aligned
from scripts.training.frameworks import registry

GOAL = 0.005  # of an epoch


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--frameworks", nargs="+", default=registry.names(), choices=registry.names())
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--data", type=Path, default=ROOT / "results/data/digits")
    parser.add_argument("--splits", type=Path, default=ROOT / "results/quickstart/splits/digits/holdout.npz")
    parser.add_argument(
        "--environments", type=Path, default=Path(os.environ.get("TRAINCLOCK_ENVS") or ROOT / ".envs")
    )
    return parser.parse_args()


def measured(framework: str, args: argparse.Namespace, folder: Path) -> record.Record:
    """Run one framework and give its record. Raises UserError with what it printed if it fails."""
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    network, out = folder / "digits.json", folder / f"{framework}.json"
    training_spec.write(training_spec.of_config(config, "published", "digits"), network)
    command = [args.environments / framework / "bin" / "python", "-I", SCRIPTS, "train"]
    command += ["--framework", framework, "--dataset", "digits", "--split", "holdout"]
    command += ["--network", network, "--data", args.data, "--splits", args.splits]
    command += ["--threads", str(args.threads), "--out", out]
    for needed in (command[0], args.splits):
        if not needed.exists():
            raise UserError(f"{needed} is missing: `make quickstart` makes it")
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    if finished.returncode:
        raise UserError(f"the run of {framework} failed:\n{finished.stdout}{finished.stderr}")
    return record.read(out)


def row(run: record.Record) -> List[str]:
    """Write the line of one framework."""
    times = run.times
    epochs = len(times.epochs_s)
    share = times.instrument_s / times.train_s
    return [
        registry.framework(run.run.framework).label,
        f"{1000 * times.train_s / epochs:.1f} ms",
        f"{1000 * times.instrument_s / epochs:.3f} ms",
        f"{100 * share:.2f} %",
        "yes" if share < GOAL else "no",
    ]


def main() -> None:
    """Run each framework and print its line."""
    args = options()
    lines = [["", "epoch", "instrument", "share", f"under {100 * GOAL:g} %"]]
    with tempfile.TemporaryDirectory() as folder:
        for framework in args.frameworks:
            lines.append(row(measured(framework, args, Path(folder))))
    print("\n".join(aligned(lines, 1)))
