"""Keras is not installed where types are checked: everything in it is Any.

Without this file `import keras` in scripts/training/frameworks/_shared/keras.py would be taken for that
module.
"""

from typing import Any

def __getattr__(name: str) -> Any: ...
