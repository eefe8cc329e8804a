"""Set the results of several machines or dates side by side: a table, a figure and a summary.

    python scripts/compare.py laptop=a/results desk=b/results.tar.gz --out results/compare

Each is a folder of results or a file of export.py; the first is the reference.
"""

import argparse
from pathlib import Path

import comparable
import compare_figure
import compare_page
import sources
import style
from errors import run
from files import atomic
from write_tables import write


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sources", nargs="+", metavar="[LABEL=]PATH", help="two or more; first the reference")
    parser.add_argument("--out", type=Path, required=True, help="folder of the files to write")
    return parser.parse_args()


def main() -> None:
    args = options()
    found = sources.read(args.sources)
    tidy = comparable.tidy(found)
    write("compare", tidy, compare_page.page(tidy, found), args.out / "compare")
    style.save(compare_figure.draw(tidy, found), args.out / "compare")
    with atomic(args.out / "summary.txt") as temporary:
        temporary.write_text(compare_page.summary(tidy, found) + "\n")


if __name__ == "__main__":
    run(main)
