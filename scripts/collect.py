"""Gather the records of all planned runs into one tidy table: one row a run, one column a fact.

A run without a record is a row of nulls with status `missing`; one that is recorded as failed has status
`failed` and the reason in `failure`. No run is left out.
"""

import argparse
import csv
import json
import sys
import typing
from collections import Counter
from dataclasses import fields
from pathlib import Path

import foreign
import pyarrow as pa
import pyarrow.parquet as pq
import quality
from errors import UserError, run
from files import atomic
from trainer import record

RUN_ID = [item.name for item in fields(record.RunId)]
STATUS = ["status", "failure", "validity", "older_code"]
COLUMNS = [*RUN_ID, *STATUS, *(name for name in record.columns() if name not in RUN_ID)]
SHOWN = 5  # misfits told one by one


def options():
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
        "--data", type=Path, metavar="FOLDER", help="of the prepared datasets, whose digests are compared"
    )
    parser.add_argument(
        "--splits", type=Path, metavar="FOLDER", help="of the index arrays, whose digests are compared"
    )
    parser.add_argument("--parquet", type=Path, required=True, help="the table, typed")
    parser.add_argument("--csv", type=Path, required=True, help="the same table as text")
    return parser.parse_args()


def schema():
    """Arrow schema of the table, from the types of the record: the same whatever is missing."""
    hints = typing.get_type_hints(record.Record)
    for section in record.SECTIONS.values():
        hints.update(typing.get_type_hints(section))
    hints |= {"status": str, "failure": str, "validity": str, "older_code": bool}
    return pa.schema([(name, arrow_type(hints[name])) for name in COLUMNS])


def arrow_type(hint):
    """Lists of numbers stay lists; mappings become JSON text."""
    choices = [choice for choice in typing.get_args(hint) if choice is not type(None)]
    if typing.get_origin(hint) is typing.Union:
        return arrow_type(choices[0])
    if typing.get_origin(hint) is list:
        return pa.list_(arrow_type(choices[0]))
    return {bool: pa.bool_(), int: pa.int64(), float: pa.float64()}.get(hint, pa.string())


def read_experiment(path):
    try:
        experiment = json.loads(path.read_text())
        return experiment["config"], [record.RunId(**planned) for planned in experiment["runs"]]
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"{path}: not an experiment as the workflow writes it ({error!r}):"
            " delete it and run snakemake again"
        ) from None


def collect(config, planned, folder, code=None, sources=None):
    """Rows of the table, one for each of `planned` (RunId) in its order, as mappings.

    `code` maps frameworks to the digest of the present training code; `older_code` is true for records
    that other code made, and null where `code` does not tell. `validity` is one of quality.VERDICTS.
    `sources` (foreign.Sources) are the data and splits that records must have been made from.

    Raises UserError naming every record that cannot be read or is not of this experiment.
    """
    rows, misfits = [], []
    sources = sources or foreign.Sources()
    for run_id in planned:
        path = run_id.path(folder)
        row = dict.fromkeys(COLUMNS) | vars(run_id) | {"status": "missing"}
        failure = record.read_failure(path)
        if failure:
            row |= {"status": "failed", "failure": failure.reason}
        elif path.exists():
            try:
                found = record.read(path)
                foreign.check(found, run_id, config)
                sources.check(found)
                row |= record.flat(found) | {"status": "ok"}
                if run_id.framework in (code or {}):
                    row["older_code"] = found.origin.trainer_digest != code[run_id.framework]
                row["validity"] = quality.verdict(row, config["limits"])
            except UnicodeDecodeError:
                misfits.append((path, f"{path}: not a text file"))
            except ValueError as error:
                misfits.append((path, str(error)))
        rows.append(row)
    if misfits:
        raise UserError(refusal(misfits))
    return rows


def refusal(misfits):
    paths = [str(path) for path, _ in misfits]
    lines = [f"  {reason}" for _, reason in misfits[:SHOWN]]
    if len(misfits) > SHOWN:
        lines.append(f"  and {len(misfits) - SHOWN} more")
    several = len(misfits) > 1
    return "\n".join(
        [
            f"{len(misfits) if several else 'a'} record{'s'[:several]} of this experiment"
            f" {'are' if several else 'is'} not usable:",
            *lines,
            "make them anew, with the --configfile and --config that you use:",
            f"  snakemake --cores all --forcerun {' '.join(paths[:SHOWN])}"
            + (" ..." if len(paths) > SHOWN else ""),
            "or delete these files and run snakemake again",
        ]
    )


def write_parquet(rows, path):
    names = schema().names
    plain = [{name: as_text(row[name], lists=False) for name in names} for row in rows]
    with atomic(path) as temporary:
        pq.write_table(pa.Table.from_pylist(plain, schema=schema()), temporary)


def write_csv(rows, path):
    with atomic(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows([as_text(row[name]) for name in COLUMNS] for row in rows)


def as_text(value, lists=True):
    """Mappings (and lists) as JSON text, everything else as it is; None becomes an empty field."""
    encode = isinstance(value, dict) or (lists and isinstance(value, list))
    return json.dumps(value, sort_keys=isinstance(value, dict)) if encode else value


def main():
    args = options()
    config, planned = read_experiment(args.experiment)
    code = dict(item.split("=", 1) for item in args.code)
    rows = collect(config, planned, args.runs, code, foreign.Sources(args.data, args.splits))
    write_parquet(rows, args.parquet)
    write_csv(rows, args.csv)
    count = Counter(row["status"] for row in rows)
    print(f"{count['ok']} of {len(rows)} runs have a record")
    if count["failed"]:
        print(f"{count['failed']} failed; the table of flags says why", file=sys.stderr)
    if count["missing"]:
        print(f"{count['missing']} are missing: run snakemake again to make them", file=sys.stderr)


if __name__ == "__main__":
    run(main)
