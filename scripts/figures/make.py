"""Draw the figures of the runs that the plan has something for, or those that are named: .svg, .png, and of
each a page for the report, -figure.html.
"""

import argparse
from pathlib import Path

import matplotlib.pyplot as plt

from scripts import figures
from scripts.analysis import experiment as experiment_data
from scripts.analysis.experiment import Experiment
from scripts.analysis.study import printed_figures as study
from scripts.core.errors import UserError
from scripts.core.experiment_file import read_experiment
from scripts.figures import Planned, files
from scripts.figures.draw import describe, draw


def options() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(figures.NAMES)}; else all")
    parser.add_argument("--dataset", help=f"needed for {', '.join(figures.OF_ONE_DATASET)} where named")
    parser.add_argument("--runs", type=Path, required=True, help="runs.parquet of collect.py")
    parser.add_argument("--experiment", type=Path, required=True, help="JSON: config and plan")
    parser.add_argument("--out", type=Path, required=True, help="folder of the files to write")
    parser.add_argument(
        "--published", type=Path, default=study.FOLDER, help="folder of the study's figures (CSV)"
    )
    return parser.parse_args()


def named(name: str, dataset: str | None) -> Planned:
    """Return the figure that was named. Raises UserError if there is none, or its dataset is missing."""
    if name not in figures.NAMES:
        raise UserError(f"there is no figure {name}; there are {', '.join(figures.NAMES)}")
    if name not in figures.OF_ONE_DATASET:
        return Planned(name, None, name, "")
    if dataset is None:
        raise UserError(f"the figure {name} is of one dataset: name it with --dataset")
    return figures.of_dataset(name, dataset)


def make(figure: Planned, experiment: Experiment, folder: Path) -> None:
    """Write one figure. Raises UserError or RuntimeError naming it, whatever went wrong in it."""
    try:
        shown = (figure.name, experiment, figure.dataset)
        drawn, words = draw(*shown), describe(*shown)
        files.save(drawn, folder / figure.file, words)
        files.write_page(folder / figure.file, drawn.get_suptitle(), words)
    except UserError as error:
        raise UserError(f"the figure {figure.file}: {error}") from None
    except OSError:
        raise  # it names the file
    except Exception as error:
        raise RuntimeError(f"the figure {figure.file} failed: {error}") from error
    finally:
        plt.close("all")


def main() -> None:
    """Draw the figures that are named, or all that the plan has something for."""
    args = options()
    wanted = [named(name, args.dataset) for name in args.names]
    experiment = experiment_data.load(args.experiment, args.runs, args.published)
    if not args.names:
        _, runs = read_experiment(args.experiment)
        studied = experiment.figures[["dataset", "framework"]].itertuples(index=False, name=None)
        wanted = figures.planned(runs, set(studied))
    for figure in wanted:
        make(figure, experiment, args.out)
        print(f"figure {figure.file}", flush=True)
