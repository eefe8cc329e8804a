"""PaddlePaddle is not installed where types are checked: everything in it is Any.

Without this file `import paddle` in scripts/training/frameworks/paddle would be taken for that folder.
"""

from typing import Any

def __getattr__(name: str) -> Any: ...
