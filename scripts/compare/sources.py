"""What is compared: folders of results and exports, each an experiment of one machine or date."""

import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from scripts.analysis.experiment import read_runs
from scripts.compare import archive
from scripts.compare.named import check_names, parts
from scripts.core.errors import UserError
from scripts.core.experiment_file import read_experiment
from scripts.records import read_records, run_table


@dataclass(frozen=True)
class Source:
    """One experiment: `label` names its columns, `path` is what the user named, `runs` its table of runs."""

    label: str
    path: str
    config: dict
    runs: pd.DataFrame

    @property
    def finished(self) -> pd.DataFrame:
        """Return the finished runs."""
        return self.runs.loc[self.runs["status"] == "ok"]


def read(names: list[str]) -> list[Source]:
    """Read two sources or more, as read_all() does. Raises UserError if one is not there, or named twice."""
    check_names(names)
    return read_all(names)


def read_all(names: list[str]) -> list[Source]:
    """Read the sources, in this order, each with its own label. Raises UserError naming what is wrong."""
    sources, wrong = [], []
    for name in names:
        label, path = parts(name)
        try:
            source = read_folder(Path(path)) if Path(path).is_dir() else read_export(path)
        except UserError as error:
            wrong.append(str(error))
            continue
        if source.finished.empty:
            wrong.append(f"compare: {path}: none of its runs is finished")
            continue
        sources.append(replace(source, path=path, label=label or host_and_date(source.finished)))
    if wrong:
        raise UserError("\n".join(wrong))
    return distinct(sources)


def read_export(path: str) -> Source:
    """Read a file of compare/export.py. Raises UserError naming it."""
    with unpacked(path) as place:
        try:
            return read_folder(place)
        except read_records.Unusable as error:
            what, advice = error.what, "; ask whoever made it to export it again, or leave it out"
        except UserError as error:
            what, advice = str(error), ""
        raise UserError(f"{path}: {what.replace(f'{place}/', '')}{advice}")


@contextmanager
def unpacked(path: str) -> Iterator[Path]:
    """Put the config and the records of an export into a temporary folder, laid out as results are.

    Raises UserError naming the export if it is not one.
    """
    files, _ = archive.unpack(path)
    with tempfile.TemporaryDirectory() as place:
        for name, content in files.items():
            if name == "experiment.json" or name.startswith("runs/"):
                file = Path(place, name)  # archive.KNOWN lets no name lead elsewhere
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content)
        yield Path(place)


def read_folder(folder: Path) -> Source:
    """Read the results of an experiment. Raises UserError naming what is wrong."""
    config, planned = read_experiment(folder / "experiment.json")
    rows = read_records.collect(config, planned, folder / "runs")
    with tempfile.TemporaryDirectory() as place:
        table = Path(place, "runs.parquet")
        run_table.write_parquet(rows, table)
        return Source("", str(folder), config, read_runs(table))


def host_and_date(runs: pd.DataFrame) -> str:
    """Write where most of the runs were made, and when the last one ended: `node1 2026-01-01`."""
    hosts = runs.loc[:, "host"].value_counts()
    others = f" and {len(hosts) - 1} more" if len(hosts) > 1 else ""
    return f"{hosts.index[0]}{others} {max(runs['finished'])[:10]}"


def distinct(sources: list[Source]) -> list[Source]:
    """Make all labels distinct: the path is added to those that several sources have."""
    count = Counter(source.label for source in sources)
    return [
        replace(source, label=f"{source.label} ({source.path})") if count[source.label] > 1 else source
        for source in sources
    ]
