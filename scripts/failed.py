"""Print the paths of all runs and first steps that are recorded as failed (on_failure: record), a line each.

They are not tried again by themselves. This makes them anew:

    snakemake --cores all --forcerun $(python3 scripts/failed.py results)
"""

import argparse
import re
from pathlib import Path

from errors import UserError, run
from trainer import record


def recorded_failures(paths):
    """{path: record.Failure} of those that are there and recorded as failed."""
    found = {path: record.read_failure(path) for path in paths}
    return {path: failure for path, failure in found.items() if failure}


def told_failures(results, files):
    """{log: reason} of those of `files` below the folder `results` that are not there and whose log tells
    in its last line why."""
    found = {}
    for file in files:
        if Path(file).exists():
            continue
        log = log_of(results, file)
        try:
            lines = log.read_text(errors="replace").splitlines()
        except OSError:
            continue  # never started
        if lines and lines[-1].startswith("error: "):
            found[log] = lines[-1][len("error: ") :]
    return found


def log_of(results, file):
    """runs/.../fold-0.json has its log in logs/runs/.../fold-0.log; the two precisions share one."""
    name = Path(file).relative_to(results).with_suffix(".log")
    return results / "logs" / name.with_name(re.sub("-float(32|64)", "", name.name))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("results", type=Path, help="folder of the experiment, such as results")
    folder = parser.parse_args().results
    if not folder.is_dir():
        raise UserError(f"{folder}: there is no such folder")
    files = [*folder.glob("runs/**/fold-*.json"), *folder.glob("parity/**/*.npz")]
    for path in recorded_failures(sorted(files)):
        print(path)


if __name__ == "__main__":
    run(main)
