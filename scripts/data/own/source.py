"""What `data.own` in the config says of one dataset: which files hold it, and how they are read."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.data import prepared

TABLES = (".csv", ".tsv", ".parquet")
ARRAYS = (".npz",)


@dataclass(frozen=True)
class Source:
    """One entry of `data.own`: a file or folder of images, x and y, or a dataset that scikit-learn brings.

    The config's model has checked it.
    """

    name: str
    file: str = ""
    x: str = ""
    y: str = ""
    sklearn: str = ""
    label: str = ""
    image_size: tuple[int, int] | None = None  # height, width
    standardize: bool = False

    @property
    def paths(self) -> list[Path]:
        """Return the files, or the folder, as given."""
        return [Path(path).expanduser() for path in (self.file, self.x, self.y) if path]

    @property
    def kind(self) -> str:
        """Return a kind of read.READERS; a file of no known ending is a folder of images."""
        if self.sklearn:
            return "bundled"
        if not self.file:
            return "pair"
        suffix = Path(self.file).suffix.lower()
        return "table" if suffix in TABLES else "npz" if suffix in ARRAYS else "images"


def of_entry(name: str, entry: Mapping[str, Any]) -> Source:
    """Return the source of an entry of the config; keys that are null count as left out."""
    given = {key: value for key, value in entry.items() if value is not None}
    if "image_size" in given:
        given["image_size"] = tuple(given["image_size"])
    return Source(name, **given)


def is_prepared(name: str, entry: Mapping[str, Any], folder: Path) -> bool:
    """Return whether a folder holds what this entry gives: no file is newer, and the entry was the same.

    What has no known entry was prepared by an older trainclock.
    """
    made = folder / "data.json"
    if not made.exists() or prepared.entry(folder) not in (None, entry):
        return False
    files = [Path(file) for file in inputs(of_entry(name, entry))]
    return all(file.exists() and file.stat().st_mtime <= made.stat().st_mtime for file in files)


def not_there(source: Source) -> list[str]:
    """Return a line on each file that cannot be read as what it seems to be, by its name alone."""
    lines = []
    for path in source.paths:
        if not path.exists():
            lines.append(f"{str(path)!r} is not there; relative paths are from where snakemake is called")
        elif source.kind == "images" and not path.is_dir():
            known = ", ".join([*TABLES, *ARRAYS])
            lines.append(f"{str(path)!r} is neither a folder of images nor one of {known}")
        elif source.kind != "images" and path.is_dir():
            lines.append(f"{str(path)!r} is a folder; a file was expected")
    return lines


def inputs(source: Source) -> list[str]:
    """Return the files whose change makes the data again; of a folder of images it and its folders.

    Their times change when a file comes or goes. An image that is changed in place goes unnoticed.
    """
    if source.kind != "images":
        return [str(path) for path in source.paths]
    (folder,) = source.paths
    below = sorted(str(path) for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    return [str(folder), *below]
