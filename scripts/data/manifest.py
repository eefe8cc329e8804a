"""Read the manifest of datasets, resources/datasets.yaml, which explains its own keys."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from scripts.core.errors import UserError


@dataclass(frozen=True)
class File:
    """One official file: its name below the raw folder and the facts that prove it."""

    name: str
    size: int
    sha256: str
    urls: tuple[str, ...]  # complete addresses
    mirror_names: tuple[str, ...]  # where a mirror may hold it, relative to the mirror
    unpacked: "File | None" = None  # the same without its compression, which serves as well
    arrays: tuple[tuple[str, str], ...] = ()  # (.npz file of a mirror, array in it) that has its content

    @property
    def forms(self) -> "tuple[File, ...]":
        """Return the files of which one is enough, the official one first."""
        return (self, self.unpacked) if self.unpacked else (self,)

    @property
    def limit(self) -> int:
        """Return how many bytes a download may have at most."""
        return self.size


@dataclass(frozen=True)
class Archive:
    """An archive whose members are the files; size and sha256 are None where not known."""

    name: str
    size: int | None
    sha256: str | None
    limit: int
    urls: tuple[str, ...]
    mirror_names: tuple[str, ...]


@dataclass(frozen=True)
class Dataset:
    """One dataset: the reader of its format, the shape that it must have, and its files."""

    name: str
    format: str
    shape: tuple[int, ...]  # of one row
    classes: int
    rows: int
    files: tuple[File, ...]
    archive: Archive | None
    class_names: tuple[str, ...] = ()  # where its files name none


def read(path: str | Path, name: str) -> Dataset:
    """Read the dataset called `name` in the manifest at `path`. Raises UserError, naming the entry."""
    path = Path(path)
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not readable as YAML: {error}") from None
    if not isinstance(entries, dict) or name not in entries:
        known = ", ".join(entries) if isinstance(entries, dict) else "nothing"
        raise UserError(f"unknown dataset {name!r}: {path} has {known}")
    try:
        return _dataset(name, entries[name])
    except KeyError as error:
        raise UserError(f"{path}: {name}: the key {error} is missing") from None
    except (TypeError, ValueError, AttributeError) as error:
        raise UserError(f"{path}: {name}: {error}") from None


def _dataset(name: str, entry: dict[str, Any]) -> Dataset:
    folders = entry.get("mirror_folders", [])
    files = tuple(_file(file, entry.get("urls", []), folders) for file in entry["files"])
    return Dataset(
        name=name,
        format=entry["format"],
        shape=tuple(int(length) for length in entry["shape"]),
        classes=int(entry["classes"]),
        rows=int(entry["rows"]),
        files=files,
        archive=_archive(entry["archive"], folders) if "archive" in entry else None,
        class_names=tuple(map(str, entry.get("class_names", ()))),
    )


def _file(entry: dict[str, Any], urls: list[str], folders: list[str]) -> File:
    name = _inside(entry["name"])
    last = PurePosixPath(name).name
    arrays = [(_inside(file), str(array)) for file, array in entry.get("arrays", {}).items()]
    return File(
        name=name,
        size=int(entry["size"]),
        sha256=str(entry["sha256"]).lower(),
        urls=tuple(url.rstrip("/") + "/" + last for url in urls),
        mirror_names=_mirror_names([name, last, *entry.get("also", [])], folders),
        unpacked=_file(entry["unpacked"], [], folders) if "unpacked" in entry else None,
        arrays=tuple((place, array) for file, array in arrays for place in _mirror_names([file], folders)),
    )


def _archive(entry: dict[str, Any], folders: list[str]) -> Archive:
    known = "sha256" in entry
    return Archive(
        name=_inside(entry["name"]),
        size=int(entry["size"]) if known else None,
        sha256=str(entry["sha256"]).lower() if known else None,
        limit=int(entry["size"] if known else entry["max_size"]),
        urls=tuple(entry["urls"]),
        mirror_names=_mirror_names([entry["name"], *entry.get("also", [])], folders),
    )


def _mirror_names(names: list[str], folders: list[str]) -> tuple[str, ...]:
    every = names + [f"{folder}/{name}" for folder in folders for name in names]
    return tuple(dict.fromkeys(every))


def _inside(name: str) -> str:
    """Return a relative name without `..`: what is written stays below the raw folder. Raises ValueError."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise ValueError(f"the name {name!r} must be relative and stay inside the folder")
    return str(path)
