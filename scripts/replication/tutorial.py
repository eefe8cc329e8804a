"""What the tutorial shows of the quickstart: real output, made from the export of our own."""

from pathlib import Path

from matplotlib.figure import Figure

from scripts import figures, tables
from scripts.analysis.experiment import Experiment
from scripts.analysis.study import printed_figures as study
from scripts.compare import sources
from scripts.tables.page_markdown import markdown_table
from scripts.tables.terminal import run_page, summary

AGAIN = "make again PRESET=quickstart"
RECORD = "runs/published/cpu/pytorch/idiomatic/digits/holdout/fold-0.json"  # the tutorial has its path, too


def experiment(export: Path) -> Experiment:
    """Read the export of a quickstart. Raises UserError if it is damaged."""
    (source,) = sources.read_all([f"quickstart={export}"])
    return Experiment(source.runs, study.read(), source.config["comparison"])


def blocks(export: Path) -> dict[str, str]:
    """Return {name: Markdown} of what stands between the tutorial's markers."""
    of_export = experiment(export)
    with sources.unpacked(str(export)) as folder:
        record = run_page.explain(folder / RECORD, {})  # whatever has become of the code since
    return {
        "summary": as_printed(summary.summary(of_export.runs, AGAIN)),
        "answer": table("answer", of_export),
        "differences": table("differences", of_export),
        "figure": f"![{figures.module('times').describe(of_export)}](quickstart.svg)",
        "explain": as_printed(record),
    }


def as_printed(text: str) -> str:
    """Return what a terminal shows."""
    return f"```text\n{text}\n```"


def table(name: str, of_export: Experiment) -> str:
    """Return a table of the product without its title and notes."""
    module = tables.module(name)
    page = module.page(module.tidy(of_export), of_export)
    parts = [(f"*{block.title}*\n\n" if block.title else "") + markdown_table(block) for block in page.blocks]
    return "\n\n".join(parts)


def figure(export: Path) -> tuple[Figure, str]:
    """Draw the times of the quickstart's dataset; return the figure and its text alternative."""
    times, of_export = figures.module("times"), experiment(export)
    return times.draw(of_export), times.describe(of_export)
