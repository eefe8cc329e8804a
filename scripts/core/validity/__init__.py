"""When a run is doubtful: what its record says, compared with the config's `limits`.

A flag names one doubt, with what was measured and what to do. The verdict of a run says whether its
times can be trusted; flags that only make a comparison doubtful (other threads, older code) leave it.
"""

from typing import List, Optional, Tuple

from scripts.core import record
from scripts.core.validity import of_the_machine, of_the_run
from scripts.core.validity.check import Check, Limits, Run

# Worst first: a run with several gets the first. Causes come before the symptom: uneven epochs only
# show that something happened.
VERDICTS = {
    "stolen": "the hypervisor gave its processors to other machines meanwhile",
    "throttled": "it was held back by heat, by a CPU quota or for lack of memory",
    "shared": "other programs kept cores busy meanwhile, or another run had its GPU",
    "paused": "it stood still for a while: stopped, waiting, or on a machine that slept",
    "unstable": "its epochs took unequal times, for no reason that could be seen",
    "clean": "nothing disturbed it, as far as the machine reports",
}
CHECKS = [*of_the_machine.CHECKS, *of_the_run.CHECKS]  # in the order in which tables show their flags
Doubt = Tuple[Check, Optional[float], str]  # the check, measured / limit, reason


def doubts(run: Run, limits: Limits) -> List[Doubt]:
    """Return (check, excess, reason) of every check that finds something in a finished run."""
    found = [(check, check.find(run, limits)) for check in CHECKS]
    return [(check, *doubt) for check, doubt in found if doubt]


def doubts_of_record(made: record.Record, limits: Limits) -> List[Doubt]:
    """Return the same for a record, which does not know whether its code is an older one."""
    return doubts({**record.flat(made), "older_code": None}, limits)


def verdict(found: List[Doubt]) -> str:
    """Return one of VERDICTS for a finished run: the worst that its doubts say."""
    verdicts = {check.verdict for check, _, _ in found}
    return next(name for name in VERDICTS if name in verdicts or name == "clean")
