"""Make one table of the runs: PREFIX.csv, tidy and precise, and .md, .html and .tex to read."""

import argparse
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import page_html
import page_latex
import page_markdown
import pandas as pd
import published as study
import summarise
from collect import read_experiment
from errors import run
from files import atomic
from pages import (
    accuracy,
    answer,
    breakeven,
    devices,
    differences,
    doubts,
    effective,
    flags,
    implementations,
    learning,
    machines,
    phases,
    published,
    software,
    speedups,
    times,
    validation,
    verdicts,
)

# A module each, with tidy(experiment) -> DataFrame and page(tidy, experiment) -> page_model.Page.
TABLES = {
    "answer": answer,
    "times": times,
    "speedups": speedups,
    "accuracy": accuracy,
    "differences": differences,
    "published": published,
    "verdicts": verdicts,
    "doubts": doubts,
    "phases": phases,
    "learning": learning,
    "breakeven": breakeven,
    "implementations": implementations,
    "devices": devices,
    "validation": validation,
    "flags": flags,
    "machines": machines,
    "effective": effective,
    "software": software,
}


@dataclass(frozen=True)
class Experiment:
    """What tables are made from: the table of runs, the study's figures, two sections of the config."""

    runs: pd.DataFrame
    figures: pd.DataFrame
    limits: dict
    comparison: dict


def options():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("table", choices=list(TABLES), help="which table")
    parser.add_argument("--runs", type=Path, required=True, help="runs.parquet of collect.py")
    parser.add_argument("--experiment", type=Path, required=True, help="JSON: config and plan")
    parser.add_argument("--out", type=Path, required=True, help="prefix of the files to write")
    parser.add_argument(
        "--published", type=Path, default=study.FOLDER, help="folder of the study's figures (CSV)"
    )
    return parser.parse_args()


def write(name, tidy, page, prefix):
    """The four files of a table, all of them or none."""
    files = {
        ".csv": tidy.to_csv(index=False, lineterminator="\n"),
        ".md": page_markdown.markdown(page),
        ".html": page_html.html_page(page),
        ".tex": page_latex.latex(page, name),
    }
    with ExitStack() as stack:
        for suffix, content in files.items():
            temporary = stack.enter_context(atomic(f"{prefix}{suffix}"))
            temporary.write_text(content, encoding="utf-8")


def main():
    args = options()
    table = TABLES[args.table]
    config, _ = read_experiment(args.experiment)
    runs, figures = summarise.read_runs(args.runs), study.read(args.published)
    found = Experiment(runs, figures, config["limits"], config["comparison"])
    tidy = table.tidy(found)
    write(args.table, tidy, table.page(tidy, found), args.out)


if __name__ == "__main__":
    run(main)
