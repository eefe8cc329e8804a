"""Download one address: in several attempts, resuming what was cut off, and never more than is expected."""

import hashlib
import socket
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

import pooch
import requests

from scripts.data.manifest import Archive, File
from scripts.data.verify import Rejected, check, wrong_size

ATTEMPTS = 3  # of one address, when the failure may pass
PAUSE_S = 1.0  # before the second attempt; doubled before each further one
TIMEOUT_S = (10, 60)  # to connect, and between two pieces of an answer
PROBE_S = 5.0  # for all hosts together to be found and to answer at all
BLOCK = 1 << 13  # bytes handed on at once; what resuming loses of a cut-off download
SLOWEST = 1024  # bytes a second, on average since the first GRACE_S; whoever is slower is given up
GRACE_S = 60.0
PASSING_STATUS = {408, 425, 429, 500, 502, 503, 504}


class Absent(Rejected):
    """The address does not have the file at all."""


class NotNow(Rejected):
    """The address does not serve at present; what it served of the file is kept."""


def download(url: str, item: File | Archive, target: Path) -> None:
    """Download with retries, resuming what was cut off. Raises Rejected with the reason, or OSError."""
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
        log(f"{shown(url)}: {reason}; trying again")
        time.sleep(PAUSE_S * 2 ** (attempt - 1))


def receive(url: str, part: Path, item: File | Archive) -> None:
    """Append to the file `part` what it lacks; start from zero where the server cannot resume."""
    with part.open("ab") as file:
        start = file.tell()

        def examine(response: requests.Response, **_: object) -> None:
            # The bytes as they are: some servers call a .gz file a compressed transfer.
            response.raw.headers.pop("content-encoding", None)
            examine_answer(response, file, start, item)
            if response.status_code in (200, 206):
                log(f"downloading {shown(url)} (at most {item.limit:,} bytes)")

        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
        get = pooch.HTTPDownloader(
            progressbar=sys.stderr.isatty() and find_spec("tqdm") is not None,
            chunk_size=BLOCK,
            timeout=TIMEOUT_S,
            headers=headers,
            hooks={"response": examine},
        )
        get(url, Bounded(file, item.limit), None)


def examine_answer(response: requests.Response, file: BinaryIO, start: int, item: File | Archive) -> None:
    """Empty `file`, which has `start` bytes, unless the answer continues it.

    Raises NotNow if the answer is not worth what is there, ChunkedEncodingError for a wrong range.
    """
    resumes = response.headers.get("content-range", "").startswith(f"bytes {start}-")
    if response.status_code == 200 and start:
        check_restart(response.headers, item)
    if response.status_code in (200, 416) or (response.status_code == 206 and not resumes):
        file.truncate(0)
        file.seek(0)
    if response.status_code == 206 and not resumes:
        raise requests.exceptions.ChunkedEncodingError("not the range asked for")


def check_restart(headers: Mapping[str, str], item: File | Archive) -> None:
    """Raise NotNow if a server that starts from zero does not send the file: a piece is given up for it."""
    if headers.get("content-type", "").startswith("text/html"):
        raise NotNow("a web page instead of the file")
    length = headers.get("content-length", "")
    if item.size is not None and length.isdigit() and int(length) != item.size:
        raise NotNow(wrong_size(int(length), item.size))


class Bounded:
    """A binary file that refuses to grow beyond `limit` bytes, or too slowly: an answer may be endless."""

    def __init__(self, file: BinaryIO, limit: int) -> None:
        self.file, self.limit = file, limit
        self.start, self.came = time.monotonic(), 0

    def write(self, block: bytes) -> None:
        """Append a block and flush it. Raises Rejected beyond the limit, NotNow if it comes too slowly."""
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

    def flush(self) -> None:
        """Do nothing, since `write` flushes; pooch calls it after every block."""


def explain(error: requests.RequestException) -> tuple[Rejected, bool]:
    """Return a Rejected with a short reason, and whether another attempt may help."""
    kinds = requests.exceptions
    if isinstance(error, kinds.HTTPError) and error.response is not None:
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


def unreachable(urls: Iterable[str]) -> dict[str, str]:
    """Return the URLs whose host is not found or does not answer: {url: reason}.

    All hosts are asked at once, in threads that may be left behind: without a network, looking up
    a name can take far longer than any timeout of requests.
    """
    hosts = {}
    for url in urls:
        # Behind a proxy it is the proxy that looks names up.
        if not requests.utils.get_environ_proxies(url):
            parts = urlsplit(url)
            port = parts.port or {"http": 80, "https": 443}[parts.scheme]
            hosts.setdefault((parts.hostname, port), []).append(url)
    reasons = dict.fromkeys(hosts, f"no answer within {PROBE_S:g} s")

    def probe(host: tuple[str, int]) -> None:
        try:
            socket.create_connection(host, timeout=PROBE_S).close()
            reasons[host] = ""
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


def shown(address: object) -> str:
    """Write an address as people may see it: without a password that it may hold."""
    scheme, separator, rest = str(address).partition("://")
    host, slash, path = rest.partition("/")
    return scheme + separator + host.rpartition("@")[2] + slash + path


def log(message: str) -> None:
    """Print a message on stderr, where the progress is shown."""
    print(message, file=sys.stderr, flush=True)
