"""Print the paths of planned runs that failed (on_failure: record), older code made, or something disturbed.

They are not made again by themselves; this does it, in the folder of trainclock:

    .venv/bin/snakemake --cores all --forcerun $(.venv/bin/python scripts status --failed results)
    .venv/bin/snakemake --cores all --forcerun $(.venv/bin/python scripts status --older results)
    .venv/bin/snakemake --cores all --forcerun $(.venv/bin/python scripts status --doubtful results)

Of an experiment that ran elsewhere (snakemake --directory FOLDER), add --directory FOLDER to both.
"""

import argparse
import os
from pathlib import Path

from scripts.core.errors import UserError
from scripts.core.experiment_file import read_experiment
from scripts.workflow import targets
from scripts.workflow.planning import parity_pairs
from scripts.workflow.run_status import doubtful, made_by_older_code, recorded_failures


def main() -> None:
    """Print one path a line. Raises UserError if there is no such folder."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("results", type=Path, help="folder of the experiment, such as results")
    parser.add_argument(
        "--directory", "-d", default=".", help="where the experiment ran, as for Snakemake; results are in it"
    )
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--failed", action="store_true", help="runs and first steps recorded as failed")
    which.add_argument("--older", action="store_true", help="records that older training code made")
    which.add_argument("--doubtful", action="store_true", help="records whose times something disturbed")
    args = parser.parse_args()
    os.chdir(args.directory)  # paths are printed as Snakemake names them there
    if not args.results.is_dir():
        raise UserError(f"{args.results}: there is no such folder")
    config, planned = read_experiment(args.results / "experiment.json")
    # Others, of a config before, no rule of the workflow makes.
    runs = [path for path in targets.records(planned, str(args.results)) if Path(path).exists()]
    if args.failed:
        first_steps = targets.parity_files(parity_pairs(config), str(args.results))
        paths = [*recorded_failures([*filter(os.path.exists, first_steps), *runs])]
    elif args.older:
        paths = made_by_older_code(runs)
    else:
        paths = doubtful(runs, config["limits"])
    for path in paths:
        print(path)
