"""CNTK is not installed where types are checked: everything in it is Any.

Without this file `import cntk` in scripts/training/frameworks/cntk would be taken for that folder.
"""

from typing import Any

def __getattr__(name: str) -> Any: ...
