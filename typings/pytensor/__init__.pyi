"""PyTensor is not installed where types are checked: everything in it is Any.

Without this file `import pytensor` in scripts/training/frameworks/pytensor would be taken for that folder.
"""

from typing import Any

def __getattr__(name: str) -> Any: ...
