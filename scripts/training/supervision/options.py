"""Options that the steps supervise and train-folds have in common."""

import argparse

from scripts.training.supervision import repeat


def parser(description: str) -> argparse.ArgumentParser:
    """Make a parser of the common options."""
    options = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--on-failure", default="stop", choices=["stop", "record"])
    options.add_argument(
        "--tried-again", action="store_true", help="if it is killed, it is tried again with more memory"
    )
    options.add_argument("--repeat", type=repeat.policy, metavar="JSON", help="what to do if it is doubtful")
    options.add_argument(
        "--terminal", type=int, metavar="FD", help="file descriptor of the terminal, if the log is another"
    )
    options.add_argument("command", nargs=argparse.REMAINDER, help="after --")
    return options


def parsed(options: argparse.ArgumentParser) -> argparse.Namespace:
    """Parse the command line, and take the `--` from the command."""
    args = options.parse_args()
    args.command = args.command[args.command[:1] == ["--"] :]
    if not args.command:
        options.error("no command is given after --")
    return args
