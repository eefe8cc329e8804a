"""Draw the figures of the runs that the plan has something for, or those that are named: .svg and .png."""

import argparse
from pathlib import Path

import experiment_data
import matplotlib.pyplot as plt
import plots
import printed_figures as study
import style
from draw_figures import draw
from errors import UserError, run
from experiment_data import Experiment
from experiment_file import read_experiment
from plots import Planned


def options() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(plots.NAMES)}; else all")
    parser.add_argument("--dataset", help=f"needed for {', '.join(plots.OF_ONE_DATASET)} where named")
    parser.add_argument("--runs", type=Path, required=True, help="runs.parquet of collect.py")
    parser.add_argument("--experiment", type=Path, required=True, help="JSON: config and plan")
    parser.add_argument("--out", type=Path, required=True, help="folder of the files to write")
    parser.add_argument(
        "--published", type=Path, default=study.FOLDER, help="folder of the study's figures (CSV)"
    )
    return parser.parse_args()


def named(name: str, dataset: str | None) -> Planned:
    """Return the figure that was named. Raises UserError if there is none, or its dataset is missing."""
    if name not in plots.NAMES:
        raise UserError(f"there is no figure {name}; there are {', '.join(plots.NAMES)}")
    if name not in plots.OF_ONE_DATASET:
        return Planned(name, None, name, "")
    if dataset is None:
        raise UserError(f"the figure {name} is of one dataset: name it with --dataset")
    return plots.of_dataset(name, dataset)


def make(figure: Planned, experiment: Experiment, folder: Path) -> None:
    """Write one figure. Raises UserError or RuntimeError naming it, whatever went wrong in it."""
    try:
        style.save(draw(figure.name, experiment, figure.dataset), folder / figure.file)
    except UserError as error:
        raise UserError(f"the figure {figure.file}: {error}") from None
    except OSError:
        raise  # it names the file
    except Exception as error:
        raise RuntimeError(f"the figure {figure.file} failed: {error}") from error
    finally:
        plt.close("all")


def main() -> None:
    args = options()
    wanted = [named(name, args.dataset) for name in args.names]
    experiment = experiment_data.load(args.experiment, args.runs, args.published)
    if not args.names:
        _, runs = read_experiment(args.experiment)
        wanted = plots.planned(runs, set(experiment.figures["dataset"]))
    for figure in wanted:
        make(figure, experiment, args.out)
        print(f"figure {figure.file}", flush=True)


if __name__ == "__main__":
    run(main)
