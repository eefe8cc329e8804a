"""Whether a file is the official one: sizes, SHA-256, and the members of archives."""

import gzip
import hashlib
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import IO, cast

import pooch

from scripts.core.files import atomic
from scripts.data.manifest import Archive, File

DAMAGED = (  # what reading a damaged or encrypted archive raises
    tarfile.TarError,
    zipfile.BadZipFile,
    gzip.BadGzipFile,
    zlib.error,
    EOFError,
    RuntimeError,
)


class Rejected(Exception):
    """Why one address does not serve; the next one is tried."""


def is_correct(path: Path, item: File | Archive) -> bool:
    """Return whether `path` is the file or archive that `item` describes; False if that is not known."""
    if item.sha256 is None or not path.is_file() or path.stat().st_size != item.size:
        return False
    return pooch.file_hash(str(path)) == item.sha256


def check(path: Path, item: File | Archive) -> None:
    """Raise Rejected unless `path` fits what is known of `item`."""
    size = path.stat().st_size
    with path.open("rb") as file:
        page = file.read(256).lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml"))
    if page:
        raise Rejected("a web page instead of the file")
    if item.size is not None and size != item.size:
        raise Rejected(wrong_size(size, item.size))
    if item.sha256 is not None and pooch.file_hash(str(path)) != item.sha256:
        raise Rejected("wrong SHA-256: damaged or another version")


def copy(source: IO[bytes], item: File | Archive, target: Path) -> None:
    """Copy a binary stream to `target`. Raises Rejected unless it is what `item` describes."""
    digest, size = hashlib.sha256(), 0
    with atomic(target) as temporary, temporary.open("wb") as file:
        while block := source.read(1 << 20):
            size += len(block)
            if size > item.limit:  # never more on disk than the manifest says
                raise Rejected(f"larger than {item.limit:,} bytes")
            digest.update(block)
            file.write(block)
        if item.size is not None and size != item.size:
            raise Rejected(wrong_size(size, item.size))
        if item.sha256 is not None and digest.hexdigest() != item.sha256:
            raise Rejected("wrong SHA-256: damaged or another version")


def wrong_size(size: int, expected: int) -> str:
    """Write that a file has another size than expected, both in bytes."""
    return f"{size:,} bytes instead of {expected:,}"


# ---- Archives ----


def extract(archive: Path, files: list[File], folder: Path) -> None:
    """Take files out of a tar or zip archive, each checked. Raises Rejected, and deletes the archive.

    A member is looked for by its name and written under the manifest's, so nothing leaves `folder`;
    links, devices and members of another size are not taken.
    """
    wanted = {file.name: file for file in files}
    try:
        for name, size, open_member in members(archive):
            if name in wanted:
                with open_member() as source:
                    take_member(source, size, wanted.pop(name), folder)
        if wanted:
            raise Rejected(f"the archive lacks {', '.join(wanted)}")
    except DAMAGED as error:
        archive.unlink(missing_ok=True)
        raise Rejected(f"not a usable archive ({error})") from None
    except Rejected:
        archive.unlink(missing_ok=True)
        raise


def members(archive: Path) -> Iterator[tuple[str, int, Callable[[], IO[bytes]]]]:
    """Yield name, size and a function that opens it, of each plain file in a tar or zip archive."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as content:
            for member in content.infolist():
                yield member.filename.removeprefix("./"), member.file_size, partial(content.open, member)
    else:
        with tarfile.open(archive) as content:
            for member in content:
                if member.isreg():
                    # None is what extractfile returns for a member that is no plain file.
                    open_member = cast(Callable[[], IO[bytes]], partial(content.extractfile, member))
                    yield member.name.removeprefix("./"), member.size, open_member


def take_member(source: IO[bytes], size: int, file: File, folder: Path) -> None:
    """Copy a member of `size` bytes into `folder`. Raises Rejected, naming it, unless it is that file."""
    if size != file.size:
        raise Rejected(f"{file.name}: {wrong_size(size, file.size)}")
    try:
        copy(source, file, folder / file.name)
    except Rejected as reason:
        raise Rejected(f"{file.name}: {reason}") from None
