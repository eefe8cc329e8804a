"""scripts/download.py: sources in order, retries, archives, checks; the real files of a mirror.

Made-up files and a server on loopback stand in for the internet.
"""

import gzip
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import requests
import yaml
from paths import ROOT

from scripts.core import commands, errors
from scripts.data import download, http, manifest, readers
from scripts.data.verify import is_correct

REPO = ROOT
MANIFEST = REPO / "resources" / "datasets.yaml"
MIRROR = os.environ.get("TRAINCLOCK_MIRROR", "")

PLAIN = bytes(range(256)) * 40
MEMBERS = {"batches/one": b"1" * 5000, "batches/two": b"2" * 3000, "batches/meta": b"names"}


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def entry_of(files, **keys):
    facts = {"format": "idx", "shape": [2, 2, 1], "classes": 2, "rows": 4}
    listed = [{"name": n, "size": len(c), "sha256": sha256(c)} for n, c in files.items()]
    return facts | {"files": listed} | keys


def tar_of(members, prefix=""):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(prefix + name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def archive_entry(content, *urls, **keys):
    facts = {"name": "batches.tar.gz", "size": len(content), "sha256": sha256(content)}
    return facts | {"urls": list(urls)} | keys


@pytest.fixture(autouse=True)
def surroundings(monkeypatch):
    monkeypatch.delenv("TRAINCLOCK_MIRROR", raising=False)
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(http, "PAUSE_S", 0.01)


@pytest.fixture
def fetch(tmp_path):
    """fetch(entry, mirror): download a made-up dataset into raw/made; its files as bytes."""

    def call(entry, mirror=""):
        path = tmp_path / "datasets.yaml"
        path.write_text(yaml.safe_dump({"made": entry}))
        out = tmp_path / "raw" / "made"
        download.fetch(manifest.read(path, "made"), out, str(mirror))
        return contents(out)

    return call


def contents(folder):
    folder = Path(folder)
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if not p.is_dir()}


class Answers(BaseHTTPRequestHandler):
    """Answers a path with the next of its planned answers; the last one is repeated."""

    def do_GET(self):
        plan = self.server.plans.get(self.path, [404])
        answer = plan.pop(0) if len(plan) > 1 else plan[0]
        self.server.asked.append((self.path, self.headers.get("Range")))
        if isinstance(answer, int):
            self.send_error(answer)
        elif isinstance(answer, bytes):
            self.reply(200, answer)
        else:
            answer(self)

    def reply(self, status, body, length=None, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if length != "unknown":
            self.send_header("Content-Length", str(length or len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    """A server on loopback: .url, .plans {path: [answers]}, .asked [(path, Range header)]."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.plans, server.asked, server.over = {}, [], threading.Event()
    server.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.over.set()
    server.shutdown()
    server.server_close()
    thread.join()


# ---- Addresses, one after the other ----


def test_official_address(fetch, server, tmp_path):
    server.plans["/a/plain.gz"] = [PLAIN]
    assert fetch(entry_of({"plain.gz": PLAIN}, urls=[f"{server.url}/a/"])) == {"plain.gz": PLAIN}
    assert sorted(p.name for p in (tmp_path / "raw").iterdir()) == ["made"]  # nothing else is left


def test_server_error_is_tried_again(fetch, server):
    server.plans["/plain"] = [500, 503, PLAIN]
    assert fetch(entry_of({"plain": PLAIN}, urls=[server.url])) == {"plain": PLAIN}
    assert len(server.asked) == 3


def html(handler):
    handler.reply(200, b"<!DOCTYPE html><title>Log in</title>", Content_Type="text/html")


def redirect_to_page(handler):
    handler.server.plans["/login"] = [html]
    handler.reply(302, b"", Location="/login")


def closed_early(handler):
    handler.reply(200, PLAIN[:5000], length="unknown")


def endless(handler):
    handler.send_response(200)
    handler.end_headers()
    try:
        for _ in range(10_000):
            handler.wfile.write(b"0" * 65536)
    except OSError:
        handler.server.stopped_by_client = True


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        pytest.param(404, "HTTP status 404", id="404"),
        pytest.param(403, "HTTP status 403", id="403"),
        pytest.param(500, "HTTP status 500", id="500"),
        pytest.param(html, "a web page instead of the file", id="web page"),
        pytest.param(redirect_to_page, "a web page instead of the file", id="redirect to a web page"),
        pytest.param(closed_early, "5,000 bytes instead of 10,240", id="closed early"),
        pytest.param(PLAIN[:-1] + b"X", "wrong SHA-256", id="other content"),
        pytest.param(PLAIN + b"X", "larger than 10,240 bytes", id="too long"),
        pytest.param(endless, "larger than 10,240 bytes", id="endless"),
        pytest.param(lambda handler: handler.connection.close(), "connection cut off", id="hung up"),
        pytest.param(
            lambda handler: handler.reply(200, PLAIN[:5000], length=10240), "connection cut off", id="cut off"
        ),
    ],
)
def test_bad_answer_is_rejected_and_the_next_address_tried(fetch, server, tmp_path, bad, reason):
    server.plans = {"/bad/plain": [bad], "/good/plain": [PLAIN]}
    entry = entry_of({"plain": PLAIN}, urls=[f"{server.url}/bad/"])
    with pytest.raises(errors.UserError) as caught:
        fetch(entry)
    assert f"{server.url}/bad/plain: {reason}" in str(caught.value)
    assert not (tmp_path / "raw" / "made").exists()
    entry["urls"].append(f"{server.url}/good/")
    assert fetch(entry) == {"plain": PLAIN}


LONG = os.urandom(4 * http.BLOCK)
KEPT = 2 * http.BLOCK  # whole blocks of what arrived


def cut_off(handler, content=LONG):
    handler.reply(200, content[: KEPT + 1000], length=len(LONG))


def serve_range(handler):
    start = int(handler.headers["Range"].removeprefix("bytes=").rstrip("-"))
    span = f"bytes {start}-{len(LONG) - 1}/{len(LONG)}"
    handler.reply(206, LONG[start:], Content_Range=span)


def serve_all_as_range(handler):
    handler.reply(206, LONG, Content_Range=f"bytes 0-{len(LONG) - 1}/{len(LONG)}")


def test_cut_off_download_is_resumed(fetch, server):
    server.plans["/long"] = [cut_off, serve_range]
    assert fetch(entry_of({"long": LONG}, urls=[server.url])) == {"long": LONG}
    assert server.asked == [("/long", None), ("/long", f"bytes={KEPT}-")]


def test_cut_off_download_is_resumed_by_the_next_call(fetch, server):
    server.plans["/long"] = [cut_off, 503, 503, serve_range]
    with pytest.raises(errors.UserError, match="HTTP status 503"):
        fetch(entry_of({"long": LONG}, urls=[server.url]))
    assert fetch(entry_of({"long": LONG}, urls=[server.url])) == {"long": LONG}
    assert server.asked[-1] == ("/long", f"bytes={KEPT}-")


@pytest.mark.parametrize(
    "answers",
    [
        [LONG],  # a server that knows no ranges
        [416, LONG],
        [serve_all_as_range, LONG],
    ],
    ids=["200", "416", "206"],
)
def test_range_that_cannot_be_had_starts_anew(fetch, server, answers):
    server.plans["/long"] = [cut_off, *answers]
    assert fetch(entry_of({"long": LONG}, urls=[server.url])) == {"long": LONG}


def test_resuming_a_wrong_piece_starts_anew(fetch, server):
    wrong = [lambda handler: cut_off(handler, content=b"?" * len(LONG))]
    server.plans["/long"] = [*wrong, serve_range, LONG]
    assert fetch(entry_of({"long": LONG}, urls=[server.url])) == {"long": LONG}
    assert [asked for _, asked in server.asked] == [None, f"bytes={KEPT}-", None]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(html, "a web page instead of the file"), (LONG[:5], "5 bytes instead of 32,768")],
    ids=["page", "short"],
)
def test_piece_is_not_given_up_for_a_wrong_answer(fetch, server, answer, reason):
    """A network that asks to log in, say, halfway through."""
    server.plans["/long"] = [cut_off, answer, serve_range]
    with pytest.raises(errors.UserError, match=reason):
        fetch(entry_of({"long": LONG}, urls=[server.url]))
    assert fetch(entry_of({"long": LONG}, urls=[server.url])) == {"long": LONG}
    assert [asked for _, asked in server.asked] == [None, f"bytes={KEPT}-", f"bytes={KEPT}-"]


def silent(handler):
    handler.server.over.wait(30)


def stalled(handler):
    handler.reply(200, LONG[:KEPT], length=len(LONG))
    handler.wfile.flush()
    handler.server.over.wait(30)


def trickle(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(LONG)))
    handler.end_headers()
    for start in range(0, len(LONG), 1024):
        handler.server.over.wait(0.02)
        try:
            handler.wfile.write(LONG[start : start + 1024])
        except OSError:  # given up
            return


def test_server_that_says_nothing_is_asked_again_and_then_the_next(fetch, server, monkeypatch):
    monkeypatch.setattr(http, "TIMEOUT_S", (1, 0.1))
    server.plans = {"/bad/long": [silent], "/good/long": [LONG]}
    entry = entry_of({"long": LONG}, urls=[f"{server.url}/bad/"])
    with pytest.raises(errors.UserError, match="/bad/long: no answer in time"):
        fetch(entry)
    assert len(server.asked) == http.ATTEMPTS
    entry["urls"].append(f"{server.url}/good/")
    assert fetch(entry) == {"long": LONG}


def test_download_that_stalls_is_resumed(fetch, server, monkeypatch):
    monkeypatch.setattr(http, "TIMEOUT_S", (1, 0.2))
    server.plans["/long"] = [stalled, serve_range]
    assert fetch(entry_of({"long": LONG}, urls=[server.url])) == {"long": LONG}
    assert server.asked[1] == ("/long", f"bytes={KEPT}-")


def test_slow_server_is_waited_for(fetch, server):
    server.plans["/long"] = [trickle]
    assert fetch(entry_of({"long": LONG}, urls=[server.url])) == {"long": LONG}
    assert len(server.asked) == 1


def test_far_too_slow_server_is_passed_over_and_its_piece_kept(fetch, server, monkeypatch, tmp_path):
    monkeypatch.setattr(http, "GRACE_S", 0.0)
    monkeypatch.setattr(http, "SLOWEST", 10**12)
    server.plans["/long"] = [trickle, serve_range]
    with pytest.raises(errors.UserError, match=r"/long: slower than .* bytes a second; what came is kept"):
        fetch(entry_of({"long": LONG}, urls=[server.url]))
    assert not (tmp_path / "raw" / "made").exists()
    monkeypatch.undo()
    assert fetch(entry_of({"long": LONG}, urls=[server.url])) == {"long": LONG}
    assert [asked for _, asked in server.asked] == [None, f"bytes={http.BLOCK}-"]


def test_gz_file_that_the_server_calls_a_compressed_transfer(fetch, server):
    content = gzip.compress(PLAIN)
    server.plans["/p.gz"] = [lambda handler: handler.reply(200, content, Content_Encoding="gzip")]
    assert fetch(entry_of({"p.gz": content}, urls=[server.url])) == {"p.gz": content}


def test_one_finished_file_is_kept_when_another_fails(fetch, server, tmp_path):
    files = {"first": b"a" * 100, "second": b"b" * 100}
    server.plans = {"/first": [files["first"]], "/second": [404, files["second"]]}
    with pytest.raises(errors.UserError) as caught:
        fetch(entry_of(files, urls=[server.url]))
    assert "could not get second (100 bytes). Tried:" in str(caught.value)
    assert not (tmp_path / "raw" / "made").exists()
    assert fetch(entry_of(files, urls=[server.url])) == files
    assert [path for path, _ in server.asked] == ["/first", "/second", "/second"]


def test_correct_files_are_kept_and_wrong_ones_replaced(fetch, server, tmp_path):
    files = {"first": b"a" * 100, "second": b"b" * 100}
    server.plans = {f"/{name}": [content] for name, content in files.items()}
    fetch(entry_of(files, urls=[server.url]))
    kept = (tmp_path / "raw" / "made" / "first").stat().st_mtime_ns
    (tmp_path / "raw" / "made" / "second").write_bytes(b"x" * 100)
    assert fetch(entry_of(files, urls=[server.url])) == files
    assert (tmp_path / "raw" / "made" / "first").stat().st_mtime_ns == kept
    assert len(server.asked) == 3


def test_leftovers_do_not_replace_correct_files(fetch, server, tmp_path):
    server.plans["/plain"] = [PLAIN]
    fetch(entry_of({"plain": PLAIN}, urls=[server.url]))
    partial = tmp_path / "raw" / ".partial" / "made"
    partial.mkdir(parents=True)
    (partial / "plain").write_bytes(b"half")
    assert fetch(entry_of({"plain": PLAIN}, urls=[server.url])) == {"plain": PLAIN}


def test_leftovers_are_not_trusted(fetch, server, tmp_path):
    files = {"first": b"a" * 100, "second": b"b" * 100}
    partial = tmp_path / "raw" / ".partial" / "made"
    partial.mkdir(parents=True)
    (partial / "first").write_bytes(b"x" * 100)
    (partial / "second").write_bytes(b"b" * 10)
    server.plans = {f"/{name}": [content] for name, content in files.items()}
    assert fetch(entry_of(files, urls=[server.url])) == files


# ---- The mirror ----


def test_mirror_folder_comes_first(fetch, server, tmp_path):
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / "plain").write_bytes(PLAIN)
    entry = entry_of({"plain": PLAIN}, urls=[server.url])
    assert fetch(entry, tmp_path / "mirror") == {"plain": PLAIN}
    assert server.asked == []
    assert (tmp_path / "mirror" / "plain").exists()


def test_file_address_as_mirror(fetch, tmp_path):
    folder = tmp_path / "a mirror"
    folder.mkdir()
    (folder / "plain").write_bytes(PLAIN)
    assert fetch(entry_of({"plain": PLAIN}), folder.as_uri()) == {"plain": PLAIN}


@pytest.mark.parametrize("damaged", [PLAIN[:-1] + b"X", b"<html>", b""])
def test_damaged_file_in_the_mirror_is_passed_over(fetch, server, tmp_path, damaged, capsys):
    (tmp_path / "plain").write_bytes(damaged)
    server.plans["/plain"] = [PLAIN]
    assert fetch(entry_of({"plain": PLAIN}, urls=[server.url]), tmp_path) == {"plain": PLAIN}
    assert f"{tmp_path / 'plain'}: " in capsys.readouterr().err


def test_mirror_that_lacks_one_file(fetch, server, tmp_path):
    """What it has is taken from it, what it lacks from the official address; or the message names that."""
    files = {"first": b"a" * 100, "second": b"b" * 100, "third": b"c" * 100}
    (tmp_path / "mirror").mkdir()
    for name in ("first", "third"):
        (tmp_path / "mirror" / name).write_bytes(files[name])
    with pytest.raises(errors.UserError) as refused:
        fetch(entry_of(files), tmp_path / "mirror")
    first, second = str(refused.value).splitlines()[:2]
    assert first == "made: could not get second (100 bytes). Tried:"
    assert second == f"  mirror {tmp_path / 'mirror'}: does not hold second"
    assert str(refused.value).splitlines()[2] == f"  mirror {tmp_path / 'mirror'}: holds first, third"
    server.plans = {f"/{name}": [content] for name, content in files.items()}
    assert fetch(entry_of(files, urls=[server.url]), tmp_path / "mirror") == files
    assert [path for path, _ in server.asked] == ["/second"]


@pytest.mark.parametrize(
    "layout",
    ["batches/{}", "{last}", "made/batches/{}", "cache-target/batches/{}"],
)
def test_members_in_the_layouts_of_caches(fetch, tmp_path, layout):
    for name, content in MEMBERS.items():
        last = name.split("/")[1]
        path = tmp_path / "mirror" / layout.format(last, last=last)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    archive = archive_entry(tar_of(MEMBERS))
    entry = entry_of(MEMBERS, archive=archive, mirror_folders=["cache-target", "made"])
    assert fetch(entry, tmp_path / "mirror") == MEMBERS


ARRAY = np.arange(60, dtype=np.uint8).reshape(5, 4, 3)
IDX = bytes([0, 0, 8, 3, 0, 0, 0, 5, 0, 0, 0, 4, 0, 0, 0, 3]) + ARRAY.tobytes()


def packed_or_not():
    """A file that serves in three forms: packed, unpacked, and as an array."""
    packed = gzip.compress(IDX, mtime=0)
    entry = entry_of({"images.gz": packed}, mirror_folders=["MNIST/raw"])
    unpacked = {"name": "images", "also": ["images.idx"], "size": len(IDX), "sha256": sha256(IDX)}
    entry["files"][0]["unpacked"] = unpacked | {"arrays": {"made.npz": "x"}}
    return entry, packed


@pytest.mark.parametrize("name", ["images", "MNIST/raw/images", "images.idx", "datasets/images"])
def test_unpacked_file_in_the_mirror(fetch, tmp_path, name):
    path = tmp_path / "mirror" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(IDX)
    entry, packed = packed_or_not()
    assert fetch(entry, tmp_path / "mirror") == {"images": IDX}
    (tmp_path / "mirror" / "images.gz").write_bytes(packed)
    assert fetch(entry, tmp_path / "mirror") == {"images": IDX}  # what is there is kept


def test_a_damaged_packed_file_gives_way_to_the_unpacked_one(fetch, tmp_path):
    out = tmp_path / "raw" / "made"
    out.mkdir(parents=True)
    (out / "images.gz").write_bytes(b"damaged")
    (tmp_path / "images").write_bytes(IDX)
    assert fetch(packed_or_not()[0], tmp_path) == {"images": IDX}


@pytest.mark.parametrize("name", ["made.npz", "datasets/made.npz"])
def test_arrays_as_keras_keeps_them(fetch, tmp_path, name):
    path = tmp_path / "mirror" / name
    path.parent.mkdir(parents=True)
    np.savez_compressed(path, x=ARRAY, y=ARRAY[0])
    assert fetch(packed_or_not()[0], tmp_path / "mirror") == {"images": IDX}


@pytest.mark.parametrize(
    ("arrays", "reason"),
    [
        ({"x": ARRAY + 1}, "wrong SHA-256"),
        ({"x": ARRAY.astype(float)}, "of float64, not of bytes"),
        ({"y": ARRAY}, "has no array x"),
        ({"x": np.array([{}])}, "not a file of NumPy arrays"),
        (None, "not a file of NumPy arrays"),
    ],
    ids=["other values", "other type", "other name", "objects", "no archive"],
)
def test_arrays_that_do_not_fit(fetch, tmp_path, arrays, reason):
    if arrays is None:
        (tmp_path / "made.npz").write_bytes(b"PK nothing")
    else:
        np.savez(tmp_path / "made.npz", **arrays)
    with pytest.raises(errors.UserError, match=rf"made\.npz \(x\): .*{reason}"):
        fetch(packed_or_not()[0], tmp_path)


def test_a_long_folder_is_not_listed_whole(fetch, tmp_path):
    (tmp_path / "mirror").mkdir()
    for number in range(20):
        (tmp_path / "mirror" / f"f{number:02}").touch()
    with pytest.raises(errors.UserError, match=r"holds f00, f01, .*, f07 and 12 more\n"):
        fetch(entry_of({"plain": PLAIN}), tmp_path / "mirror")


@pytest.mark.parametrize("name", ["batches.tar.gz", "made/batches.tar.gz", "target_archive"])
def test_archive_in_the_mirror(fetch, tmp_path, name):
    content = tar_of(MEMBERS | {"batches/readme": b"not wanted"})
    path = tmp_path / "mirror" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    archive = archive_entry(content, also=["target_archive"])
    entry = entry_of(MEMBERS, archive=archive, mirror_folders=["made"])
    assert fetch(entry, tmp_path / "mirror") == MEMBERS


def test_mirror_address_members_or_archive(fetch, server, tmp_path):
    content = tar_of(MEMBERS)
    entry = entry_of(MEMBERS, archive=archive_entry(content))
    server.plans = {f"/{name}": [content] for name, content in MEMBERS.items()}
    assert fetch(entry, server.url) == MEMBERS
    server.plans = {"/deep/batches.tar.gz": [content]}
    server.asked.clear()
    (tmp_path / "raw" / "made" / "batches" / "one").unlink()
    assert fetch(entry, server.url + "/deep/") == MEMBERS
    assert len(server.asked) == 1


def test_members_of_the_mirror_and_the_rest_from_the_archive(fetch, server, tmp_path):
    (tmp_path / "one").write_bytes(MEMBERS["batches/one"])
    content = tar_of(MEMBERS)
    server.plans["/x.tgz"] = [content]
    entry = entry_of(MEMBERS, archive=archive_entry(content, f"{server.url}/x.tgz"))
    assert fetch(entry, tmp_path) == MEMBERS


@pytest.mark.parametrize("mirror", ["s3://bucket/x", "http://", "http://host:port/"])
def test_mirror_that_is_no_mirror(fetch, mirror):
    with pytest.raises(errors.UserError, match=r"data\.mirror / TRAINCLOCK_MIRROR"):
        fetch(entry_of({"plain": PLAIN}), mirror)


# ---- Archives ----


def test_archive_is_extracted_and_not_kept(fetch, server, tmp_path):
    content = tar_of(MEMBERS, prefix="./")
    server.plans["/batches.tar.gz"] = [content]
    url = f"{server.url}/batches.tar.gz"
    assert fetch(entry_of(MEMBERS, archive=archive_entry(content, url))) == MEMBERS
    assert not (tmp_path / "raw" / ".partial").exists()


def test_zip_of_unknown_checksum(fetch, server):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("plain", PLAIN)
        archive.writestr("../../escaped", b"x")
    server.plans = {
        "/short.zip": [buffer.getvalue()[:-30]],
        "/page.zip": [html],
        "/large.zip": [b"0" * 60_000],
        "/good.zip": [buffer.getvalue()],
    }
    urls = [f"{server.url}/{name}.zip" for name in ("short", "page", "large", "good")]
    entry = {"name": "plain.zip", "max_size": 50_000, "urls": urls}
    assert fetch(entry_of({"plain": PLAIN}, archive=entry)) == {"plain": PLAIN}
    assert len(server.asked) == 4


def test_archive_that_would_leave_the_folder(fetch, server, tmp_path):
    """Members are taken by their exact name and written under the manifest's."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name in ("../../../escaped", str(tmp_path / "absolute"), "batches/../../escaped"):
            info = tarfile.TarInfo(name)
            info.size = 4
            archive.addfile(info, io.BytesIO(b"evil"))
        link = tarfile.TarInfo("batches")
        link.type, link.linkname = tarfile.SYMTYPE, str(tmp_path)
        archive.addfile(link)
        for name, content in MEMBERS.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    content = buffer.getvalue()
    server.plans["/x"] = [content]
    before = set(tmp_path.iterdir())
    assert fetch(entry_of(MEMBERS, archive=archive_entry(content, f"{server.url}/x"))) == MEMBERS
    assert {p.name for p in set(tmp_path.iterdir()) - before} == {"raw", "datasets.yaml"}


def test_member_that_is_a_link_is_not_taken(fetch, server, tmp_path):
    (tmp_path / "secret").write_bytes(PLAIN)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        link = tarfile.TarInfo("plain")
        link.type, link.linkname = tarfile.SYMTYPE, str(tmp_path / "secret")
        archive.addfile(link)
    content = buffer.getvalue()
    server.plans["/x"] = [content]
    with pytest.raises(errors.UserError, match="the archive lacks plain"):
        fetch(entry_of({"plain": PLAIN}, archive=archive_entry(content, f"{server.url}/x")))


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        (MEMBERS | {"batches/one": b"1" * 4999 + b"X"}, "batches/one: wrong SHA-256"),
        (MEMBERS | {"batches/one": b"1" * 900_000}, "batches/one: 900,000 bytes instead of 5,000"),
        ({"other": b""}, "the archive lacks batches/one, batches/two, batches/meta"),
    ],
)
def test_archive_with_wrong_members(fetch, server, tmp_path, members, reason):
    content = tar_of(members)
    server.plans["/x"] = [content]
    with pytest.raises(errors.UserError, match=reason):
        fetch(entry_of(MEMBERS, archive=archive_entry(content, f"{server.url}/x")))
    assert not (tmp_path / "raw" / "made").exists()


@pytest.mark.parametrize("content", [tar_of(MEMBERS)[:-40], b"no archive at all" * 99, b""])
def test_archive_that_is_damaged_although_it_has_the_checksum(fetch, server, content):
    server.plans["/x"] = [content]
    with pytest.raises(errors.UserError, match="not a usable archive"):
        fetch(entry_of(MEMBERS, archive=archive_entry(content, f"{server.url}/x")))


def zip_bomb(claimed=None):
    """50 MB of zeros in 50 kB; its directory may claim another size."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("plain", bytes(50_000_000))
        if claimed is not None:
            archive.getinfo("plain").file_size = claimed
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("claimed", "reason"),
    [(None, "plain: 50,000,000 bytes instead of 10,240"), (len(PLAIN), "not a usable archive")],
    ids=["honest", "lying"],
)
def test_zip_bomb_fills_no_disk(fetch, server, tmp_path, claimed, reason):
    server.plans["/x"] = [zip_bomb(claimed)]
    entry = {"name": "plain.zip", "max_size": 60_000, "urls": [f"{server.url}/x"]}
    with pytest.raises(errors.UserError, match=reason):
        fetch(entry_of({"plain": PLAIN}, archive=entry))
    assert contents(tmp_path / "raw") == {}


# ---- Failing, and the command line ----


def command(*arguments, **environment):
    """Run the step download; its exit status and what it said on stderr."""
    script = [sys.executable, REPO / "scripts", "download"]
    done = subprocess.run(
        [*script, *map(str, arguments)],
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
        env=os.environ | {"NO_PROXY": "*"} | environment,
    )
    return done.returncode, done.stderr


def test_without_network_it_fails_fast_and_says_what_to_do(tmp_path):
    """Names under .invalid are never found (RFC 6761)."""
    path = tmp_path / "datasets.yaml"
    urls = ["https://one.invalid/made/", "https://two.invalid/"]
    path.write_text(yaml.safe_dump({"made": entry_of({"plain": PLAIN, "b": b"b"}, urls=urls)}))
    status, said = command(
        "made", "--manifest", path, "--out", tmp_path / "made", TRAINCLOCK_MIRROR="/no/such/mirror"
    )
    assert status == 1
    assert "error: made: could not get plain (10,240 bytes), b (1 bytes). Tried:" in said
    assert "mirror /no/such/mirror: no such folder" in said
    assert "https://one.invalid/made/plain: " in said
    assert "https://two.invalid/b: " in said
    assert "data.mirror" in said and "TRAINCLOCK_MIRROR=FOLDER" in said
    assert commands.make("quickstart") in said
    assert "Traceback" not in said
    assert not (tmp_path / "made").exists()


def test_hosts_that_never_answer_cost_one_wait(monkeypatch, fetch):
    """A resolver or firewall that swallows everything: all hosts are asked at once."""
    stop = threading.Event()
    monkeypatch.setattr(http, "PROBE_S", 0.2)

    def connect(*_, **__):
        stop.wait(30)
        raise TimeoutError

    monkeypatch.setattr(http.socket, "create_connection", connect)
    urls = [f"https://host{number}.example/" for number in range(5)]
    with pytest.raises(errors.UserError, match=r"host4\.example/a: no answer within 0\.2 s"):
        fetch(entry_of({"a": b"a", "b": b"b"}, urls=urls))
    stop.set()


def test_dead_mirror_address_is_told_once_and_without_its_password(fetch):
    with pytest.raises(errors.UserError) as caught:
        fetch(entry_of(MEMBERS, mirror_folders=["x", "y"]), "http://me:secret@127.0.0.1:9/m")
    reported = [line for line in str(caught.value).splitlines() if "127.0.0.1" in line]
    assert reported == ["  mirror http://127.0.0.1:9/m: connection refused"]


def test_mirror_from_option_wins_over_variable(tmp_path):
    path = tmp_path / "datasets.yaml"
    path.write_text(yaml.safe_dump({"made": entry_of({"plain": PLAIN})}))
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / "plain").write_bytes(PLAIN)
    arguments = ["made", "--manifest", path, "--out", tmp_path / "made"]
    status, said = command(*arguments, TRAINCLOCK_MIRROR=str(tmp_path / "mirror"))
    assert (status, contents(tmp_path / "made")) == (0, {"plain": PLAIN}), said
    (tmp_path / "made" / "plain").unlink()
    status, said = command(*arguments, "--mirror", tmp_path / "mirror", TRAINCLOCK_MIRROR="/no/such/mirror")
    assert (status, contents(tmp_path / "made")) == (0, {"plain": PLAIN}), said


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("other: {}", "unknown dataset 'made'"),
        ("", "unknown dataset 'made'"),
        ("made: {files: []}", "made: the key 'format' is missing"),
        ("made: [", "not readable as YAML"),
        ("made: 3", "made: "),
        (
            "made: {files: [{name: ../x, size: 1, sha256: a}], format: idx}",
            r"'\.\./x' must be relative",
        ),
    ],
)
def test_manifest_mistakes_are_named(tmp_path, text, reason):
    path = tmp_path / "datasets.yaml"
    path.write_text(text)
    with pytest.raises(errors.UserError, match=reason):
        manifest.read(path, "made")


def test_full_disk_names_the_file(tmp_path):
    """A limit on file sizes stands in for a full disk: one message, nothing half-written."""
    content = PLAIN * 40
    path = tmp_path / "datasets.yaml"
    path.write_text(yaml.safe_dump({"made": entry_of({"plain": content})}))
    (tmp_path / "plain").write_bytes(content)
    code = (
        "import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (99999, 99999));"
        "sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    script = [sys.executable, "-c", code, str(REPO / "scripts"), "download"]
    arguments = [
        "made",
        "--manifest",
        path,
        "--out",
        tmp_path / "raw" / "made",
        "--mirror",
        tmp_path,
    ]
    done = subprocess.run([*script, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ") and "plain: File too large" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert contents(tmp_path / "raw") == {}


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own, full after 256 KiB; `small_disk.grow()` makes it larger."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here: not root, or not allowed in this container")
    grow = ["mount", "-o", "remount,size=8m", folder]
    yield SimpleNamespace(folder=folder, grow=lambda: subprocess.run(grow, check=True))
    subprocess.run(["umount", folder], check=True)


def test_full_disk_keeps_the_piece_and_goes_on_when_there_is_room(server, small_disk, tmp_path):
    content = os.urandom(1_000_000)
    path = tmp_path / "datasets.yaml"
    path.write_text(yaml.safe_dump({"made": entry_of({"plain": content}, urls=[server.url])}))

    def rest(handler):
        start = int(handler.headers["Range"].removeprefix("bytes=").rstrip("-"))
        span = f"bytes {start}-{len(content) - 1}/{len(content)}"
        handler.reply(206, content[start:], Content_Range=span)

    server.plans["/plain"] = [content, rest]
    arguments = ["made", "--manifest", path, "--out", small_disk.folder / "raw" / "made"]
    status, said = command(*arguments)
    assert status == 1
    error = said.splitlines()[-1]
    assert error.startswith("error: ") and error.endswith(".part: No space left on device"), said
    assert "Traceback" not in said
    assert not (small_disk.folder / "raw" / "made").exists()
    small_disk.grow()
    status, said = command(*arguments)
    assert (status, contents(small_disk.folder)) == (0, {"raw/made/plain": content}), said
    assert server.asked[-1][1] != "bytes=0-" and server.asked[-1][1] is not None


def test_full_disk_leaves_no_half_prepared_data(small_disk):
    (small_disk.folder / "other").write_bytes(bytes(200_000))
    script = [sys.executable, REPO / "scripts", "prepare", "digits", "--manifest", MANIFEST]
    done = subprocess.run(
        [*script, "--out", small_disk.folder / "digits"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    (error,) = done.stderr.splitlines()
    assert error.startswith("error: ") and error.endswith(": No space left on device")
    assert set(contents(small_disk.folder)) == {"other"}


def test_certificate_and_proxy_failures_have_their_own_words():
    kinds = requests.exceptions
    assert "certificate" in str(http.explain(kinds.SSLError())[0])
    assert "proxy" in str(http.explain(kinds.ProxyError())[0])
    assert not http.explain(kinds.SSLError())[1]
    assert http.explain(kinds.ReadTimeout())[1]


# ---- The project's own manifest, and the real files ----


def test_the_manifest_is_complete():
    entries = yaml.safe_load(MANIFEST.read_text())
    of_study = ["mnist", "cifar10", "cifar100", "letter"]
    assert list(entries) == [*of_study, "fashion_mnist", "kmnist", "emnist_letters", "svhn", "digits"]
    for name, entry in entries.items():
        dataset = manifest.read(MANIFEST, name)
        assert {"title", "source", "licence"} <= set(entry)
        items = [*dataset.files, *([dataset.archive] if dataset.archive else [])]
        for item in items:
            assert item.sha256 is None or len(bytes.fromhex(item.sha256)) == 32
            # Over plain HTTP only what its checksum proves.
            assert all(url.startswith("https://" if item.sha256 is None else "http") for url in item.urls)
        if name in of_study:
            assert all(url.startswith("https://") for item in items for url in item.urls)
            addresses = dataset.files[0].urls + (dataset.archive.urls if dataset.archive else ())
            assert len(addresses) >= 2, name


@pytest.fixture
def scratch(tmp_path):
    """A folder that is emptied; pytest would keep these large files for three sessions."""
    yield tmp_path
    shutil.rmtree(tmp_path)


@pytest.mark.skipif(not MIRROR, reason="TRAINCLOCK_MIRROR is not set: no official files to copy")
@pytest.mark.parametrize("name", ["mnist", "cifar10", "cifar100", "letter"])
def test_real_files_from_the_mirror(name, scratch):
    dataset = manifest.read(MANIFEST, name)
    download.fetch(dataset, scratch / name, MIRROR)
    found = {path for path in scratch.rglob("*") if path.is_file()}
    assert found == {scratch / name / file.name for file in dataset.files}
    assert all(is_correct(scratch / name / file.name, file) for file in dataset.files)


@pytest.mark.skipif(not MIRROR, reason="TRAINCLOCK_MIRROR is not set: no official files to copy")
@pytest.mark.parametrize("form", ["torchvision", "keras"])
def test_real_mnist_as_libraries_keep_it(scratch, form):
    """Unpacked, as torchvision leaves it, and in one file of arrays, as Keras does: the same arrays."""
    dataset = manifest.read(MANIFEST, "mnist")
    parts = [("train", "x_train", "y_train"), ("t10k", "x_test", "y_test")]
    download.fetch(dataset, scratch / "official", MIRROR)
    images, labels, _ = readers.idx(scratch / "official")
    if form == "keras":
        arrays = {}
        for (_, x, y), rows in zip(parts, (slice(60000), slice(60000, None)), strict=True):
            arrays |= {x: images[rows, ..., 0], y: labels[rows].astype(np.uint8)}
        (scratch / "home/datasets").mkdir(parents=True)
        np.savez(scratch / "home/datasets/mnist.npz", **arrays)
    else:
        (scratch / "home/MNIST/raw").mkdir(parents=True)
        for file in dataset.files:
            unpacked = gzip.decompress((scratch / "official" / file.name).read_bytes())
            (scratch / "home/MNIST/raw" / file.name.removesuffix(".gz")).write_bytes(unpacked)
    download.fetch(dataset, scratch / "raw", str(scratch / "home"))
    x, y, _ = readers.idx(scratch / "raw")
    assert (x == images).all() and (y == labels).all()


@pytest.mark.skipif(not MIRROR, reason="TRAINCLOCK_MIRROR is not set: no official files to copy")
def test_real_archive_of_cifar100(scratch):
    archive = Path(MIRROR, "cifar-100-python.tar.gz")
    if not archive.is_file():
        pytest.skip("the mirror has no cifar-100-python.tar.gz")
    (scratch / "mirror").mkdir()
    (scratch / "mirror" / archive.name).symlink_to(archive.resolve())
    dataset = manifest.read(MANIFEST, "cifar100")
    download.fetch(dataset, scratch / "raw", str(scratch / "mirror"))
    assert all(is_correct(scratch / "raw" / file.name, file) for file in dataset.files)
