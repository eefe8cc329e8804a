"""Fetch the official files of one dataset and prove them by size and SHA-256.

A mirror is tried first, then each official address. What is complete is collected in a sibling
folder, .partial/DATASET, and moved into place when all files are there: a later call fetches only
what is missing, and goes on with a download that was cut off.
"""

import argparse
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from scripts.core import commands
from scripts.core.errors import UserError
from scripts.data import manifest
from scripts.data.http import Absent, download, log, shown, unreachable
from scripts.data.idx_arrays import IdxArray, idx_file
from scripts.data.manifest import Archive, Dataset, File
from scripts.data.verify import Rejected, copy, extract, is_correct, wrong_size

SHOWN = 8  # names of a folder in a message
WAYS_OUT = """\
Two ways out:
  1. Put the official files (archives or extracted) into a folder and name it: `data.mirror` in
     config.yaml, or TRAINCLOCK_MIRROR=FOLDER in the environment.
  2. Run the embedded experiment, which downloads nothing: {make_quickstart}"""


Address = Path | IdxArray | str  # a file of a folder, an array in one, or a URL


@dataclass(frozen=True)
class Place:
    """Where files may come from: a mirror or the official addresses."""

    name: str
    offers: list[tuple[File | Archive, list[Address]]]  # items with their addresses
    problem: str = ""  # why nothing can be had there
    folder: Path | None = None


@dataclass(frozen=True)
class Failure:
    """Why a place or address did not serve; `file` where it did not serve that one."""

    place: str
    reason: str
    file: str = ""


def fetch(dataset: Dataset, out: str | Path, mirror: str = "") -> None:
    """Bring all files of a dataset into the folder `out`. Raises UserError if that fails."""
    out = Path(out)
    partial = out.parent / ".partial" / out.name
    wanted = lacking(dataset, out, partial)
    failures = []
    for place in [*mirror_places(dataset, mirror), official_place(dataset)]:
        if not wanted:
            break
        failures += collect(dataset, place, wanted, partial)
        wanted = [file for file in wanted if not is_there(file, partial)]
    if wanted:
        raise UserError(failure_message(dataset, wanted, failures))
    move_into_place(dataset, partial, out)
    log(f"{dataset.name}: complete in {out}, every file checked by SHA-256")


def lacking(dataset: Dataset, out: Path, partial: Path) -> list[File]:
    """List the files that are neither in `out` nor in `partial`; what is wrong in `partial` is removed."""
    wanted = []
    for file in dataset.files:
        there = any(is_correct(out / form.name, form) for form in file.forms)
        for form in file.forms:
            if there or not is_correct(partial / form.name, form):
                (partial / form.name).unlink(missing_ok=True)
        if not there and not is_there(file, partial):
            wanted.append(file)
    return wanted


def is_there(file: File, folder: Path) -> bool:
    """Return whether a form of the file is in the folder, into which only correct ones come."""
    return any((folder / form.name).is_file() for form in file.forms)


def collect(dataset: Dataset, place: Place, wanted: list[File], folder: Path) -> list[Failure]:
    """Bring what a place has of the wanted files into `folder`; return what it did not serve, and why."""
    failures = []
    if place.problem:
        failures.append(Failure(place.name, place.problem))
        log(f"{place.name}: {place.problem}")
    dead = unreachable(a for _, addresses in place.offers for a in addresses if isinstance(a, str))
    for item, addresses in place.offers:
        if any(item in file.forms for file in wanted) or (item is dataset.archive and wanted):
            failures += take(item, addresses, place, dead=dead, wanted=wanted, folder=folder)
            wanted = [file for file in wanted if not is_there(file, folder)]
    if wanted and place.folder:
        failures.append(Failure(place.name, f"holds {names_in(place.folder)}"))
    return failures


def names_in(folder: Path) -> str:
    """Return the first names in a folder, for a message: it may be another one than was meant."""
    names = sorted(path.name + "/" * path.is_dir() for path in folder.iterdir())
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return (", ".join(names[:SHOWN]) + more) or "nothing"


def move_into_place(dataset: Dataset, partial: Path, out: Path) -> None:
    """Move the complete files from `partial` to `out`, and remove what is left of `partial`."""
    out.mkdir(parents=True, exist_ok=True)
    for file in dataset.files:
        if is_there(file, partial):
            for form in file.forms:
                (out / form.name).unlink(missing_ok=True)  # a damaged one, say, of another form
        for form in file.forms:
            if (partial / form.name).is_file():
                (out / form.name).parent.mkdir(parents=True, exist_ok=True)
                (partial / form.name).replace(out / form.name)
    shutil.rmtree(partial, ignore_errors=True)
    with suppress(OSError):  # other datasets may be there
        partial.parent.rmdir()


# ---- Places ----


def mirror_places(dataset: Dataset, mirror: str) -> list[Place]:
    """Return the mirror as one Place, or nothing. Raises UserError if it is neither folder nor URL."""
    if not mirror:
        return []
    scheme = urlsplit(mirror).scheme if "://" in mirror else "file"
    name = f"mirror {shown(mirror)}"
    if scheme in ("http", "https") and usable(mirror):
        prefix = mirror.rstrip("/") + "/"
        # By URL the archive comes first: one request instead of one for each member.
        items = [dataset.archive, *forms(dataset)]
        return [Place(name, [(i, [prefix + n for n in i.mirror_names]) for i in items if i])]
    if scheme == "file":
        path = unquote(urlsplit(mirror).path) if "://" in mirror else mirror
        folder = Path(path).expanduser()
        if not folder.is_dir():
            return [Place(name, [], "no such folder")]
        items = [*forms(dataset), dataset.archive]
        return [Place(name, [(i, in_folder(i, folder)) for i in items if i], folder=folder)]
    raise UserError(
        f"data.mirror / TRAINCLOCK_MIRROR: {shown(mirror)} is neither a folder nor an address "
        "that begins with http://, https:// or file://"
    )


def forms(dataset: Dataset) -> list[File]:
    """Return all forms of all files."""
    return [form for file in dataset.files for form in file.forms]


def in_folder(item: File | Archive, folder: Path) -> list[Address]:
    """Return where a folder, or the folder that Keras makes in it, may hold an item."""
    roots = (folder, folder / "datasets")
    addresses: list[Address] = [root / name for root in roots for name in item.mirror_names]
    if isinstance(item, File):
        addresses += [IdxArray(root / name, array) for root in roots for name, array in item.arrays]
    return addresses


def official_place(dataset: Dataset) -> Place:
    """Return the official addresses of all files, then of the archive, as one Place."""
    items = [*dataset.files, dataset.archive]
    return Place("official", [(i, list(i.urls)) for i in items if i])


def usable(url: str) -> bool:
    """Return whether host and port of a URL make sense."""
    try:
        return bool(urlsplit(url).hostname) and urlsplit(url).port != 0
    except ValueError:
        return False


def take(
    item: File | Archive,
    addresses: list[Address],
    place: Place,
    *,
    dead: dict[str, str],
    wanted: list[File],
    folder: Path,
) -> list[Failure]:
    """Try the addresses of an item until one serves; what is wanted goes into `folder`.

    `dead` are addresses that do not answer, and why. Returns why others did not serve.
    """
    absent, failures, official = 0, [], place.name == "official"
    for address in addresses:
        if isinstance(address, str) and address in dead:
            failures.append(Failure(shown(address) if official else place.name, dead[address]))
            continue
        try:
            bring(address, item, folder / item.name)
            if isinstance(item, Archive):
                extract(folder / item.name, wanted, folder)
            return failures
        except Absent as reason:
            absent += 1
            if official:
                failures.append(Failure(shown(address), str(reason)))
        except Rejected as reason:
            failures.append(Failure(shown(address), str(reason)))
            log(f"{shown(address)}: {reason}")
    if absent and absent == len(addresses) and not official:
        failures.append(Failure(place.name, "does not hold", item.name))
    return failures


def bring(address: Address, item: File | Archive, target: Path) -> None:
    """Copy or download one address to the path `target`, checked. Raises Rejected or OSError."""
    if is_correct(target, item):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(address, IdxArray):
        copy(idx_file(address), item, target)
    elif isinstance(address, Path):
        if not address.is_file():
            raise Absent("no such file")
        if item.size is not None and address.stat().st_size != item.size:
            raise Rejected(wrong_size(address.stat().st_size, item.size))
        if not os.access(address, os.R_OK):
            raise Rejected("no permission to read it")
        with address.open("rb") as source:
            copy(source, item, target)
    else:
        download(address, item, target)


def failure_message(dataset: Dataset, wanted: list[File], failures: list[Failure]) -> str:
    """Write the message of a dataset that was not obtained: files, addresses tried, ways out."""
    names = ", ".join(f"{file.name} ({file.size:,} bytes)" for file in wanted[:4])
    more = f" and {len(wanted) - 4} more" if len(wanted) > 4 else ""
    lines = [f"{dataset.name}: could not get {names}{more}. Tried:"]
    reasons = {}
    for failure in failures:
        reasons.setdefault((failure.place, failure.reason), []).append(failure.file)
    for (place, reason), names in reasons.items():
        lines.append(f"  {place}: {reason} {', '.join(filter(None, names))}".rstrip())
    return "\n".join([*lines, WAYS_OUT.format(make_quickstart=commands.make("quickstart"))])


def main() -> None:
    """Fetch the dataset that the command line names."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("dataset", help="name of the dataset in the manifest")
    parser.add_argument("--manifest", default="resources/datasets.yaml", metavar="FILE")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="default: results/raw/DATASET")
    parser.add_argument(
        "--mirror",
        default="",
        metavar="FOLDER_OR_URL",
        help="tried before the official addresses (default: the variable TRAINCLOCK_MIRROR)",
    )
    args = parser.parse_args()
    dataset = manifest.read(args.manifest, args.dataset)
    out = args.out or Path("results/raw", dataset.name)
    fetch(dataset, out, args.mirror or os.environ.get("TRAINCLOCK_MIRROR", ""))
