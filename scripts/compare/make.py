"""Set the results of several machines or dates side by side: a table, a figure and a summary.

    python scripts compare laptop=a/results desk=b/results.tar.gz --out results/compare

Each is a folder of results or a file of compare/export.py; the first is the reference.
"""

import argparse
from pathlib import Path

from scripts.compare import eligibility, figure, page, sources
from scripts.core.files import atomic
from scripts.figures import files
from scripts.tables.write import write


def options() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sources", nargs="+", metavar="[LABEL=]PATH", help="two or more; first the reference")
    parser.add_argument("--out", type=Path, required=True, help="folder of the files to write")
    return parser.parse_args()


def main() -> None:
    """Write the table, figure and summary of the experiments that the command line names."""
    args = options()
    experiments = sources.read(args.sources)
    tidy = eligibility.tidy(experiments)
    write("compare", tidy, page.page(tidy, experiments), args.out / "compare")
    files.save(figure.draw(tidy, experiments), args.out / "compare", figure.describe(tidy, experiments))
    with atomic(args.out / "summary.txt") as temporary:
        temporary.write_text(page.summary(tidy, experiments) + "\n")
