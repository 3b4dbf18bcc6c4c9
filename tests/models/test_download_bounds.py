"""Servers that never end, and that answer with another part than was asked for: a sentence, within bounds."""

from __future__ import annotations

import hashlib
import itertools
import re
import shutil
import socket
import threading
from collections import namedtuple
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from deepvis.models import download, http_answers
from deepvis.models.card import read_card
from deepvis.models.fetch import Fetched, fetch_model
from deepvis.network.model_error import ModelError

CONTENT = bytes(range(256)) * 400
SHA256 = hashlib.sha256(CONTENT).hexdigest()
PIECE = bytes(1 << 16)
MOST_TAKEN = 64 << 20  # bytes that lie in buffers of the system, and more; a client that read would take CAP
CAP = 1 << 30
Way = Callable[["Server", socket.socket, "int | None"], None]


class Server:
    """Answers /NAME with ``ways[NAME]``, anything else as it should. asked: from where; given: bytes of ``endless``."""

    def __init__(self) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.listening.getsockname()[1]}"
        self.ways: dict[str, Way] = {}
        self.asked: list[int | None] = []
        self.given = 0
        self.answering: list[threading.Thread] = []
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.listening.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._answer, args=(connection,), daemon=True)
            self.answering.append(thread)
            thread.start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            request = b""
            while b"\r\n\r\n" not in request:
                request += connection.recv(1 << 16)
            wanted = re.search(rb"Range: bytes=(\d+)-", request)
            start = int(wanted[1]) if wanted else None
            self.asked.append(start)
            try:
                self.ways.get(request.split()[1].decode().strip("/"), good)(self, connection, start)
            except OSError:
                return

    def endless(self, connection: socket.socket, piece: bytes, before: bytes = b"") -> None:
        connection.sendall(before)
        while self.given < CAP:
            connection.sendall(piece)
            self.given += len(piece)

    def stop(self) -> None:
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()
        for thread in (self.thread, *self.answering):
            thread.join(20)
            assert not thread.is_alive(), "the client did not hang up"


def head(status: str, *lines: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode()


def good(server: Server, connection: socket.socket, start: int | None) -> None:
    of_range = [f"Content-Range: bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}"] if start else []
    status, rest = "206 Partial" if start else "200 OK", CONTENT[start or 0 :]
    connection.sendall(head(status, *of_range, f"Content-Length: {len(rest)}") + rest)


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.stop()


def fetch(folder: Path, server: Server, way: str, checked: str = f"sha256: {SHA256}") -> list[Fetched]:
    card = folder / "net" / "model.yaml"
    card.parent.mkdir(exist_ok=True)
    file = f"{{path: w, url: '{server.address}/{way}', {checked}}}"
    card.write_text(f"version: 1\nprototxt: p\nweights: w\nfiles:\n  - {file}\n")
    return list(fetch_model(read_card(card)))


def part(folder: Path) -> bytes | None:
    path = folder / "net" / "w.part"
    return path.read_bytes() if path.exists() else None


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Elsewhere", "308 Elsewhere"])
def test_the_body_of_a_redirect_is_not_read(status: str, server: Server, tmp_path: Path) -> None:
    server.ways["w"] = lambda server, connection, start: server.endless(
        connection, PIECE, head(status, f"Location: {server.address}/other")
    )
    assert fetch(tmp_path, server, "w") == [Fetched("w", "downloaded")]
    assert server.given < MOST_TAKEN


@pytest.mark.parametrize("status", ["401 No", "404 None", "407 Proxy", "500 Broken", "302 Nowhere"])
def test_the_body_of_an_error_is_not_read(status: str, server: Server, tmp_path: Path) -> None:
    server.ways["w"] = lambda server, connection, start: server.endless(
        connection, PIECE, head(status, 'WWW-Authenticate: Basic realm="x"')
    )
    with pytest.raises(ModelError, match=f"the server answers {status[:3]}"):
        fetch(tmp_path, server, "w")
    assert server.given < MOST_TAKEN


def continuing(server: Server, connection: socket.socket, start: int | None) -> None:
    server.endless(connection, head("100 Continue") * 100)


def a_header_byte_by_byte(server: Server, connection: socket.socket, start: int | None) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    waiting = threading.Event()
    while not waiting.wait(0.02):
        connection.sendall(b"x")


def trailing(server: Server, connection: socket.socket, start: int | None) -> None:
    begun = head("200 OK", "Transfer-Encoding: chunked") + b"%x\r\n%b\r\n0\r\n" % (len(CONTENT), CONTENT)
    server.endless(connection, b"X: y\r\n" * 100, begun)


@pytest.fixture
def quick_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second passes with each look at the clock."""
    seconds = itertools.count()
    monkeypatch.setattr(http_answers, "time", SimpleNamespace(monotonic=lambda: float(next(seconds))))


@pytest.mark.usefixtures("quick_clock")
@pytest.mark.parametrize(("way", "kept"), [(continuing, None), (a_header_byte_by_byte, None), (trailing, CONTENT)])
def test_a_server_that_talks_on_without_content_is_left(
    way: Way, kept: bytes | None, server: Server, tmp_path: Path
) -> None:
    """What has come stays."""
    server.ways["w"] = way
    with pytest.raises(ModelError, match="no byte of the file came for 30 seconds; run the command again to go on"):
        fetch(tmp_path, server, "w")
    assert part(tmp_path) == kept and not (tmp_path / "net" / "w").exists()


@pytest.mark.usefixtures("quick_clock")
def test_a_server_that_talks_slowly_is_waited_for(server: Server, tmp_path: Path) -> None:
    """The time is counted anew with each byte of content, not for a piece of the file."""

    def slowly(server: Server, connection: socket.socket, start: int | None) -> None:
        connection.sendall(head("200 OK", f"Content-Length: {len(CONTENT)}"))
        waiting = threading.Event()
        for place in range(0, len(CONTENT), 1024):
            connection.sendall(CONTENT[place : place + 1024])
            waiting.wait(0.005)

    server.ways["w"] = slowly
    assert fetch(tmp_path, server, "w") == [Fetched("w", "downloaded")]


def test_a_socket_that_is_used_again_keeps_its_time() -> None:
    """As that of a proxy: one answer to CONNECT, then another."""
    here, there = socket.socketpair()
    with here, there:
        here.settimeout(9)
        there.sendall(head("200 Established"))
        with http_answers.HttpAnswer(here) as answer:
            answer.begin()
            assert answer.status == 200 and here.gettimeout() == 9


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_without_an_end_is_cut_off_and_removed(
    chunked: bool, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(server: Server, connection: socket.socket, start: int | None) -> None:
        coded = ["Transfer-Encoding: chunked"] if chunked else []
        piece = b"%x\r\n%b\r\n" % (len(PIECE), PIECE) if chunked else PIECE
        server.endless(connection, piece, head("200 OK", *coded))

    server.ways["w"] = endless
    with pytest.raises(ModelError, match=r"more than 1,248,576 bytes, which were removed; expected about 100,000\)"):
        fetch(tmp_path, server, "w", "size: 100000")
    assert part(tmp_path) is None
    monkeypatch.setattr(download, "MOST_BYTES", 1 << 20)
    with pytest.raises(ModelError, match=r"more than 1,048,576 bytes, .*; a larger file needs its size in model\.yaml"):
        fetch(tmp_path, server, "w", "note: x")
    assert part(tmp_path) is None and server.given < 2 * MOST_TAKEN


def test_a_file_that_is_said_to_be_too_large_is_not_begun(server: Server, tmp_path: Path) -> None:
    assert download.MOST_BYTES == 4 << 30
    server.ways["w"] = lambda server, connection, start: server.endless(
        connection, PIECE, head("200 OK", f"Content-Length: {5 << 30}")
    )
    with pytest.raises(
        ModelError, match=r"it says that the file has 5,368,709,120 bytes; a larger file needs its size"
    ):
        fetch(tmp_path, server, "w", "note: x")
    assert part(tmp_path) is None and server.given < MOST_TAKEN


def test_a_part_of_the_disk_stays_free(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What has come stays, and is gone on with once there is room."""
    disk, whole = namedtuple("disk", "total used free"), 100 << 30

    def usage(folder: Path) -> tuple[int, int, int]:
        return disk(whole, 0, (256 << 20) + 50_000 - len(part(tmp_path) or b""))

    monkeypatch.setattr(download, "CHUNK", 1000)
    monkeypatch.setattr(shutil, "disk_usage", usage)
    said = (
        r"the disk takes no more at .*w\.part \(268,435,456 bytes are kept free\); make room and run the same command"
    )
    with pytest.raises(ModelError, match=said):
        fetch(tmp_path, server, "w")
    kept = len(part(tmp_path) or b"")
    assert 0 < kept <= 60_000  # what is written lies in a buffer at first
    monkeypatch.undo()
    assert fetch(tmp_path, server, "w") == [Fetched("w", "downloaded")] and server.asked == [None, kept]


def ranged(said: str, content: bytes) -> Way:
    """A 206 whatever was asked for."""

    def answer(server: Server, connection: socket.socket, start: int | None) -> None:
        lines = [f"Content-Range: {said}"] if said else []
        connection.sendall(head("206 Part", *lines, f"Content-Length: {len(content)}") + content)

    return answer


@pytest.mark.parametrize("said", ["bytes 50-102399/102400", "bytes 50-/x", "bytes 50-40/60", "pages 0-1/2", ""])
def test_a_part_that_was_not_asked_for_is_refused(said: str, server: Server, tmp_path: Path) -> None:
    server.ways["w"] = ranged(said, CONTENT)
    words = re.escape(f"it sends another part of the file than was asked for ({said or 'it does not say which'})")
    with pytest.raises(ModelError, match=words):
        fetch(tmp_path, server, "w", "note: x")
    assert not (tmp_path / "net" / "w").exists() and part(tmp_path) is None


@pytest.mark.parametrize("said", ["bytes 5-100/102400", "bytes */102400", ""])
def test_where_another_part_comes_than_is_missing_it_begins_anew(said: str, server: Server, tmp_path: Path) -> None:
    def answer(server: Server, connection: socket.socket, start: int | None) -> None:
        (good if start is None else ranged(said, CONTENT[5:101]))(server, connection, start)

    server.ways["w"] = answer
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "w.part").write_bytes(CONTENT[:50_000])
    assert fetch(tmp_path, server, "w") == [Fetched("w", "downloaded")] and server.asked == [50_000, None]
    assert (tmp_path / "net" / "w").read_bytes() == CONTENT


def test_a_part_that_ends_early_is_gone_on_with(server: Server, tmp_path: Path) -> None:
    """With a range that ends before the file does, asked for or not."""
    server.ways["w"] = ranged(f"bytes 0-999/{len(CONTENT)}", CONTENT[:1000])
    with pytest.raises(ModelError, match="the connection broke; run the command again to go on"):
        fetch(tmp_path, server, "w", "note: x")
    assert part(tmp_path) == CONTENT[:1000]
    server.ways["w"] = good
    assert fetch(tmp_path, server, "w") == [Fetched("w", "downloaded")] and server.asked == [None, 1000]
