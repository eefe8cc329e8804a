"""Chainer is not installed where types are checked: everything in it is Any.

Without this file `import chainer` in scripts/training/frameworks/chainer would be taken for that folder.
"""

from typing import Any

def __getattr__(name: str) -> Any: ...
