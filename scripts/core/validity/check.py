"""What a check of a run is."""

import math
from dataclasses import dataclass
from typing import Any, Callable, Mapping, Optional, Tuple

Run = Mapping[str, Any]  # columns of the table of runs: the values of a record
Limits = Mapping[str, Any]  # that section of the config
# (measured / limit or None, reason); None where nothing is doubtful, or the machine does not report it.
Finding = Optional[Tuple[Optional[float], str]]
AGAIN = "and make the run again (your command with --forcerun FILE)"


@dataclass(frozen=True)
class Check:
    """`find(run, limits)` gives (measured / limit or None, reason), or None where nothing is doubtful."""

    flag: str
    verdict: Optional[str]
    find: Callable[[Run, Limits], Finding]
    advice: str


def over(value: Optional[float], limit: float) -> Optional[float]:
    """Return value / limit if the value is known and above the limit, else None; infinite if limit is 0."""
    if value is None or value <= limit:
        return None
    return value / limit if limit else math.inf
