"""The records of all planned runs, checked and read as rows of the table of runs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.core import record
from scripts.core.errors import UserError
from scripts.core.run_id import RunId
from scripts.records import foreign, run_flags, run_table
from scripts.records.repeated_rows import RepeatedRows

SHOWN = 5  # misfits that are named


class Unusable(UserError):
    """Records that are not usable, (path, reason) each: what they are, and how to make them again.

    `what` is the first part alone, for those who cannot make them.
    """

    def __init__(self, misfits: list[tuple[Path, str]]) -> None:
        paths = [str(path) for path, _ in misfits]
        lines = [f"  {reason}" for _, reason in misfits[:SHOWN]]
        if len(misfits) > SHOWN:
            lines.append(f"  and {len(misfits) - SHOWN} more")
        several = len(misfits) > 1
        self.what = "\n".join(
            [
                f"{len(misfits) if several else 'a'} record{'s'[:several]} of this experiment"
                f" {'are' if several else 'is'} not usable:",
                *lines,
            ]
        )
        how = [
            "to make them again, add to your command:",
            f"  --forcerun {' '.join(paths[:SHOWN])}" + (" ..." if len(paths) > SHOWN else ""),
            "or delete these files, and give the same command again",
        ]
        super().__init__("\n".join([self.what, *how]))


def collect(
    config: dict[str, Any],
    planned: list[RunId],
    folder: Path,
    code: Mapping[str, str] | None = None,
    *,
    sources: foreign.Sources | None = None,
    repeated: RepeatedRows | None = None,
    left_out: list[str] | None = None,
) -> list[dict]:
    """Return rows of the table, one for each of `planned` in its order, as mappings, compact.

    `code` maps frameworks to the digest of the present training code; `older_code` is true for records
    that other code made, and null where `code` does not name the framework. `validity` and `flags` are
    those of run_flags. `sources` are the data and splits that records must have been made from; in
    `repeated` they are compared row by row.

    Raises Unusable naming every record that cannot be read or is not of this experiment; where there is a
    list `left_out`, the reasons go there instead, and these runs are missing.
    """
    rows, misfits = [], []
    sources, repeated = sources or foreign.Sources(), repeated or RepeatedRows()
    for run_id in planned:
        path = run_id.path(folder)
        try:
            facts = of_run(run_id, path, config, code or {}, sources)
        except ValueError as error:
            misfits.append((path, str(error)))
            facts = {"status": "missing"}
        whole = row(run_id, facts)
        if facts["status"] == "ok":
            whole |= repeated.of_run(run_id)
            run_flags.add_own(whole, config["limits"])
        rows.append(run_table.compact(whole))
    if left_out is not None:
        left_out += [reason for _, reason in misfits]
    elif misfits:
        raise Unusable(misfits)
    run_flags.add_compared(rows)
    return rows


def of_run(
    run_id: RunId, path: Path, config: dict[str, Any], code: Mapping[str, str], sources: foreign.Sources
) -> dict:
    """Return what is recorded of one run: its status and facts. Raises ValueError if it is not usable."""
    try:
        made = record.read_either(path)
    except FileNotFoundError:
        return {"status": "missing"}
    except UnicodeDecodeError:
        raise ValueError(f"{path}: not a text file") from None
    if isinstance(made, record.Failure):
        return {"status": "failed", "failure": made.reason}
    foreign.check(made, run_id, config)
    sources.check(made)
    return facts_of(made, code)


def alone(made: record.Record, config: Mapping[str, Any], code: Mapping[str, str]) -> dict:
    """Return the row of a record that is compared with no other, such as that of an attempt."""
    whole = row(made.run, facts_of(made, code))
    run_flags.add_own(whole, config["limits"])
    return run_table.compact(whole)


def facts_of(made: record.Record, code: Mapping[str, str]) -> dict:
    """Return the facts of a finished run; `older_code` is None where `code` does not name the framework."""
    framework = made.run.framework
    older = made.origin.trainer_digest != code[framework] if framework in code else None
    return record.flat(made) | {"status": "ok", "older_code": older}


def row(run_id: RunId, facts: Mapping[str, Any]) -> dict:
    """Return the row of a run: all columns, null where nothing is recorded."""
    return dict.fromkeys(run_table.COLUMNS) | vars(run_id) | dict(facts)
