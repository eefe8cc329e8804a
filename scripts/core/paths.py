"""Where things lie in a checkout."""

import sys
from pathlib import Path
from typing import List, Union

AnyPath = Union[str, Path]

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "scripts"
RESOURCES = ROOT / "resources"
ENVS = ROOT / "envs"


def own_command(step: str, *arguments: str) -> List[str]:
    """Give the command that runs a step in this interpreter, as isolated as this process is."""
    isolation = ["-I"] if sys.flags.isolated else []
    return [sys.executable, *isolation, str(SCRIPTS), step, *arguments]
