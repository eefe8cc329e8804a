"""Fetch the official files of one dataset and prove them by size and SHA-256.

A mirror is tried first, then each official address. What is complete is collected in a sibling
folder, .partial/DATASET, and moved into place when all files are there: a later call fetches only
what is missing, and goes on with a download that was cut off.
"""

import argparse
import gzip
import hashlib
import os
import shutil
import socket
import sys
import tarfile
import threading
import time
import zipfile
import zlib
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit

import cli
import manifest
import pooch
import requests

ATTEMPTS = 3  # of one address, when the failure may pass
PAUSE_S = 1.0  # before the second attempt; doubled before each further one
TIMEOUT_S = (10, 60)  # to connect, and between two pieces of an answer
PROBE_S = 5.0  # for all hosts together to be found and to answer at all
BLOCK = 1 << 13  # bytes handed on at once; what resuming loses of a cut-off download
SLOWEST = 1024  # bytes a second, on average since the first GRACE_S; whoever is slower is given up
GRACE_S = 60.0
PASSING_STATUS = {408, 425, 429, 500, 502, 503, 504}
DAMAGED = (  # what reading a damaged or encrypted archive raises
    tarfile.TarError,
    zipfile.BadZipFile,
    gzip.BadGzipFile,
    zlib.error,
    EOFError,
    RuntimeError,
)

WAYS_OUT = """\
Two ways out:
  1. Put the official files (archives or extracted) into a folder and name it: `data.mirror` in
     config.yaml, or TRAINCLOCK_MIRROR=FOLDER in the environment.
  2. Run the embedded experiment, which downloads nothing: make quickstart
     (snakemake --cores 4 --configfile presets/quickstart.yaml)."""


class Rejected(Exception):
    """Why one address does not serve; the next one is tried."""


class Absent(Rejected):
    """The address does not have the file at all."""


class NotNow(Rejected):
    """The address does not serve at present; what it served of the file is kept."""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
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


def fetch(dataset, out, mirror=""):
    """Bring all files of a Dataset into the folder `out`. Raises UserError if that fails."""
    out = Path(out)
    partial = out.parent / ".partial" / out.name
    wanted = []
    for file in dataset.files:
        there = is_correct(out / file.name, file)
        if there or not is_correct(partial / file.name, file):
            (partial / file.name).unlink(missing_ok=True)
        if not there and not (partial / file.name).is_file():
            wanted.append(file)

    failures = []  # (place or address, name, reason)
    for place in [*mirror_places(dataset, mirror), official_place(dataset)]:
        if not wanted:
            break
        if place.problem:
            failures.append((place.name, "", place.problem))
            say(f"{place.name}: {place.problem}")
        dead = unreachable(address for _, addresses in place.offers for address in addresses)
        for item, addresses in place.offers:
            if item in wanted or (item is dataset.archive and wanted):
                failures += take(item, addresses, place, dead=dead, wanted=wanted, folder=partial)
                wanted = [file for file in wanted if not (partial / file.name).is_file()]
    if wanted:
        raise cli.UserError(failure_message(dataset, wanted, failures))

    out.mkdir(parents=True, exist_ok=True)
    for file in dataset.files:
        if (partial / file.name).is_file():
            (out / file.name).parent.mkdir(parents=True, exist_ok=True)
            (partial / file.name).replace(out / file.name)
    shutil.rmtree(partial, ignore_errors=True)
    with suppress(OSError):  # other datasets may be there
        partial.parent.rmdir()
    say(f"{dataset.name}: complete in {out}, every file checked by SHA-256")


@dataclass(frozen=True)
class Place:
    """Where files may come from: [(File or Archive, its addresses: Paths or URLs), ...]."""

    name: str
    offers: list
    problem: str = ""  # why nothing can be had there


def mirror_places(dataset, mirror):
    """The mirror as one Place, or nothing. Raises UserError if it is neither folder nor URL."""
    if not mirror:
        return []
    scheme = urlsplit(mirror).scheme if "://" in mirror else "file"
    name = f"mirror {shown(mirror)}"
    if scheme in ("http", "https") and usable(mirror):
        prefix = mirror.rstrip("/") + "/"
        # By URL the archive comes first: one request instead of one for each member.
        items = [dataset.archive, *dataset.files]
        return [Place(name, [(i, [prefix + n for n in i.mirror_names]) for i in items if i])]
    if scheme == "file":
        path = unquote(urlsplit(mirror).path) if "://" in mirror else mirror
        folder = Path(path).expanduser()
        if not folder.is_dir():
            return [Place(name, [], "no such folder")]
        items = [*dataset.files, dataset.archive]
        return [Place(name, [(i, [folder / n for n in i.mirror_names]) for i in items if i])]
    raise cli.UserError(
        f"data.mirror / TRAINCLOCK_MIRROR: {shown(mirror)} is neither a folder nor an address "
        "that begins with http://, https:// or file://"
    )


def official_place(dataset):
    items = [*dataset.files, dataset.archive]
    return Place("official", [(i, list(i.urls)) for i in items if i])


def usable(url):
    """Whether host and port of a URL make sense."""
    try:
        return bool(urlsplit(url).hostname) and urlsplit(url).port != 0
    except ValueError:
        return False


def take(item, addresses, place, *, dead, wanted, folder):
    """Try the addresses of an item until one serves; what is wanted goes into `folder`.

    Returns why others did not serve, [(place or address, name, reason), ...].
    """
    absent, failures = 0, []
    for address in addresses:
        official = place.name == "official"
        if address in dead:
            failures.append((shown(address) if official else place.name, "", dead[address]))
            continue
        try:
            bring(address, item, folder / item.name)
            if item not in wanted:
                extract(folder / item.name, wanted, folder)
            return failures
        except Absent as reason:
            absent += 1
            if official:
                failures.append((shown(address), "", str(reason)))
        except Rejected as reason:
            failures.append((shown(address), "", str(reason)))
            say(f"{shown(address)}: {reason}")
    if absent and absent == len(addresses) and not official:
        failures.append((place.name, item.name, "does not hold"))
    return failures


def failure_message(dataset, wanted, failures):
    """The message of a dataset that was not obtained: files, addresses tried, ways out."""
    names = ", ".join(f"{file.name} ({file.size:,} bytes)" for file in wanted[:4])
    more = f" and {len(wanted) - 4} more" if len(wanted) > 4 else ""
    lines = [f"{dataset.name}: could not get {names}{more}. Tried:"]
    reasons = {}
    for place, name, reason in failures:
        reasons.setdefault((place, reason), []).append(name)
    for (place, reason), names in reasons.items():
        lines.append(f"  {place}: {reason} {', '.join(filter(None, names))}".rstrip())
    return "\n".join([*lines, WAYS_OUT])


# ---- One address ----


def bring(address, item, target):
    """Copy or download one address to the path `target`, checked. Raises Rejected or OSError."""
    if is_correct(target, item):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(address, Path):
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


def copy(source, item, target):
    """Copy a binary stream to `target`. Raises Rejected unless it is what `item` describes."""
    digest, size = hashlib.sha256(), 0
    with cli.atomic(target) as temporary, temporary.open("wb") as file:
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


def download(url, item, target):
    """Download with retries, resuming what was cut off. Raises Rejected with the reason."""
    # The name holds the URL: pieces of two addresses are never joined.
    part = target.with_name(f"{target.name}.{hashlib.sha256(url.encode()).hexdigest()[:8]}.part")
    for attempt in range(1, ATTEMPTS + 1):
        resumed = part.is_file() and part.stat().st_size > 0
        passing = False
        try:
            receive(url, part, item)
            check(part, item)
            part.replace(target)
            return
        except requests.RequestException as error:
            reason, passing = explain(error)
        except NotNow as error:
            reason = error
        except Rejected as error:
            part.unlink(missing_ok=True)
            reason, passing = error, resumed  # the older piece may have been the wrong one
        if attempt == ATTEMPTS or not passing:
            if part.is_file() and part.stat().st_size == 0:
                part.unlink()
            raise reason
        say(f"{shown(url)}: {reason}; trying again")
        time.sleep(PAUSE_S * 2 ** (attempt - 1))


def receive(url, part, item):
    """Append to the file `part` what it lacks; start anew where the server cannot resume."""
    with part.open("ab") as file:
        start = file.tell()

        def examine(response, **_):
            # The bytes as they are: some servers call a .gz file a compressed transfer.
            response.raw.headers.pop("content-encoding", None)
            resumes = response.headers.get("content-range", "").startswith(f"bytes {start}-")
            if response.status_code == 200 and start:
                check_anew(response.headers, item)
            if response.status_code in (200, 416) or (response.status_code == 206 and not resumes):
                file.truncate(0)
                file.seek(0)
            if response.status_code == 206 and not resumes:
                raise requests.exceptions.ChunkedEncodingError("not the range asked for")
            if response.status_code in (200, 206):
                say(f"downloading {shown(url)} (at most {item.limit:,} bytes)")

        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
        get = pooch.HTTPDownloader(
            progressbar=sys.stderr.isatty() and find_spec("tqdm") is not None,
            chunk_size=BLOCK,
            timeout=TIMEOUT_S,
            headers=headers,
            hooks={"response": examine},
        )
        get(url, Bounded(file, item.limit), None)


def check_anew(headers, item):
    """Before a piece is given up for a server that begins anew. Raises NotNow if it is not with the file."""
    if headers.get("content-type", "").startswith("text/html"):
        raise NotNow("a web page instead of the file")
    length = headers.get("content-length", "")
    if item.size is not None and length.isdigit() and int(length) != item.size:
        raise NotNow(wrong_size(int(length), item.size))


class Bounded:
    """A binary file that refuses to grow beyond `limit` bytes, or too slowly: an answer may be endless."""

    def __init__(self, file, limit):
        self.file, self.limit = file, limit
        self.start, self.came = time.monotonic(), 0

    def write(self, block):
        if self.file.tell() + len(block) > self.limit:
            raise Rejected(f"larger than {self.limit:,} bytes")
        try:
            self.file.write(block)
            self.file.flush()
        except OSError as error:  # a full disk; named, for the message
            error.filename = self.file.name
            raise
        self.came += len(block)
        seconds = time.monotonic() - self.start
        if seconds > GRACE_S and self.came < SLOWEST * seconds:
            raise NotNow(f"slower than {SLOWEST:,} bytes a second; what came is kept")

    def flush(self):
        """Done by `write`; pooch asks for it after every block."""


def explain(error):
    """A requests error as (Rejected with a short reason, whether another attempt may help)."""
    kinds = requests.exceptions
    if isinstance(error, kinds.HTTPError):
        status = error.response.status_code
        kind = Absent if status in (404, 410) else Rejected
        return kind(f"HTTP status {status}"), status in PASSING_STATUS or status == 416
    if isinstance(error, kinds.SSLError):
        return Rejected(
            "the server's certificate is not accepted (behind a proxy that has its own, "
            "set REQUESTS_CA_BUNDLE)"
        ), False
    if isinstance(error, kinds.ProxyError):
        return Rejected("the proxy does not answer (see the variable HTTPS_PROXY)"), False
    if isinstance(error, kinds.Timeout):
        return Rejected("no answer in time"), True
    if isinstance(error, kinds.ConnectionError | kinds.ChunkedEncodingError):
        return Rejected("connection cut off"), True
    return Rejected(f"{type(error).__name__}: {error}"), False


def unreachable(addresses):
    """The URLs among `addresses` whose host is not found or does not answer: {url: reason}.

    All hosts are asked at once, in threads that may be left behind: without a network, looking up
    a name can take far longer than any timeout of requests.
    """
    hosts = {}
    for url in addresses:
        # Behind a proxy it is the proxy that looks names up.
        if not isinstance(url, Path) and not requests.utils.get_environ_proxies(url):
            parts = urlsplit(url)
            port = parts.port or {"http": 80, "https": 443}[parts.scheme]
            hosts.setdefault((parts.hostname, port), []).append(url)
    reasons = dict.fromkeys(hosts, f"no answer within {PROBE_S:g} s")

    def probe(host):
        try:
            socket.create_connection(host, timeout=PROBE_S).close()
            reasons[host] = None
        except socket.gaierror:
            reasons[host] = "the host's name is not found (no network?)"
        except TimeoutError:
            pass
        except OSError as error:
            reasons[host] = (error.strerror or str(error)).lower()

    threads = [threading.Thread(target=probe, args=(host,), daemon=True) for host in hosts]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + PROBE_S
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return {url: reasons[host] for host in hosts if reasons[host] for url in hosts[host]}


# ---- Archives and checks ----


def extract(archive, files, folder):
    """Take the wanted members out of a tar or zip archive, each checked. Raises Rejected.

    A member is looked for by its name and written under the manifest's, so nothing leaves `folder`;
    links, devices and members of another size are not taken.
    """
    wanted = {file.name: file for file in files}
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as content:
                for member in content.infolist():
                    file = wanted.get(member.filename.removeprefix("./"))
                    if file is not None:
                        with content.open(member) as source:
                            take_member(source, member.file_size, wanted.pop(file.name), folder)
        else:
            with tarfile.open(archive) as content:
                for member in content:
                    file = wanted.get(member.name.removeprefix("./"))
                    if file is not None and member.isreg():
                        source = content.extractfile(member)
                        take_member(source, member.size, wanted.pop(file.name), folder)
        if wanted:
            raise Rejected(f"the archive lacks {', '.join(wanted)}")
    except DAMAGED as error:
        archive.unlink(missing_ok=True)
        raise Rejected(f"not a usable archive ({error})") from None
    except Rejected:
        archive.unlink(missing_ok=True)
        raise


def take_member(source, size, file, folder):
    if size != file.size:
        raise Rejected(f"{file.name}: {wrong_size(size, file.size)}")
    try:
        copy(source, file, folder / file.name)
    except Rejected as reason:
        raise Rejected(f"{file.name}: {reason}") from None


def is_correct(path, item):
    """Whether `path` is the file or archive that `item` describes; False if that is not known."""
    if item.sha256 is None or not path.is_file() or path.stat().st_size != item.size:
        return False
    return pooch.file_hash(str(path)) == item.sha256


def check(path, item):
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


def wrong_size(size, expected):
    return f"{size:,} bytes instead of {expected:,}"


def shown(address):
    """An address as people may see it: without a password that it may hold."""
    scheme, separator, rest = str(address).partition("://")
    host, slash, path = rest.partition("/")
    return scheme + separator + host.rpartition("@")[2] + slash + path


def say(text):
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    cli.run(main)
