"""Run the command of one training run, or of its first steps, and make sure that its end is reported.

The reason of a failure becomes the last line of the log, also where the run had no time to report it: killed,
crashed, out of memory. With `--on-failure record` a failure is written in the place of the outputs and the
exit status is 0, so that the rest of the experiment goes on. A run that was interrupted (Ctrl-C, scancel)
is never taken for a failed one. If Snakemake is killed, the run ends too: it would otherwise train on at the
same time as its own repetition.

Runs inside the framework's environment: Python 3.6 or later, nothing else.
"""

import argparse
import sys
from pathlib import Path
from typing import List

from scripts.training.supervision import repeat
from scripts.training.supervision.ancestry import line_to_snakemake
from scripts.training.supervision.attempt import attempt, start_process
from scripts.training.supervision.endings import Rules, announce, exit_status, now
from scripts.training.supervision.options import parsed, parser


def arguments() -> argparse.Namespace:
    """Read the command line."""
    options = parser(__doc__ or "")
    options.add_argument("--log", required=True, type=Path, help="where the output of this command goes")
    options.add_argument("--outputs", required=True, nargs="+", type=Path, help="what the command writes")
    return parsed(options)


def repeat_if_doubtful(args: argparse.Namespace, line: List[int]) -> None:
    """Repeat a run whose record is doubtful. An interruption ends that, and a whole record is there."""
    (out,) = args.outputs

    def again(path: Path) -> bool:
        command = [str(path) if Path(word) == out else word for word in args.command]
        status, interrupt = attempt(lambda: start_process(command), line)
        if interrupt:
            sys.exit(0)
        return status == 0

    repeat.keep_cleanest(out, args.repeat, again, lambda text: announce(f"{out}: {text}", args.terminal))


def main() -> None:
    """Run the command, and report or record how it ended."""
    args = arguments()
    rules = Rules(now(), args.on_failure == "record", args.tried_again)
    line = line_to_snakemake()
    try:
        status, interrupt = attempt(lambda: start_process(args.command), line)
    except OSError as error:
        sys.exit(f"error: {args.command[0]} cannot be run: {error.strerror}")
    if status == 0:
        if args.repeat:
            repeat_if_doubtful(args, line)
        return
    ends = {"log": args.log, "outputs": args.outputs, "rules": rules, "write_line": print_line}
    sys.exit(exit_status(status, interrupt, **ends))


def print_line(text: str) -> None:
    """Print a line into the log, which this process's output is."""
    print(text, flush=True)
