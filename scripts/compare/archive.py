"""The file that an experiment is exported to: what is in it, writing it, reading it without trust in it."""

import gzip
import hashlib
import io
import json
import re
import tarfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from scripts.core.files import atomic, reading

FORMAT = "trainclock export 1"
MANIFEST = "manifest.json"
# What an export may hold, below its one folder. Everything else is refused.
KNOWN = re.compile(
    r"manifest\.json|experiment\.json|ro-crate-metadata\.json|README\.md|Snakefile|envs/[a-z0-9_-]+\.yaml|tables/[a-z0-9_-]+\.(csv|md|html|tex|parquet)"
    r"|figures/[a-z0-9_-]+\.(svg|png|html)|runs(/[a-z0-9_]+){6}(/replicate-\d+)?/fold-\d+\.json"
)
MOST_BYTES = 500_000_000  # unpacked
MOST_FILES = 50_000


def digest(content: bytes) -> str:
    """Compute the SHA-256 in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def pack(files: Mapping[str, bytes], facts: Mapping[str, Any], folder: str, path: Path, when: int) -> None:
    """Write {name: bytes} and a manifest below `folder` into the tar.gz `path`, whole or not at all.

    The same files and `facts` (of the manifest) give the same bytes; `when` is the time that all files get,
    in seconds since 1970.
    """
    known = {name: {"bytes": len(files[name]), "sha256": digest(files[name])} for name in sorted(files)}
    manifest = json.dumps({"format": FORMAT, **facts, "files": known}, indent=1).encode()
    with (
        atomic(path) as temporary,
        temporary.open("wb") as file,
        gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=when) as packed,
        tarfile.open(mode="w", fileobj=packed, format=tarfile.PAX_FORMAT) as tar,
    ):
        for name, content in {MANIFEST: manifest, **dict(sorted(files.items()))}.items():
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size, member.mtime, member.mode = len(content), when, 0o644
            tar.addfile(member, io.BytesIO(content))


class Bounded(io.RawIOBase):
    """A stream that reads no more than `most` bytes of `file`: a small file may unpack to a huge one."""

    def __init__(self, file: io.BufferedIOBase, most: int) -> None:
        self.file, self.left = file, most

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Read so many bytes. Raises ValueError beyond the limit."""
        content = self.file.read(min(size, self.left + 1) if size >= 0 else self.left + 1)
        self.left -= len(content)
        if self.left < 0:
            raise ValueError("it unpacks to more than an experiment ever has")
        return content


def unpack(path: str | Path) -> tuple[dict[str, bytes], dict]:
    """Read an export: {name: bytes} and the facts of its manifest. Nothing is written.

    Raises UserError if it is not one, holds anything unknown, or differs from its manifest.
    """
    with reading(path, "an export of trainclock, or damaged", cause=True):
        with open(path, "rb") as file, gzip.GzipFile(fileobj=file) as packed:  # noqa: PTH123
            files = read_members(Bounded(packed, MOST_BYTES))
        manifest = json.loads(files.pop(MANIFEST, b"{}"))
        check(files, manifest)
    return files, {name: value for name, value in manifest.items() if name != "files"}


def read_members(stream: Bounded) -> dict[str, bytes]:
    """Read all files of a tar archive: {name below its one folder: bytes}.

    Raises ValueError if one is unknown.
    """
    files, folders = {}, set()
    with tarfile.open(fileobj=stream, mode="r|") as tar:
        for member in tar:
            folder, *parts = PurePosixPath(member.name).parts or [""]
            name = "/".join(parts)
            if not member.isfile() or f"{folder}/{name}" != member.name or not KNOWN.fullmatch(name):
                raise ValueError(f"it holds {member.name!r}, which no export does")
            if name in files or len(files) >= MOST_FILES:
                raise ValueError(f"it holds {member.name!r} twice, or too many files")
            content = tar.extractfile(member)
            assert content is not None  # it is a plain file
            files[name] = content.read()
            folders.add(folder)
    if len(folders) != 1:
        raise ValueError("it has not one folder")
    return files


def check(files: Mapping[str, bytes], manifest: Mapping[str, Any]) -> None:
    """Raise ValueError unless these files are those of the manifest, byte for byte."""
    if manifest.get("format") != FORMAT:
        raise ValueError(f"its format is {manifest.get('format')!r}, not {FORMAT!r}")
    expected = {name: facts["sha256"] for name, facts in manifest["files"].items()}
    if set(expected) != set(files):
        raise ValueError(f"{min(set(expected) ^ set(files))} is in the file or in its manifest, not in both")
    changed = [name for name, content in files.items() if digest(content) != expected[name]]
    if changed:
        raise ValueError(f"{changed[0]} is not what its manifest says")
