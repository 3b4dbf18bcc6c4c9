"""fetch_model against a small server of our own: resume, checksums, dead addresses, folders, archives."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import io
import json
import os
import re
import socket
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from deepvis.models import download
from deepvis.models.card import read_card
from deepvis.models.fetch import Fetched, NoProgress, fetch_model
from deepvis.models.zoo import models_folder
from deepvis.network.model_error import ModelError

CONTENT = bytes(range(256)) * 4000  # about 1 MB
SHA256 = hashlib.sha256(CONTENT).hexdigest()
SHA1 = hashlib.sha1(CONTENT).hexdigest()
GIT_BLOB = hashlib.sha1(b"blob %d\0" % len(CONTENT) + CONTENT).hexdigest()


class Server(ThreadingHTTPServer):
    """Serves ``files``; ``ranges`` are the Range headers seen; faults by path."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {"/w": CONTENT}
        self.ranges: list[str | None] = []
        self.break_after: int | None = None  # bytes of the next answer, then the connection is cut
        self.resumes = True

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        content = self.server.files.get(self.path)
        wanted = self.headers.get("Range")
        self.server.ranges.append(wanted)
        if content is None:
            return self.send_error(404)
        start = int(re.findall(r"\d+", wanted)[0]) if wanted and self.server.resumes else 0
        if start >= len(content):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(content)}")
            self.send_header("Content-Length", "0")
            return self.end_headers()
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        stop, self.server.break_after = self.server.break_after, None
        self.wfile.write(content[start:][:stop])
        if stop is not None:
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "net"
    made.mkdir()
    return made


def fetch(folder: Path, files: str, **more) -> list[Fetched]:
    (folder / "model.yaml").write_text(f"version: 1\nprototxt: p\nweights: w\nfiles:\n{files}")
    return list(fetch_model(read_card(folder / "model.yaml"), **more))


def one(server: Server, checksum: str = f"sha256: {SHA256}", path: str = "/w") -> str:
    return f"  - {{path: w, url: '{server.address}{path}', {checksum}}}\n"


@pytest.mark.parametrize(
    "checksum", [f"sha256: {SHA256}", f"sha1: {SHA1}", f"git_blob: {GIT_BLOB}", f"sha256_start: '{SHA256[:8]}'"]
)
def test_downloads_and_checks(checksum: str, server: Server, folder: Path) -> None:
    assert fetch(folder, one(server, checksum)) == [Fetched("w", "downloaded")]
    assert (folder / "w").read_bytes() == CONTENT and not (folder / "w.part").exists()
    assert fetch(folder, one(server, checksum)) == [Fetched("w", "already there")]
    assert server.ranges == [None]


def test_goes_on_where_it_stopped(server: Server, folder: Path) -> None:
    server.break_after = 300_000
    with pytest.raises(ModelError, match="the connection broke; run the command again to go on"):
        fetch(folder, one(server))
    assert not (folder / "w").exists() and (folder / "w.part").stat().st_size == 300_000
    bars: list[tuple[int, int]] = []

    class Bar(NoProgress):
        def __init__(self, name: str, done: int, total: int) -> None:
            bars.append((done, total))

    assert fetch(folder, one(server), progress=Bar)[0].word == "downloaded"
    assert server.ranges == [None, "bytes=300000-"] and (folder / "w").read_bytes() == CONTENT
    assert bars == [(300_000, len(CONTENT))]


def test_a_server_that_cannot_resume_starts_again(server: Server, folder: Path) -> None:
    server.resumes = False
    (folder / "w.part").write_bytes(b"x" * 1000)
    fetch(folder, one(server))
    assert (folder / "w").read_bytes() == CONTENT


def test_a_part_that_is_whole_needs_no_more(server: Server, folder: Path) -> None:
    (folder / "w.part").write_bytes(CONTENT)
    fetch(folder, one(server))
    assert (folder / "w").read_bytes() == CONTENT


def test_a_part_that_is_too_long_starts_again(server: Server, folder: Path) -> None:
    (folder / "w.part").write_bytes(CONTENT + b"more")
    fetch(folder, one(server))
    assert (folder / "w").read_bytes() == CONTENT


def test_a_wrong_checksum_is_an_error_and_leaves_nothing(server: Server, folder: Path) -> None:
    with pytest.raises(ModelError) as error:
        fetch(folder, one(server, f"sha256: {'ab' * 32}"))
    assert f"sha256 {SHA256}, expected {'ab' * 32}; it was removed" in str(error.value)
    assert sorted(path.name for path in folder.iterdir()) == ["model.yaml"]


def test_without_a_published_checksum_the_first_one_counts(server: Server, folder: Path) -> None:
    assert f"no checksum is published; remembered sha256 {SHA256}" in fetch(folder, one(server, "note: x"))[0].remark
    assert json.loads((folder / "fetched.json").read_text()) == {"version": 1, "sha256": {"w": SHA256}}
    assert fetch(folder, one(server, "note: x"))[0].word == "already there"
    (folder / "w").write_bytes(b"changed")
    with pytest.raises(ModelError, match=r"another sha256 than at its first download, expected .*; remove it to fetch"):
        fetch(folder, one(server, "note: x"))


def test_a_file_that_is_there_but_wrong(server: Server, folder: Path) -> None:
    (folder / "w").write_bytes(b"other")
    with pytest.raises(ModelError, match=f"has sha256 .*, expected {SHA256}; remove it to fetch it again"):
        fetch(folder, one(server))


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


def test_dead_addresses_are_named_with_what_to_do(server: Server, folder: Path) -> None:
    dead = f"http://127.0.0.1:{free_port()}/w"
    files = f"  - {{path: w, urls: ['{dead}', '{server.address}/none']}}\n"
    with pytest.raises(ModelError) as error:
        fetch(folder, files)
    said = str(error.value)
    assert f"{dead} (Connection refused) or from {server.address}/none (the server answers 404 Not Found)" in said
    assert "scripts/run.sh fetch net --from FOLDER" in said and "\n" not in said


def test_a_second_address_serves_where_the_first_is_dead(server: Server, folder: Path) -> None:
    files = f"  - {{path: w, urls: ['{server.address}/none', '{server.address}/w'], sha256: {SHA256}}}\n"
    assert fetch(folder, files) == [Fetched("w", "downloaded")]


def test_files_that_nobody_publishes(folder: Path) -> None:
    with pytest.raises(ModelError, match="w of net: no address is known; train it"):
        fetch(folder, "  - {path: w, note: train it}\n")


def test_from_a_folder(server: Server, folder: Path, tmp_path: Path) -> None:
    source = tmp_path / "elsewhere"
    source.mkdir()
    (source / "w").write_bytes(b"re-serialised")
    got = fetch(folder, one(server), source=source)
    assert got[0].word == "copied" and "its checksum does not match the published one (sha256" in got[0].remark
    assert (folder / "w").read_bytes() == b"re-serialised" and server.ranges == []
    again = fetch(folder, one(server))
    assert again[0].word == "already there" and "not the published bytes" in again[0].remark


def test_from_a_folder_without_the_files(server: Server, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="found no w, expected the files of net by these names"):
        fetch(folder, one(server), source=tmp_path)
    with pytest.raises(ModelError, match="found no such folder"):
        fetch(folder, one(server), source=tmp_path / "none")


def tar(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name.replace("__", "/"))
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


ARCHIVED = "  - {{path: {path}, url: '{address}/a.tar.gz', extract: {{{extract}}}, {more}}}\n"


def test_archives(server: Server, folder: Path, tmp_path: Path) -> None:
    server.files["/a.tar.gz"] = tar(words__a=b"1", words__deep__b=b"2", labels=b"names", other=b"-")
    files = ARCHIVED.format(path="labels.txt", address=server.address, extract="labels: labels.txt", more="note: x")
    files += ARCHIVED.format(path="img", address=server.address, extract="words: img", more="optional: true")
    assert [file.path for file in fetch(folder, files)] == ["labels.txt"]
    assert [file.word for file in fetch(folder, files, everything=True)] == ["already there", "downloaded"]
    kept = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert kept == ["fetched.json", "img/a", "img/deep/b", "labels.txt", "model.yaml"]
    other = tmp_path / "other"
    other.mkdir()
    (tmp_path / "a.tar.gz").write_bytes(server.files["/a.tar.gz"])
    assert "unpacked from a.tar.gz" in fetch(other, files, source=tmp_path)[0].remark


def test_archives_cannot_write_elsewhere(server: Server, folder: Path) -> None:
    server.files["/a.tar.gz"] = tar(**{"words__..__..__..__evil": b"1", "words__good": b"2"})
    fetch(folder, ARCHIVED.format(path="img", address=server.address, extract="words: img", more="note: x"))
    assert not list(folder.parent.parent.glob("**/evil")) and (folder / "img" / "good").exists()


def test_archives_that_are_none(server: Server, folder: Path) -> None:
    files = ARCHIVED.format(path="l", address=server.address, extract="labels: l", more="note: x")
    server.files["/a.tar.gz"] = b"no archive"
    with pytest.raises(ModelError, match="is no readable archive"):
        fetch(folder, files)
    (folder / "a.tar.gz.part").unlink()
    server.files["/a.tar.gz"] = tar(other=b"")
    with pytest.raises(ModelError, match="found no 'labels' inside"):
        fetch(folder, files)


def script(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(root / "scripts" / "fetch_model.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_the_command(root: Path, server: Server, folder: Path) -> None:
    (folder / "model.yaml").write_text(f"version: 1\nprototxt: p\nweights: w\nfiles:\n{one(server)}")
    done = script(root, str(folder))
    assert done.returncode == 0 and "w: downloaded" in done.stdout and "100%" in done.stderr
    dead = script(root, str(folder), "--from", str(folder / "none"))
    assert dead.returncode == 2 and dead.stderr.startswith("deepvis fetch: ") and dead.stderr.count("\n") == 1
    wrong = script(root, "squeezenett")
    assert wrong.returncode == 2 and "did you mean 'squeezenet'" in wrong.stderr
    assert all(name.parent.name in script(root, "--list").stdout for name in models_folder().glob("*/model.yaml"))


def test_the_first_digits_in_a_files_name_are_checked(server: Server, folder: Path) -> None:
    with pytest.raises(ModelError, match=rf"has sha256 {SHA256}, expected one that begins with 00000000; it was"):
        fetch(folder, one(server, "sha256_start: '00000000'"))
    assert not (folder / "w").exists()
    with pytest.raises(ModelError, match="8 to 64 hexadecimal digits of sha256_start"):
        fetch(folder, one(server, "sha256_start: '0000'"))


def redirecting(server: Server, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    """The server answers each request for /w with a redirect."""

    def redirect(handler: Handler) -> None:
        if handler.path != "/w":
            return good(handler)
        handler.send_response(302)
        handler.send_header("Location", place)
        handler.send_header("Content-Length", "0")
        return handler.end_headers()

    good = Handler.do_GET
    monkeypatch.setattr(Handler, "do_GET", redirect)


@pytest.mark.parametrize("place", ["file:///etc/passwd", "ftp://127.0.0.1/w", "data:text/plain,x", "../w"])
def test_redirects_lead_to_http_and_https_alone(
    place: str, server: Server, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    redirecting(server, monkeypatch, place)
    with pytest.raises(ModelError, match=r"it redirects (to (file|ftp|data):.*, expected an address|in a circle)"):
        fetch(folder, one(server, "note: x"))
    assert [path.name for path in folder.iterdir()] == ["model.yaml"]
    server.files["/other"] = CONTENT
    redirecting(server, monkeypatch, f"{server.address}/other")
    assert fetch(folder, one(server)) == [Fetched("w", "downloaded")]


def test_what_is_there_of_another_content_is_not_gone_on_with(server: Server, folder: Path) -> None:
    """With a checksum it is brought anew at once; without one, where the server had no word for the content, too."""
    for checksum in (f"sha256: {SHA256}", "note: x"):
        (folder / "w.part").write_bytes(b"of another file" * 1000)
        assert fetch(folder, one(server, checksum))[0].word == "downloaded"
        assert (folder / "w").read_bytes() == CONTENT
        (folder / "w").unlink()
    assert server.ranges == ["bytes=15000-", None, None]


def test_a_disk_that_is_full_is_told_from_a_broken_connection(
    server: Server, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(answer: object, transfer: object, *more: object) -> int:
        with download._disk(folder / "w.part"):
            raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(download, "_pour", full)
        with pytest.raises(
            ModelError, match=r"the disk takes no more at .*w\.part; make room and run the same command"
        ):
            fetch(folder, one(server))
    assert fetch(folder, one(server))[0].word == "downloaded"


def test_one_program_at_a_time_brings_files_into_a_folder(server: Server, folder: Path) -> None:
    held = os.open(folder, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    with pytest.raises(ModelError, match="another program is bringing files of net there; wait until it has ended"):
        fetch(folder, one(server))
    os.close(held)
    assert fetch(folder, one(server))[0].word == "downloaded"
