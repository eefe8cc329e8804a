"""Our YAML files, read with the standard library alone: the doctor runs before PyYAML is there.

It reads only what the doctor asks, in the way these files are written; a test compares it with PyYAML.
"""

import hashlib
import re
from collections import namedtuple

from scripts.core.errors import UserError
from scripts.environments.env_file import Environment

# files: [Item]; archive: Item or None. An Item's size is None where it is not known.
Dataset = namedtuple("Dataset", "name files archive")
Item = namedtuple("Item", "name size urls mirror_names")


def read_config(file):
    """The keys at the left margin of a config: {key: text or list of texts}, nested ones as raw text."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError("{}: {}".format(file, getattr(error, "strerror", None) or error)) from None
    text = re.sub(r"(^|\s)#.*", "", text)
    found = {}
    for key, first, block in re.findall(r"^(\w+):[ \t]*(.*)\n?((?:(?:[ \t-].*)?\n)*)", text + "\n", re.M):
        value = first.strip()
        if value.startswith("["):
            found[key] = _items((value + " " + block).split("]")[0])
        elif not value and re.match(r"\s*- ", block):
            found[key] = [_bare(line) for line in re.findall(r"^\s*- (.*)", block, re.M)]
        else:
            found[key] = _bare(value) if value else block
    return found


def mirror_of(config):
    """`data.mirror` of a config that read_config() gave; "" if it has none."""
    found = re.search(r"\bmirror:[ \t]*([^,}\n]*)", config.get("data", ""))
    return _bare(found.group(1)) if found else ""


def read_environment(file):
    """An env file as env_file's Environment."""
    text = file.read_bytes()
    head, _, pip = text.decode("utf-8").partition("  - pip:\n")
    conda = re.findall(r"^  - ([^\s=#]+)(?:=(\S+))?", head.partition("dependencies:")[2], re.M)
    return Environment(
        name=file.stem,
        digest=hashlib.sha256(text).hexdigest(),
        python=dict(conda).get("python", ""),
        conda=[name for name, _ in conda if name not in ("python", "pip")],
        pip=[_bare(line) for line in re.findall(r"^      - (.+)", pip, re.M)],
    )


def read_manifest(file):
    """The datasets of the manifest that are downloaded: {name: Dataset}."""
    found = {}
    for name, body in re.findall(r"^(\w+):\n((?:(?:  .*)?\n)+)", file.read_text(encoding="utf-8"), re.M):
        files, urls, archive = (_block(body, key) for key in ("files", "urls", "archive"))
        folders = _list(body, "mirror_folders")
        places = re.findall(r"- (\S+)", urls)
        items = [
            Item(
                path,
                int(size),
                [place + path.rpartition("/")[2] for place in places],
                _mirror_names([path, path.rpartition("/")[2]], folders),
            )
            for path, size in re.findall(r"- name: (\S+)\n\s+size: (\d+)", files)
        ]
        if items:
            found[name] = Dataset(name, items, _archive(archive, folders))
    return found


def _archive(body, folders):
    if not body:
        return None
    name = re.search(r"name: (\S+)", body).group(1)
    size = re.search(r"\bsize: (\d+)", body)
    return Item(
        name,
        int(size.group(1)) if size else None,
        re.findall(r"- (\S+)", body),
        _mirror_names([name, *_list(body, "also")], folders),
    )


def _mirror_names(names, folders):
    return list(dict.fromkeys(names + [folder + "/" + name for folder in folders for name in names]))


def _block(body, key):
    """The indented lines under a dataset's key."""
    found = re.search(r"^  " + key + r":\n((?:    .*\n)+)", body, re.M)
    return found.group(1) if found else ""


def _list(body, key):
    found = re.search(key + r": \[(.*)\]", body)
    return _items(found.group(1)) if found else []


def _items(text):
    return [_bare(item) for item in text.strip("[] \n").split(",") if item.strip()]


def _bare(text):
    """Without the quotes around it."""
    found = re.match(r"""(["'])(.*)\1$""", text.strip())
    return found.group(2) if found else text.strip()
