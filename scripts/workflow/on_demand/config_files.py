"""The command line of steps that are called by hand: names of datasets, and config files as Snakemake's."""

import argparse
from pathlib import Path
from types import SimpleNamespace

from scripts.core.errors import UserError
from scripts.core.files import utf8_text
from scripts.core.paths import ROOT
from scripts.workflow.config.layers import resolved
from scripts.workflow.planning import Config


def options(description: str | None, which: str) -> argparse.Namespace:
    """Parse the command line; `which` says what is meant where it names no dataset."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of a dataset; default: {which}")
    parser.add_argument(
        "--configfile", nargs="+", type=Path, default=[], metavar="FILE", help="as Snakemake's"
    )
    return parser.parse_args()


def config_of(files: list[Path]) -> Config:
    """Return config.yaml with these files over it. Raises UserError naming one that cannot be read."""
    from snakemake.exceptions import WorkflowError

    for file in files:
        utf8_text(file)
    settings = SimpleNamespace(replace_workflow_config=False, configfiles=files, config={})
    try:
        return resolved(ROOT / "config.yaml", settings)
    except WorkflowError as error:
        raise UserError(f"{', '.join(map(str, files))}: {error}") from None
