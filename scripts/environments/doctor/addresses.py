"""Which addresses answer, and where pip and uv get packages from. Standard library alone."""

from __future__ import annotations

import configparser
import os
import socket
import ssl
import threading
import time
from base64 import b64encode
from contextlib import suppress
from pathlib import Path
from typing import Any, Iterable, Iterator
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urlsplit, urlunsplit
from urllib.request import Request, urlopen

TIMEOUT_S = 5.0  # for all addresses together
CERTIFICATE = "certificate not accepted"
# The server is there. A login may be in .netrc or a keyring, which are not looked into.
ANSWERS = (401, 403, 405, 429, 501)


def ask(urls: Iterable[str]) -> dict[str, str]:
    """Ask all addresses at once: {url: "" if it answers, else the reason}.

    In threads that may be left behind: without a network, looking up a name can take longer than any
    timeout of urlopen.
    """
    reasons = dict.fromkeys(urls, f"no answer within {TIMEOUT_S:g} s")

    def probe(url: str) -> None:
        reasons[url] = ask_one(url)

    threads = [threading.Thread(target=probe, args=(url,), daemon=True) for url in reasons]
    deadline = time.monotonic() + TIMEOUT_S
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return dict(reasons)


def ask_one(url: str) -> str:
    """Return "" if the address answers, else the reason in a few words."""
    try:
        request = Request(without_login(url), method="HEAD", headers=login(url))
        urlopen(request, timeout=TIMEOUT_S).close()
    except HTTPError as error:
        return "" if error.code in ANSWERS else f"HTTP status {error.code}"
    except (OSError, ValueError) as error:
        cause = error.reason if isinstance(error, URLError) else error
        if isinstance(cause, ssl.SSLCertVerificationError):
            return CERTIFICATE
        if isinstance(cause, socket.gaierror):
            return "the host's name is not found"
        if isinstance(cause, socket.timeout):
            return f"no answer within {TIMEOUT_S:g} s"
        return str(getattr(cause, "strerror", None) or cause).lower()
    return ""


def login(url: str) -> dict[str, str]:
    """Return the header for the name and password that an address may hold."""
    parts = urlsplit(url)
    if not parts.username:
        return {}
    pair = "{}:{}".format(unquote(parts.username), unquote(parts.password or ""))
    return {"Authorization": "Basic " + b64encode(pair.encode()).decode()}


def without_login(url: str) -> str:
    """Write an address as it is asked and as people may see it: without a password that it may hold."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def pip_indexes() -> list[str]:
    """List where pip looks for packages; empty if it is set to use no index."""
    settings = pip_settings()
    if settings.get("no-index", "").lower() in ("1", "true", "yes", "on"):
        return []
    index = settings.get("index-url") or built_in_index()
    return [index] if index else []


def built_in_index() -> str:
    """Return the address that pip has built in, and uv too; empty in a Python without pip."""
    with suppress(ImportError):
        from pip._internal.models.index import PyPI

        return PyPI.simple_url
    return ""


def pip_settings() -> dict[str, str]:
    """Read pip's files, the later over the earlier, and its environment variables over them."""
    home = Path.home()
    files = [
        Path("/etc/pip.conf"),
        home / ".pip" / "pip.conf",
        Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "pip" / "pip.conf",
        Path(os.environ.get("PIP_CONFIG_FILE") or os.devnull),
    ]
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    with suppress(configparser.Error, UnicodeDecodeError):  # pip itself reports it
        parser.read(map(str, files))
    settings = {}
    for section in ("global", "install"):
        if parser.has_section(section):
            settings.update(parser.items(section))
    for name in ("index-url", "no-index"):
        value = os.environ.get("PIP_" + name.upper().replace("-", "_"))
        if value:
            settings[name] = value
    return settings


def uv_indexes() -> list[str]:
    """List where uv looks for packages, in its order; empty if it is set to use no index.

    Variables and uv.toml of the user and the machine; uv.toml needs Python 3.11 to be read.
    """
    if os.environ.get("UV_NO_INDEX") or os.environ.get("UV_OFFLINE"):
        return []
    extra, default = [], ""
    for settings in uv_files():
        for index in settings.get("index", []):
            if index.get("default"):
                default = default or index["url"]
            else:
                extra.append(index["url"])
        default = default or settings.get("index-url", "")
    variables = os.environ.get("UV_INDEX", "") + " " + os.environ.get("UV_EXTRA_INDEX_URL", "")
    named = [item.split("=", 1)[-1] if "=" in item.split("://")[0] else item for item in variables.split()]
    default = os.environ.get("UV_DEFAULT_INDEX") or os.environ.get("UV_INDEX_URL") or default
    default = default or built_in_index()
    if "=" in default.split("://")[0]:
        default = default.split("=", 1)[-1]
    return [*named, *extra, *filter(None, [default])]


def uv_pip_settings() -> list[dict[str, Any]]:
    """List the sections [pip] of uv's files."""
    return [settings["pip"] for settings in uv_files() if isinstance(settings.get("pip"), dict)]


def uv_files() -> Iterator[dict[str, Any]]:
    """Yield the content of each uv.toml of the user and the machine; none before Python 3.11."""
    try:
        import tomllib
    except ImportError:
        return
    home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    named = os.environ.get("UV_CONFIG_FILE")
    for file in [Path(named)] if named else [home / "uv" / "uv.toml", Path("/etc/uv/uv.toml")]:
        try:
            yield tomllib.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue  # not there, or uv itself reports it
