"""Files written whole or not at all, and a message for those that are damaged."""

import gzip
import os
import pickle
import re
import shlex
import tarfile
import time
import zipfile
import zlib
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Iterator, Union

from scripts.core.errors import UserError

DAMAGE = (  # what reading a damaged file raises; errors of JSON and of its encoding are ValueErrors
    *(ValueError, TypeError, KeyError, AttributeError, EOFError),
    *(zlib.error, zipfile.BadZipFile, tarfile.TarError, pickle.UnpicklingError),
    *([gzip.BadGzipFile] if hasattr(gzip, "BadGzipFile") else []),  # Python 3.8
)
OLD_S = 24 * 3600  # seconds after which nobody writes a temporary file any more


def utf8_text(path: Union[str, Path]) -> str:
    """Read a text in UTF-8 with any ends of lines, and without the byte order mark of some editors.

    Raises UserError naming the file, and how to convert it, if it is in another encoding, or cannot be read.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}") from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" not in text:
        return text.replace("\r\n", "\n").replace("\r", "\n")
    encoding = "UTF-16" if b"\0" in content else "WINDOWS-1252"  # which has Latin-1's letters
    raise UserError(
        f"{path}: not in UTF-8 but, it seems, in {encoding}: save it as UTF-8 in your editor, or"
        f" iconv -f {encoding} -t UTF-8 {shlex.quote(str(path))} > new.yaml"
    )


@contextmanager
def atomic(path: Union[str, Path]) -> Iterator[Path]:
    """Yield a temporary Path next to `path`, with its suffix; rename it to `path` on success.

    The folder is created where missing. On any failure the temporary file is removed and `path`
    stays as it was. An OSError that names no file (a full disk) is given the name of `path`. What a process
    has left that was killed a day ago or earlier is removed: it may have been on another node.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        remove_leftovers(path)
        yield temporary
        temporary.replace(path)
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


def remove_leftovers(path: Path) -> None:
    """Remove what killed processes of atomic() have left beside `path`."""
    name = re.compile(rf"\.{re.escape(path.stem)}\.\d+{re.escape(path.suffix)}")
    for left in path.parent.iterdir():
        if name.fullmatch(left.name):
            with suppress(OSError):  # another one removes it, too
                if time.time() - left.stat().st_mtime > OLD_S:
                    left.unlink()


@contextmanager
def reading(path: Union[str, Path], kind: str, fix: str = "", cause: bool = False) -> Iterator[None]:
    """Turn what a damaged file raises into the UserError `PATH: not KIND; FIX`.

    With `cause`, what was raised follows in brackets. Other OSErrors (no such file, no permission) pass.
    """
    try:
        yield
    except DAMAGE as error:
        raise UserError(
            f"{path}: not {kind}{f' ({error})' if cause else ''}{f'; {fix}' if fix else ''}"
        ) from None
