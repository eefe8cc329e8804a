"""Gather the records of all planned runs into one tidy table: one row a run, one column a fact.

A run without a record is a row of nulls with status `missing`; one that is recorded as failed has status
`failed` and the reason in `failure`. No run is left out.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path

from scripts.core.experiment_file import read_experiment
from scripts.core.text import many
from scripts.records import foreign, read_records, run_table
from scripts.records.repeated_rows import RepeatedRows


def options() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--experiment", type=Path, required=True, help="JSON: the config and the planned runs"
    )
    parser.add_argument("--runs", type=Path, required=True, help="folder of the records")
    parser.add_argument(
        "--code", nargs="*", default=[], metavar="FRAMEWORK=DIGEST", help="of the present training code"
    )
    parser.add_argument(
        "--data",
        type=Path,
        metavar="FOLDER",
        help="of the prepared datasets, whose digests and rows are compared",
    )
    parser.add_argument("--splits", type=Path, metavar="FOLDER", help="of the index arrays, likewise")
    parser.add_argument(
        "--so-far",
        action="store_true",
        help="records of a config before are missing, instead of an error: their turn has not come yet",
    )
    parser.add_argument("--parquet", type=Path, required=True, help="the table, typed")
    parser.add_argument("--csv", type=Path, required=True, help="the same table as text")
    return parser.parse_args()


def main() -> None:
    """Write the table. Raises UserError naming every record that is not usable."""
    args = options()
    config, planned = read_experiment(args.experiment)
    code = dict(item.split("=", 1) for item in args.code)
    folders = args.data, args.splits
    sources, repeated = foreign.Sources(*folders), RepeatedRows(*folders)
    left_out = [] if args.so_far else None
    rows = read_records.collect(
        config, planned, args.runs, code, sources=sources, repeated=repeated, left_out=left_out
    )
    if left_out:
        print(f"{many(len(left_out), 'record')} left out: {left_out[0]}", file=sys.stderr)
    run_table.write_parquet(rows, args.parquet)
    run_table.write_csv(rows, args.csv)
    count = Counter(row["status"] for row in rows)
    print(f"{count['ok']} of {len(rows)} runs have a record")
    if count["failed"]:
        print(f"{count['failed']} failed; the table of flags has the reasons", file=sys.stderr)
    if count["missing"]:
        print(f"{count['missing']} are missing: run snakemake again to make them", file=sys.stderr)
