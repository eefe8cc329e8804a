"""Print the paths of runs that are recorded as failed (on_failure: record), or that older code made.

They are not made again by themselves; this does it:

    snakemake --cores all --forcerun $(python scripts status --failed results)
    snakemake --cores all --forcerun $(python scripts status --older results)
"""

import argparse
from pathlib import Path

from scripts.core.errors import UserError
from scripts.workflow.run_status import made_by_older_code, recorded_failures


def main() -> None:
    """Print one path a line. Raises UserError if there is no such folder."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("results", type=Path, help="folder of the experiment, such as results")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--failed", action="store_true", help="runs and first steps recorded as failed")
    which.add_argument("--older", action="store_true", help="records that older training code made")
    args = parser.parse_args()
    if not args.results.is_dir():
        raise UserError(f"{args.results}: there is no such folder")
    runs = sorted(args.results.glob("runs/**/fold-*.json"))
    first_steps = sorted(args.results.glob("parity/**/*.npz"))
    paths = recorded_failures([*first_steps, *runs]) if args.failed else made_by_older_code(runs)
    for path in paths:
        print(path)
