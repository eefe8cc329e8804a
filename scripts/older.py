"""Print the paths of all records that other training code made than the present one, a line each.

An edit of the code repeats no run by itself. This makes those runs anew:

    snakemake --cores all --forcerun $(python scripts/older.py results/runs)
"""

import argparse
from pathlib import Path

from cli import UserError, run
from trainer import record
from trainer.code_digest import trainer_digest
from trainer.frameworks import registry


def made_by_older_code(paths):
    """Those of the records at `paths` that other code made; what cannot be read is left to collect.py."""
    present = {name: trainer_digest(name) for name in registry.names()}
    older = []
    for path in paths:
        try:
            found = record.read(path)
        except (OSError, ValueError):
            continue
        if found.origin.trainer_digest != present.get(found.run.framework):
            older.append(path)
    return older


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", type=Path, help="folder of the records, such as results/runs")
    folder = parser.parse_args().runs
    if not folder.is_dir():
        raise UserError(f"{folder}: there is no such folder of records")
    for path in made_by_older_code(sorted(folder.rglob("fold-*.json"))):
        print(path)


if __name__ == "__main__":
    run(main)
