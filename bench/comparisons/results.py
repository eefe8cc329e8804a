"""Collecting, tables, figures and the page to explore, of the records of a large synthetic experiment."""

import json
import sys
from collections.abc import Iterator, Sequence
from functools import partial

from bench.alternate import Side, command
from bench.comparisons import Case
from bench.place import Place
from scripts.core.paths import SCRIPTS
from scripts.workflow.run_status import training_code

TITLE = "Results of a large experiment"
A = (
    "the step by itself, over synthetic records of all frameworks (`tests/support/many_records.py`). The aim"
    " for 50,000 (`--records 50000`): collect, tables and figures in 60 s of CPU time together, and in 2 GB"
)
B = None
STEPS = ("collect", "tables", "figures", "explore")


def cases(place: Place) -> Iterator[Case]:
    """Yield a line for each step, in the order in which each reads what the one before has made."""
    for step in STEPS:
        yield Case(f"{step}, {place.records:,} records", partial(sides, place, step))


def sides(place: Place, step: str) -> Sequence[Side]:
    """Return the step over the synthetic experiment, which is written if it is not there."""
    folder = place.experiment()
    experiment, runs = folder / "experiment.json", folder / "tables" / "runs.parquet"
    frameworks = json.loads(experiment.read_text(encoding="utf-8"))["config"]["frameworks"]
    whole = ["--experiment", experiment, "--runs", runs, "--out"]
    out = ["--parquet", runs, "--csv", runs.with_suffix(".csv")]
    code = ["--code", *training_code(frameworks)]
    words = {
        "collect": ["--experiment", experiment, "--runs", folder / "runs", *code, *out],
        "tables": [*whole, folder / "tables"],
        "figures": [*whole, folder / "figures"],
        "explore": ["--runs", runs, "--out", folder / "tables" / "explore.html"],
    }
    return [Side(command(sys.executable, "-I", SCRIPTS, step, *words[step]))]
