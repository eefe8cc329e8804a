"""Print the record of one run as a page: its times and what each means, what disturbed it, and how it
compares with the other frameworks and folds.

    python scripts explain results/runs/published/cpu/pytorch/idiomatic/letter/kfold/fold-0.json
"""

import argparse
from pathlib import Path

from scripts.tables.terminal.run_page import explain
from scripts.training.code_digest import trainer_digests
from scripts.training.frameworks import registry


def options() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "record", type=Path, help="record of the run, in the results folder of its experiment"
    )
    return parser.parse_args()


def main() -> None:
    """Print the page. Raises UserError if the file is no record, or lies in no experiment."""
    print(explain(options().record, trainer_digests(registry.names())))
