"""Draw one figure of the runs: PREFIX.svg and PREFIX.png."""

import argparse
from dataclasses import replace
from pathlib import Path

import published as study
import style
import summarise
from collect import read_experiment
from errors import UserError, run
from plots import breakeven, devices, epochs, implementations, learning, published, schedule, times
from tables import Experiment

# A module each, with draw(experiment) -> Figure.
FIGURES = {
    "times": times,
    "learning": learning,
    "epochs": epochs,
    "breakeven": breakeven,
    "implementations": implementations,
    "devices": devices,
    "published": published,
    "schedule": schedule,
}
OF_ONE_DATASET = ["times", "learning"]


def options():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("figure", choices=list(FIGURES), help="which figure")
    parser.add_argument("--dataset", help=f"only its runs; needed for {', '.join(OF_ONE_DATASET)}")
    parser.add_argument("--runs", type=Path, required=True, help="runs.parquet of collect.py")
    parser.add_argument("--experiment", type=Path, required=True, help="JSON: config and plan")
    parser.add_argument("--out", type=Path, required=True, help="prefix of the .svg and .png")
    parser.add_argument(
        "--published", type=Path, default=study.FOLDER, help="folder of the study's figures (CSV)"
    )
    return parser.parse_args()


def draw(name, experiment, dataset=None):
    """The figure of that name. Raises UserError if the experiment does not have the dataset."""
    runs = experiment.runs
    if dataset is None and name in OF_ONE_DATASET:
        raise UserError(f"the figure {name} is of one dataset: name it with --dataset")
    if dataset is not None:
        experiment = replace(experiment, runs=runs[runs["dataset"] == dataset])
        if experiment.runs.empty:
            raise UserError(
                f"{dataset} is not in the experiment, which has {', '.join(runs['dataset'].unique())}:"
                " add it to `datasets` in the config"
            )
    return FIGURES[name].draw(experiment)


def main():
    args = options()
    config, _ = read_experiment(args.experiment)
    runs, figures = summarise.read_runs(args.runs), study.read(args.published)
    experiment = Experiment(runs, figures, config["limits"], config["comparison"])
    style.save(draw(args.figure, experiment, args.dataset), args.out)


if __name__ == "__main__":
    run(main)
