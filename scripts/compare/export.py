"""Pack an experiment into one file: records, tables, figures, its config and the pins of its environments.

    python scripts export results/quickstart

`snakemake compare` reads such files. The same results give the same file, byte for byte. It has
paths of this machine only where a record has them. Unpacked it is an RO-Crate, a folder of research data that
describes itself.
"""

import argparse
import datetime
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from scripts.compare import crate
from scripts.compare.about import About, read_about
from scripts.compare.archive import KNOWN, pack
from scripts.compare.tools import other_versions
from scripts.core import record
from scripts.core.errors import UserError
from scripts.core.experiment_file import read_experiment
from scripts.core.paths import ROOT
from scripts.core.record import Failure, Record
from scripts.core.run_id import RunId
from scripts.environments.env_file import ENVS, environment_name


def options() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("results", type=Path, help="folder of the experiment, `results` in the config")
    parser.add_argument(
        "--out", type=Path, help="file to write (default: RESULTS/exports/NAME-HOST-DATE.tar.gz)"
    )
    parser.add_argument(
        "--records-only", action="store_true", help="leave tables and figures out, which can be made again"
    )
    parser.add_argument(
        "--about",
        type=Path,
        metavar="FILE",
        help="YAML: license, author: {name, id, affiliation: {name, url}} and workflow, its address",
    )
    return parser.parse_args()


def read_records(folder: Path, planned: Iterable[RunId]) -> dict[RunId, Record]:
    """Read the records of the planned runs that have one. Raises UserError naming a damaged one."""
    records = {}
    for run_id in planned:
        path = run_id.path(folder)
        if path.exists() and not record.read_failure(path):
            try:
                records[run_id] = record.read(path)
            except ValueError as error:
                raise UserError(f"{error}: delete it, or make it again with snakemake") from None
    return records


def contents(
    results: Path, planned: Sequence[RunId], records: Mapping[RunId, Record], folders: Sequence[str]
) -> dict[str, bytes]:
    """Read all that is exported: {name in the export: bytes}; of tables and figures the `folders` named."""
    files = {"experiment.json": experiment(results / "experiment.json")}
    for run_id in planned:
        path = run_id.path(results / "runs")
        if run_id in records or record.read_failure(path):
            files[run_id.path("runs").as_posix()] = path.read_bytes()
    names = {environment_name(run_id.framework, run_id.device) for run_id in planned} | {"analysis"}
    for name in names:
        files[f"envs/{name}.yaml"] = (ENVS / f"{name}.yaml").read_bytes()
    for folder in folders:
        for path in (results / folder).glob("*"):
            if path.is_file() and not path.name.startswith("."):
                files[f"{folder}/{path.name}"] = path.read_bytes()
    return {name: content for name, content in files.items() if KNOWN.fullmatch(name)}


def ended(
    folder: Path, planned: Iterable[RunId], records: Mapping[RunId, Record]
) -> dict[RunId, Record | Failure]:
    """Return the planned runs that ended, with their record or failure."""
    found: dict[RunId, Record | Failure] = {}
    for run_id in planned:
        made = records.get(run_id) or record.read_failure(run_id.path(folder))
        if made:
            found[run_id] = made
    return found


def experiment(path: Path) -> bytes:
    """Write the experiment as JSON.

    Left out is what belongs to this machine alone: mirror, cluster, folders of Python and of one's own data.
    """
    content = json.loads(path.read_text())
    content["config"]["data"]["mirror"] = ""
    for entry in content["config"]["data"].get("own", {}).values():
        entry |= {key: Path(entry[key]).name for key in ("file", "x", "y") if entry.get(key)}
    for key in ("cluster", "compare", "on_failure"):
        content["config"].pop(key, None)
    content.get("analysis", {}).pop("environment", None)
    return json.dumps(content, indent=1).encode()


def host_and_date(records: Mapping[RunId, Record]) -> tuple[str, str]:
    """Return what names the file: where the newest record was made, and when (UTC)."""
    newest = max(records.values(), key=lambda made: made.finished)
    hosts = {made.machine.host for made in records.values()}
    host = newest.machine.host if len(hosts) == 1 else f"{len(hosts)}-hosts"
    return re.sub(r"[^A-Za-z0-9-]+", "-", host), newest.finished[:10]


def older_tables(results: Path, records: Iterable[RunId]) -> bool:
    """Return whether a record is newer than the tables, which then do not have it."""
    table = results / "tables" / "runs.csv"
    newest = max(run_id.path(results / "runs").stat().st_mtime for run_id in records)
    return not table.exists() or table.stat().st_mtime < newest


def export(
    results: Path,
    out: Path | None = None,
    folders: Sequence[str] = ("tables", "figures"),
    about: About | None = None,
) -> tuple[Path, list[str]]:
    """Write the file; `folders` hold what was made of the records. Returns its path and sentences about it.

    Raises UserError if `results` is no experiment or has no finished run.
    """
    if not (results / "experiment.json").exists():
        raise UserError(f"{results}: has no experiment.json: name the folder of an experiment that was run")
    _, planned = read_experiment(results / "experiment.json")
    records = read_records(results / "runs", planned)
    if not records:
        raise UserError(f"{results}/runs: no run is finished, so there is nothing to export")
    host, date = host_and_date(records)
    name = results.resolve().name
    out = out or results / "exports" / f"{name}-{host}-{date}.tar.gz"
    files = contents(results, planned, records, folders)
    files[crate.WORKFLOW] = (ROOT / crate.WORKFLOW).read_bytes()
    files[crate.README] = crate.readme(name, date)
    made = ended(results / "runs", planned, records)
    files[crate.NAME] = crate.metadata(crate.Content(name, date, files, made), about or About())
    facts = {"name": name, "host": host, "date": date, "planned": len(planned), "finished": len(records)}
    when = int(datetime.datetime.fromisoformat(f"{date}T00:00:00+00:00").timestamp())
    pack(files, facts, name, out, when)
    return out, [*remarks(results, planned, records, files, bool(folders)), *other_versions(made)]


def remarks(
    results: Path,
    planned: Sequence[RunId],
    records: Mapping[RunId, Record],
    files: Mapping[str, bytes],
    tables: bool,
) -> Iterator[str]:
    """Write how much is in the file, and what is missing."""
    yield f"{len(records)} of {len(planned)} runs, {len(files)} files"
    if len(records) < len(planned):
        yield f"missing runs: {len(planned) - len(records)}; the file is that of an unfinished experiment"
    if tables and older_tables(results, records):
        yield "the tables are missing or older than the records: run snakemake, then export again"


def main() -> None:
    """Export the experiment that the command line names."""
    args = options()
    folders = () if args.records_only else ("tables", "figures")
    path, sentences = export(args.results, args.out, folders, read_about(args.about))
    print(f"Export: {path} ({path.stat().st_size / 1e6:.1f} MB)")
    for sentence in sentences:
        print(f"  {sentence}")
