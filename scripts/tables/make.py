"""Make the tables of the runs, or those that are named: NAME.csv, tidy and precise, and .md, .html and
.tex to read."""

import argparse
from pathlib import Path

from scripts import tables
from scripts.analysis import experiment as experiment_data
from scripts.analysis.experiment import Experiment
from scripts.analysis.study import printed_figures as study
from scripts.core.errors import UserError
from scripts.tables.write import write


def options() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(tables.NAMES)}; else all")
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
        table = tables.module(name)
        tidy = table.tidy(experiment)
        write(name, tidy, table.page(tidy, experiment), folder / name)
    except UserError as error:
        raise UserError(f"the table {name}: {error}") from None
    except OSError:
        raise  # it names the file
    except Exception as error:
        raise RuntimeError(f"the table {name} failed: {error}") from error


def main() -> None:
    """Write the tables that are named, or all. Raises UserError if there is none of that name."""
    args = options()
    unknown = [name for name in args.names if name not in tables.NAMES]
    if unknown:
        raise UserError(f"there is no table {unknown[0]}; there are {', '.join(tables.NAMES)}")
    experiment = experiment_data.load(args.experiment, args.runs, args.published)
    for name in args.names or tables.NAMES:
        make(name, experiment, args.out)
        print(f"table {name}", flush=True)
