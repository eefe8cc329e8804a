"""Print what the experiment found: seconds and test accuracy, a line for each dataset and split, and the
verdicts on the study's conclusions."""

import argparse
import re
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.text import Text

from scripts.analysis.experiment import read_runs
from scripts.tables.terminal.summary import conclusions, summary

# What stands out on a terminal that has colours.
STYLES = {
    r"^No answer yet.*": "bold yellow",
    r"\(\?\)": "yellow",
    r"\d+ (stolen|throttled|shared|paused|unstable)": "yellow",
    r"^\d+ failed;": "bold red",
    r"\bmissing\b|(?<=  )(\d+ of \d+ )?failed\b": "red",
    r"\b(\d+) of \1 (are clean|runs are there)": "green",
    r"(?<=  )confirmed(?=  )": "bold green",
    r"(?<=  )contradicted(?=  )": "bold red",
    r"(?<=  )not tested(?=  )": "dim",
}


def options() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=Path, required=True, help="runs.parquet of collect.py")
    parser.add_argument("--verdicts", type=Path, help="verdicts.csv of tables.py")
    parser.add_argument("--again", default="make again", help="the command that repeats doubtful runs")
    return parser.parse_args()


def main() -> None:
    """Print the summary, and the verdicts where their table is given."""
    args = options()
    console = Console(highlight=False, soft_wrap=True)
    width = console.width if console.is_terminal else None
    console.print(styled(summary(read_runs(args.runs), args.again, width)))
    if args.verdicts:
        console.print(styled(f"\n{conclusions(pd.read_csv(args.verdicts))}"))


def styled(text: str) -> Text:
    """Return the text with STYLES."""
    made = Text(text)
    for pattern, style in STYLES.items():
        made.highlight_regex(re.compile(pattern, re.MULTILINE), style)
    return made
