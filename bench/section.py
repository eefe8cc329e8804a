"""One comparison as it was measured on a machine, and the JSON file that keeps all of them."""

import datetime
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench import comparisons, lines
from bench.alternate import alternate
from bench.lines import Line
from bench.place import Lacking, Place
from scripts.core.errors import UserError
from scripts.core.files import atomic
from scripts.training.machine import hardware


@dataclass(frozen=True)
class Section:
    """The lines of a comparison, and the subjects that could not be measured here, or failed."""

    date: str  # ISO 8601
    machine: str
    turns: int
    lines: list[Line]
    left_out: list[str]
    failed: list[str]


def measure(name: str, place: Place, turns: int) -> Section:
    """Measure all lines of a comparison that can be measured here; why one cannot is printed."""
    measured: list[Line] = []
    left_out: list[str] = []
    failed: list[str] = []
    for case in comparisons.module(name).cases(place):
        print(f"{name}: {case.subject}", flush=True)
        try:
            sides = case.sides()
            samples, disturbance = alternate(sides, turns)
        except Lacking as error:
            left_out.append(case.subject)
            print(f"  left out: {error}", flush=True)
        except UserError as error:
            failed.append(case.subject)
            print(f"  failed: {error}", flush=True)
        else:
            measured.append(lines.line(case.subject, sides, samples, case.targets, disturbance))
    return Section(datetime.date.today().isoformat(), machine(), turns, measured, left_out, failed)


def machine() -> str:
    """Describe this machine: processor, cores and memory."""
    facts = hardware.describe("cpu")
    return f"{facts.cpu}, {facts.cores} cores, {facts.memory_mb / 1024:.0f} GiB"


def read(file: Path) -> dict[str, Section]:
    """Read what was measured so far, by comparison; nothing if the file is not there."""
    if not file.exists():
        return {}
    content = json.loads(file.read_text(encoding="utf-8"))
    return {name: of_dict(section) for name, section in content.items()}


def of_dict(content: Mapping[str, Any]) -> Section:
    """Return a section as write() has put it."""
    return Section(**{**content, "lines": [lines.of_dict(line) for line in content["lines"]]})


def write(sections: Mapping[str, Section], file: Path) -> None:
    """Write all comparisons, in the order in which one reads."""
    content = {name: asdict(sections[name]) for name in comparisons.NAMES if name in sections}
    with atomic(file) as temporary:
        temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
