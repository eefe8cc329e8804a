"""List all steps of trainclock, or run one of them: python scripts [STEP [options]].

The rules call their steps through this file, and so can you: python scripts train --help. It runs in every
environment, so it needs the standard library alone; the doctor refuses a Python that is too old by itself.
"""

import sys
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
# Python put scripts/ itself here, whose folders would hide other packages of their names.
sys.path[0] = str(ROOT)

# Stage: {step: (its module below scripts, what it does)}
STEPS = {
    "Environments": {
        "doctor": ("environments.doctor.run", "check this machine before anything is built"),
        "environment": ("environments.build", "make the environments of some env files with uv"),
        "lock": ("environments.lock", "resolve all pins and hashes again"),
        "audit": ("environments.audit", "ask a vulnerability service about every pinned package"),
    },
    "Data": {
        "download": ("data.download", "get the official files of a dataset, and verify them"),
        "prepare": ("data.prepare", "make one dataset's arrays from its official files"),
        "prepare-own": ("data.own.prepare", "make one dataset's arrays from files of your own"),
        "check-data": ("workflow.on_demand.check_data", "say what is understood of data of your own"),
        "network": (
            "workflow.on_demand.show_network",
            "show the layers of a network: shapes, parameters, multiply-adds",
        ),
        "split": ("data.splits", "draw the row numbers of every fold"),
    },
    "Experiment": {
        "experiment": ("workflow.write_experiment", "write down the resolved config and the planned runs"),
        "status": ("workflow.status", "list runs that failed, or that older code made"),
        "initial-weights": ("training.draw_weights", "draw the initial weights of matched settings"),
    },
    "Training": {
        "train": ("training.train", "train one network in one framework, and write the record"),
        "train-folds": ("training.supervision.folds", "train folds of one kind of run, one after the other"),
        "supervise": ("training.supervision.supervise", "run one of these commands and see how it ends"),
        "instrument-cost": ("training.instrument_cost", "measure what the clock and its readings cost"),
    },
    "Parity": {
        "reference": ("parity.reference", "train the first steps in plain NumPy"),
        "first-steps": ("parity.first_steps", "train the first steps in one framework"),
        "certificate": ("parity.certificate", "compare the first steps of all frameworks"),
        "parity-figure": ("parity.figure", "draw how the losses of the first steps part"),
    },
    "Results": {
        "collect": ("records.collect", "gather all records into one table"),
        "tables": ("tables.make", "make the tables that people read"),
        "figures": ("figures.make", "draw the figures"),
        "samples": ("figures.samples", "draw rows of a dataset"),
        "explore": ("figures.explore", "make the page to filter and compare runs"),
        "summary": ("tables.terminal.print_summary", "print what the experiment found"),
        "explain": ("tables.terminal.explain", "print the record of one run as a page"),
    },
    "Forecast": {
        "probe": ("forecast.probe", "measure a few steps of one kind of run"),
        "forecast": ("forecast.estimate", "forecast how long the missing runs take"),
    },
    "Compare": {
        "compare": ("compare.make", "compare the results of several machines"),
        "export": ("compare.export", "pack an experiment into one file"),
        "restore": ("compare.restore", "go on where an export ends"),
        "replication": ("replication.make", "write the page of the study as it was repeated"),
    },
}
# Python runs a handler of a signal only between two of its own instructions, and a call into a framework's
# library may take minutes: these end at SIGTERM as the system ends them, or handle it themselves (supervise).
END_AT_SIGTERM = {"train", "first-steps", "probe", "supervise", "train-folds"}


def list_steps() -> None:
    """Print all steps by stage, a line each."""
    print("usage: python scripts STEP [options]     (python scripts STEP --help)")
    for stage, steps in STEPS.items():
        print("\n{}".format(stage))
        for name, (_, purpose) in steps.items():
            print("  {:<16} {}".format(name, purpose))


def import_step(module: str) -> Any:
    """Return the module of a step; end with one message if this Python is not the one for it."""
    try:
        return import_module("scripts.{}".format(module))
    except ModuleNotFoundError as error:
        if (error.name or "scripts").startswith("scripts"):
            raise
        lacking = "has no module {}".format(error.name)
    except (ImportError, SyntaxError, TypeError):
        if sys.version_info >= (3, 11):  # what every step runs on
            raise
        lacking = "is too old for this step"
    sys.exit(
        "error: {} (Python {}.{}) {}; use .venv/bin/python, which `make setup` makes, or for the training"
        " steps .envs/FRAMEWORK/bin/python".format(sys.executable, *sys.version_info[:2], lacking)
    )


def main() -> None:
    """Run the step that the command line names under the one error handler."""
    if sys.platform == "win32":
        sys.exit("error: trainclock runs on Linux; on Windows, in WSL 2, from a folder of its own files")
    if len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help"):
        list_steps()
        return
    name = sys.argv[1]
    modules = {step: module for steps in STEPS.values() for step, (module, _) in steps.items()}
    if name not in modules:
        near = get_close_matches(name, modules, n=1)
        hint = "did you mean {}?".format(near[0]) if near else "`python scripts` lists all steps"
        sys.exit("error: there is no step {!r}; {}".format(name, hint))
    sys.argv[:2] = ["python scripts {}".format(name)]
    step = import_step(modules[name])
    errors = import_module("scripts.core.errors")
    errors.run(step.main, unwind_on_sigterm=name not in END_AT_SIGTERM)


if __name__ == "__main__":
    main()
