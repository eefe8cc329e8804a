"""Where things lie in a checkout."""

from pathlib import Path
from typing import Union

AnyPath = Union[str, Path]

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "scripts"
RESOURCES = ROOT / "resources"
ENVS = ROOT / "envs"
