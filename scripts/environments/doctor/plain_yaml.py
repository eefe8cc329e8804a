"""Our YAML files, read with the standard library alone: the doctor runs before PyYAML is there.

It reads only what the doctor asks, in the way these files are written; a test compares it with PyYAML.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any, NamedTuple

from scripts.core.files import utf8_text
from scripts.environments.env_file import BUILDERS, Environment


class Item(NamedTuple):
    """A file or an archive that is downloaded; its size in bytes is None where it is not known."""

    name: str
    size: int | None
    urls: list[str]
    mirror_names: list[str]
    others: "tuple[Item, ...]" = ()  # other forms of the file, of which one is enough


class Dataset(NamedTuple):
    """A dataset that is downloaded: its files, and the archive that has all of them, if there is one."""

    name: str
    files: list[Item]
    archive: Item | None


def read_config(file: Path) -> dict[str, Any]:
    """Read the keys at the left margin of a config: {key: text or list of texts}, nested ones as raw text.

    Raises UserError naming the file if it cannot be read.
    """
    text = re.sub(r"(^|\s)#.*", "", utf8_text(file))
    config = {}
    for key, first, block in re.findall(r"^(\w+):[ \t]*(.*)\n?((?:(?:[ \t-].*)?\n)*)", text + "\n", re.M):
        value = first.strip()
        if value.startswith("["):
            config[key] = _items((value + " " + block).split("]")[0])
        elif not value and re.match(r"\s*- ", block):
            config[key] = [_bare(line) for line in re.findall(r"^\s*- (.*)", block, re.M)]
        else:
            config[key] = _bare(value) if value else block
    return config


def mirror_of(config: dict[str, Any]) -> str:
    """Take `data.mirror` from a config that read_config() gave; "" if it has none."""
    mirror = re.search(r"\bmirror:[ \t]*([^,}\n]*)", config.get("data", ""))
    return _bare(mirror.group(1)) if mirror else ""


def read_environment(file: Path) -> Environment:
    """Read an env file without PyYAML."""
    text = file.read_bytes()
    head, _, pip = text.decode("utf-8").partition("  - pip:\n")
    conda = re.findall(r"^  - ([^\s=#]+)(?:=(\S+))?", head.partition("dependencies:")[2], re.M)
    return Environment(
        name=file.stem,
        digest=hashlib.sha256(text).hexdigest(),
        python=dict(conda).get("python", ""),
        conda=[name for name, _ in conda if name not in ("python", *BUILDERS)],
        pip=[_bare(line) for line in re.findall(r"^      - (.+)", pip, re.M)],
    )


def read_manifest(file: Path) -> dict[str, Dataset]:
    """Read the datasets of the manifest that are downloaded: {name: Dataset}."""
    datasets = {}
    for name, body in re.findall(r"^(\w+):\n((?:(?:  .*)?\n)+)", file.read_text(encoding="utf-8"), re.M):
        files, urls, archive = (_block(body, key) for key in ("files", "urls", "archive"))
        folders = _list(body, "mirror_folders")
        places = re.findall(r"- (\S+)", urls)
        items = [_file(entry, places, folders) for entry in re.split(r"^    - ", files, flags=re.M)[1:]]
        if items:
            datasets[name] = Dataset(name, items, _archive(archive, folders))
    return datasets


def _file(entry: str, places: list[str], folders: list[str]) -> Item:
    """Read a file from its lines: first its own keys, then those of the same file unpacked."""
    own, _, unpacked = entry.partition("unpacked:\n")
    name_and_size = re.compile(r"name: (\S+)\n(?:.*\n)*? +size: (\d+)")
    ((path, size),) = name_and_size.findall(own)
    others = [
        Item(name, int(length), [], _mirror_names([name, *_list(unpacked, "also")], folders))
        for name, length in name_and_size.findall(unpacked)
    ]
    for file in re.findall(r"(\S+): \w+", "".join(re.findall(r"arrays: \{(.*)\}", unpacked))):
        others.append(Item(file, None, [], _mirror_names([file], folders)))
    last = path.rpartition("/")[2]
    urls = [place + last for place in places]
    return Item(path, int(size), urls, _mirror_names([path, last], folders), tuple(others))


def _archive(body: str, folders: list[str]) -> Item | None:
    named = re.search(r"name: (\S+)", body)
    if not named:
        return None
    name = named.group(1)
    size = re.search(r"\bsize: (\d+)", body)
    return Item(
        name,
        int(size.group(1)) if size else None,
        re.findall(r"- (\S+)", body),
        _mirror_names([name, *_list(body, "also")], folders),
    )


def _mirror_names(names: list[str], folders: list[str]) -> list[str]:
    return list(dict.fromkeys(names + [folder + "/" + name for folder in folders for name in names]))


def _block(body: str, key: str) -> str:
    """Return the indented lines under a dataset's key."""
    block = re.search(r"^  " + key + r":\n((?:    .*\n)+)", body, re.M)
    return block.group(1) if block else ""


def _list(body: str, key: str) -> list[str]:
    values = re.search(key + r": \[(.*)\]", body)
    return _items(values.group(1)) if values else []


def _items(text: str) -> list[str]:
    return [_bare(item) for item in text.strip("[] \n").split(",") if item.strip()]


def _bare(text: str) -> str:
    """Return a text without the quotes around it."""
    quoted = re.match(r"""(["'])(.*)\1$""", text.strip())
    return quoted.group(2) if quoted else text.strip()
