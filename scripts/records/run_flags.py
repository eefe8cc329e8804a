"""The flags of all runs, computed once, when the records are collected.

A flag is what is doubtful in a run by itself, or in what it is compared with.

Rows are mappings of the columns of the table of runs. Everything after reads the column `flags`.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from statistics import median

from scripts.core import validity
from scripts.core.columns import BLOCK
from scripts.core.text import machine_words

STALE, MIXED = "stale", "mixed machines"
ADVICE = {
    "failed": "fix the reason, then your command with --forcerun and the files that `status --failed` prints",
    "missing": "make it with the same command; if it fails, its log says why",
    **{check.flag: check.advice for check in validity.CHECKS},
    STALE: "make the older runs again (your command with --forcerun FILE), or compare with care",
    MIXED: "make all runs of a comparison on one kind of machine with the same threads:",
}  # in the order in which tables show the flags
# Facts that must agree between finished runs which share the columns: fact: (columns, in words).
SAME = {
    "data_digest": (["dataset"], "the prepared data"),
    "split_digest": (["dataset", "split", "replicate", "fold"], "the split"),
}
COMPARED = [*BLOCK, "dataset"]  # finished runs that share these should have run on one kind of machine
# And those that share these on machines of one speed: virtual machines often have the same name and processor
# on other hardware. Both splits and implementations are compared.
ONE_SPEED = ["settings", "device", "dataset", "framework"]
SPEED_APART = 0.15  # of the median; on a calm machine the calibration varies by a tenth at most


def add_flags(rows: list[dict], limits: Mapping) -> None:
    """Add `flags` and `validity` to the rows of all finished runs.

    `flags` is a list of {flag, excess, reason}: excess is measured / limit, or None. `validity` is one of
    validity.VERDICTS. `limits` is that section of the config.
    """
    for row in rows:
        if row["status"] == "ok":
            add_own(row, limits)
    add_compared(rows)


def add_own(row: dict, limits: Mapping) -> None:
    """Add `flags` and `validity` to the row of a finished run: what is doubtful in the run by itself."""
    doubts = validity.doubts(row, limits)
    row["validity"] = validity.verdict(doubts)
    row["flags"] = [flag(check.flag, reason, excess) for check, excess, reason in doubts]


def add_compared(rows: list[dict]) -> None:
    """Add to the `flags` of finished runs what is doubtful in what they are compared with."""
    finished = [row for row in rows if row["status"] == "ok"]
    for doubtful in (stale, mixed, other_speed):
        for row, raised in list(doubtful(finished)):
            row["flags"].append(raised)


def flag(name: str, reason: str, excess: float | None = None) -> dict:
    """Return one flag as the table of runs holds it."""
    return {"flag": name, "excess": excess, "reason": reason}


def stale(finished: list[dict]) -> Iterator[tuple[dict, dict]]:
    """Yield (row, flag) of runs made from other data or splits than the newest run of their group."""
    for fact, (columns, words) in SAME.items():
        for group in grouped(finished, columns):
            newest = sorted(group, key=lambda row: row["finished"])[-1]
            for row in group:
                if row[fact] != newest[fact]:
                    yield row, flag(STALE, f"{words} changed since it ran ({fact} {row[fact]})")


def mixed(finished: list[dict]) -> Iterator[tuple[dict, dict]]:
    """Yield (row, flag) of runs on another kind of machine than the most of those they are compared with."""
    for group in grouped(finished, COMPARED):
        kinds = [machine_words(row) for row in group]
        ((usual, _),) = Counter(kinds).most_common(1)
        for row, kind in zip(group, kinds, strict=True):
            if kind != usual:
                yield row, flag(MIXED, f"ran on {kind}, most of those compared with it on {usual}")


def other_speed(finished: list[dict]) -> Iterator[tuple[dict, dict]]:
    """Yield (row, flag) of runs whose calibration is far from the median of those they are compared with."""
    for group in grouped(finished, ONE_SPEED):
        known = [row for row in group if row["calibration_gflops"]]
        usual = median(row["calibration_gflops"] for row in known) if known else 0
        for row in known:
            speed, others = row["calibration_gflops"], {one["flag"] for one in row["flags"]}
            if abs(speed - usual) > SPEED_APART * usual and MIXED not in others:
                yield (
                    row,
                    flag(
                        MIXED,
                        f"its machine multiplied matrices at {speed:.0f} GFLOP/s just before, those compared"
                        f" with it at {usual:.0f} (median)",
                    ),
                )


def grouped(rows: list[dict], columns: list[str]) -> list[list[dict]]:
    """Return the rows that agree in these columns, group by group."""
    groups = defaultdict(list)
    for row in rows:
        groups[tuple(row[name] for name in columns)].append(row)
    return list(groups.values())
