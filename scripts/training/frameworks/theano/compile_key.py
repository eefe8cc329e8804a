"""The key under which Theano keeps the program that it compiled from an operation's C file.

Theano 1.0.5 puts Python's hash of the C code in the key, which differs from process to process. DimShuffle
would be compiled in every process, but only once in a process and its forks: folds that share a process would
build faster than others.
"""

# Theano is not installed where types are checked.
# pyright: reportMissingImports=false

import hashlib
from typing import Any, Tuple


def make_lasting() -> None:
    """Let a process find what another has compiled from the same C file; once Theano is imported."""
    from theano.gof import op

    op.COp.c_code_cache_version = version


def version(operation: Any) -> Tuple[Any, ...]:
    """Give the version of an operation's C code, as `COp.c_code_cache_version` does, by another hash."""
    code = hashlib.sha256("\0".join(operation.func_codes).encode()).hexdigest()
    parameters = getattr(operation, "params_type", None)
    return (code, *([parameters.c_code_cache_version()] if parameters else []))
