"""Files of which nothing half written or damaged goes on to anybody."""

from __future__ import annotations

import gzip
import pickle
import tarfile
import zipfile
import zlib
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

from cli import UserError

DAMAGE = (  # what reading a damaged file raises; errors of JSON and of its encoding are ValueErrors
    *(ValueError, TypeError, KeyError, AttributeError, EOFError),
    *(gzip.BadGzipFile, zlib.error, zipfile.BadZipFile, tarfile.TarError, pickle.UnpicklingError),
)


@contextmanager
def reading(path: str | Path, kind: str, fix: str = "", cause: bool = False) -> Iterator[None]:
    """Turn what a damaged file raises into the UserError `PATH: not KIND; FIX`.

    With `cause`, what was raised follows in brackets. Other OSErrors (no such file, no permission) pass.
    """
    try:
        yield
    except DAMAGE as error:
        raise UserError(
            f"{path}: not {kind}{f' ({error})' if cause else ''}{f'; {fix}' if fix else ''}"
        ) from None
