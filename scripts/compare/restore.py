"""Put the records of an export into an experiment, which then goes on where the export ends.

    python scripts restore replication/CPU.tar.gz results/replication

Only records of runs that the experiment plans are taken, made from its config, data and splits. A run that
has a record keeps it.
"""

import argparse
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from scripts.compare import archive
from scripts.core import record
from scripts.core.errors import UserError
from scripts.core.experiment_file import read_experiment
from scripts.core.files import atomic
from scripts.core.text import many
from scripts.records import foreign


def options() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("export", help="file of `make export`")
    parser.add_argument("results", type=Path, help="folder of the experiment, `results` in the config")
    parser.add_argument(
        "--data", type=Path, default=Path("results/data"), help="folder of the prepared datasets"
    )
    return parser.parse_args()


def restore(export: str, results: Path, data: Path) -> tuple[Counter[str], str]:
    """Write the records. Returns how many were `written`, `there` already and `other`, and why the first was.

    Raises UserError if the file is no export, or the experiment is not prepared.
    """
    files, _ = archive.unpack(export)
    if not (results / "experiment.json").exists():
        raise UserError(f"{results}: has no experiment.json; `make restore` writes it, and prepares the data")
    config, planned = read_experiment(results / "experiment.json")
    sources = foreign.Sources(data, results / "splits")
    count, why = Counter(), ""
    for run_id in planned:
        content = files.get(run_id.path("runs").as_posix())
        place = run_id.path(results / "runs")
        if content is None:
            continue
        if place.exists() and not record.read_failure(place):
            count["there"] += 1
            continue
        try:
            with atomic(place) as temporary:
                temporary.write_bytes(content)
                made = record.read(temporary)
                foreign.check(made, run_id, config)
                sources.check(made)
            count["written"] += 1
        except ValueError as error:
            count["other"] += 1
            why = why or str(error)
    return count, why


def in_words(count: Counter[str], why: str) -> Iterator[str]:
    """Write what was restored, and what was not."""
    yield f"{many(count['written'], 'record')} restored"
    if count["there"]:
        yield f"{many(count['there'], 'run')} had a record, which stays"
    if count["other"]:
        yield f"{many(count['other'], 'record')} left out: not what this experiment would make ({why})"


def main() -> None:
    """Restore the records that the command line names. Raises UserError if there is none for the plan."""
    args = options()
    count, why = restore(args.export, args.results, args.data)
    if not count:
        raise UserError(f"{args.export}: holds no run that the experiment in {args.results} plans")
    for sentence in in_words(count, why):
        print(sentence)
