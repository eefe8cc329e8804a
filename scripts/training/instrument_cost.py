"""What the instrument itself costs: one real run on the digits in each framework, from which each epoch's
clock readings, synchronisation and readings of the machine are set against the length of the epoch.

They lie outside the epoch's time; the share says how much longer a run takes for being watched.
"""

import argparse
import os
import subprocess
import tempfile
from pathlib import Path

import yaml

from scripts.core import record, training_spec
from scripts.core.errors import UserError
from scripts.core.paths import ROOT, SCRIPTS
from scripts.core.text import aligned
from scripts.training.frameworks import registry

AIM = 0.005  # of an epoch


def options():
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


def measured(framework, args, folder):
    """The record of a run of one framework. Raises UserError with what it said if it fails."""
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    network, out = folder / "digits.json", folder / f"{framework}.json"
    training_spec.write(training_spec.of_config(config, "published", "digits"), network)
    command = [args.environments / framework / "bin" / "python", SCRIPTS, "train"]
    command += ["--framework", framework, "--dataset", "digits", "--split", "holdout"]
    command += ["--network", network, "--data", args.data, "--splits", args.splits]
    command += ["--threads", str(args.threads), "--out", out]
    for needed in (command[0], args.splits):
        if not needed.exists():
            raise UserError(f"{needed} is missing: `make quickstart` makes it")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UserError(f"the run of {framework} failed:\n{done.stdout}{done.stderr}")
    return record.read(out)


def row(found):
    times = found.times
    epochs = len(times.epochs_s)
    share = times.instrument_s / times.train_s
    return [
        registry.framework(found.run.framework).label,
        f"{1000 * times.train_s / epochs:.1f} ms",
        f"{1000 * times.instrument_s / epochs:.3f} ms",
        f"{100 * share:.2f} %",
        "yes" if share < AIM else "no",
    ]


def main():
    args = options()
    lines = [["", "epoch", "instrument", "share", f"under {100 * AIM:g} %"]]
    with tempfile.TemporaryDirectory() as folder:
        for framework in args.frameworks:
            lines.append(row(measured(framework, args, Path(folder))))
    print("\n".join(aligned(lines, 1)))
