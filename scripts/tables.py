"""Make the tables of the runs, or those that are named: NAME.csv, tidy and precise, and .md, .html and
.tex to read."""

import argparse
from pathlib import Path

import experiment_data
import pages
import printed_figures as study
from errors import UserError, run
from experiment_data import Experiment
from write_tables import write


def options() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(pages.NAMES)}; else all")
    parser.add_argument("--runs", type=Path, required=True, help="runs.parquet of collect.py")
    parser.add_argument("--experiment", type=Path, required=True, help="JSON: config and plan")
    parser.add_argument("--out", type=Path, required=True, help="folder of the files to write")
    parser.add_argument(
        "--published", type=Path, default=study.FOLDER, help="folder of the study's figures (CSV)"
    )
    return parser.parse_args()


def make(name: str, experiment: Experiment, folder: Path) -> None:
    """Write one table. Raises UserError or RuntimeError naming it, whatever went wrong in it."""
    try:
        table = pages.module(name)
        tidy = table.tidy(experiment)
        write(name, tidy, table.page(tidy, experiment), folder / name)
    except UserError as error:
        raise UserError(f"the table {name}: {error}") from None
    except OSError:
        raise  # it names the file
    except Exception as error:
        raise RuntimeError(f"the table {name} failed: {error}") from error


def main() -> None:
    args = options()
    unknown = [name for name in args.names if name not in pages.NAMES]
    if unknown:
        raise UserError(f"there is no table {unknown[0]}; there are {', '.join(pages.NAMES)}")
    experiment = experiment_data.load(args.experiment, args.runs, args.published)
    for name in args.names or pages.NAMES:
        make(name, experiment, args.out)
        print(f"table {name}", flush=True)


if __name__ == "__main__":
    run(main)
