"""Where things lie in a checkout."""

import os
import re
import sys
from pathlib import Path
from typing import List, Union

AnyPath = Union[str, Path]

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "scripts"
RESOURCES = ROOT / "resources"
ENVS = ROOT / "envs"


def portable(text: str) -> str:
    """Write paths in a text so that they can be shown to others.

    One in this checkout or in the working folder becomes relative to it, one in the home folder begins
    with ~. Others stay.
    """
    home = os.path.expanduser("~")  # noqa: PTH111  no home is no error here
    for folder, name in ((str(ROOT), ""), (str(Path.cwd()), ""), (home, "~/")):
        if len(folder) > 1:
            text = re.sub(rf"(?<![\w./~-]){re.escape(folder)}/", name, text)
    return text


def own_command(step: str, *arguments: str) -> List[str]:
    """Give the command that runs a step in this interpreter, as isolated as this process is."""
    isolation = ["-I"] if sys.flags.isolated else []
    return [sys.executable, *isolation, str(SCRIPTS), step, *arguments]
