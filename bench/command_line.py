"""Measure what trainclock costs next to what it is compared with, as ratios within one run.

Prints a table for each comparison, and writes performance.json and performance.md: comparisons that are not
named stay in them as they are. What is not installed is left out, with a line that says how to get it.
"""

import argparse
import os
import tempfile
from pathlib import Path

from bench import comparisons, page, section
from bench.place import EPOCHS, ROWS, Place
from scripts.core.errors import UserError
from scripts.core.paths import ROOT
from scripts.training.machine import hardware


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names, environments = comparisons.NAMES, os.environ.get("TRAINCLOCK_ENVS") or ROOT / ".envs"
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names)}; else all")
    parser.add_argument("--turns", type=int, default=5, help="of A B, after once to warm up (5)")
    parser.add_argument(
        "--out", type=Path, default=page.FOLDER, metavar="FOLDER", help="of both files (docs)"
    )
    parser.add_argument("--runs", type=int, default=1008, help="that the dry run plans, at least (1008)")
    parser.add_argument("--records", type=int, default=5000, help="of the synthetic experiment (5000)")
    parser.add_argument("--rows", type=int, help=f"of every dataset ({ROWS}; else all)")
    parser.add_argument("--epochs", type=int, help=f"in a process; the first is not counted ({EPOCHS})")
    parser.add_argument("--threads", type=int, default=min(4, hardware.cores()), help="of every framework")
    parser.add_argument("--environments", type=Path, default=environments, metavar="FOLDER")
    args = parser.parse_args()
    unknown = [name for name in args.names if name not in names]
    if unknown:
        parser.error(f"there is no comparison {unknown[0]}; there are {', '.join(names)}")
    return args


def main() -> None:
    """Measure, print and write, one comparison after the other. Raises UserError if a line failed."""
    args = options()
    sections = section.read(args.out / "performance.json")
    failed: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        place = Place(
            folder=Path(folder),
            environments=args.environments,
            threads=args.threads,
            planned=args.runs,
            records=args.records,
            rows=args.rows,
            epochs=args.epochs,
        )
        for name in args.names or comparisons.NAMES:
            sections[name] = section.measure(name, place, args.turns)
            failed += sections[name].failed
            if sections[name].lines:
                print(f"\n{page.terminal(sections[name])}\n", flush=True)
            page.write(sections, args.out)
    if failed:
        raise UserError(f"could not be measured, see above: {'; '.join(failed)}")
