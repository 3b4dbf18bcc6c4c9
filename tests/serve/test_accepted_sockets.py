"""Few sockets at once, from the moment they are accepted: with TLS a mute one counts, and does not stay."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from deepvis.serve import limits
from deepvis.serve.address import ServeAddress
from deepvis.serve.server import WindowServer

MOST = 4
LONG = 60.0  # seconds: none of these is to run out
TRUSTING = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
TRUSTING.check_hostname, TRUSTING.verify_mode = False, ssl.CERT_NONE


@pytest.fixture
def place(certificate: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, int]]:
    """Host and port of a server that speaks TLS and admits so many sockets."""
    monkeypatch.setattr(limits, "MOST_SOCKETS", MOST)
    server = WindowServer(ServeAddress(tls=(Path(certificate[0]), Path(certificate[1]))))
    try:
        yield "127.0.0.1", int(server.url.partition("/?")[0].rpartition(":")[2])
    finally:
        server.stop()
    with pytest.raises(ConnectionError):
        connected(("127.0.0.1", int(server.url.partition("/?")[0].rpartition(":")[2])))


def connected(place: tuple[str, int]) -> socket.socket:
    return socket.create_connection(place, timeout=LONG)


def first_words(place: tuple[str, int]) -> bytes:
    """What a request without a token is answered with; b"" where the socket is closed before."""
    try:
        with connected(place) as plain, TRUSTING.wrap_socket(plain) as encrypted:
            encrypted.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            return encrypted.recv(12)
    except (ConnectionError, ssl.SSLError):
        return b""


def test_mute_sockets_are_few_and_leave_room_when_they_go(
    place: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "HANDSHAKE_SECONDS", LONG)
    with ExitStack() as mute:
        admitted = [mute.enter_context(connected(place)) for _ in range(MOST)]
        for _ in range(3):
            with connected(place) as one_more:
                assert one_more.recv(1) == b"", "it is closed at once"
        for each in admitted:
            each.setblocking(False)
            with pytest.raises(BlockingIOError):  # open
                each.recv(1)
    while not (words := first_words(place)):  # they have just gone
        pass
    assert words == b"HTTP/1.1 401"


def test_a_handshake_that_does_not_end_is_ended(place: tuple[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "HANDSHAKE_SECONDS", 0.2)
    with connected(place) as mute:
        assert mute.recv(1) == b"", "asyncio would wait for a minute"


def test_one_that_is_closed_and_says_no_goodbye_is_ended(
    place: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """TLS waits for the other's last word; who leaves it out would keep the socket."""
    monkeypatch.setattr(limits, "CLOSING_SECONDS", 0.0)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = TRUSTING.wrap_bio(incoming, outgoing)
    with connected(place) as plain:

        def step(act: object) -> None:
            while True:
                try:
                    act()  # type: ignore[operator]
                    return
                except ssl.SSLWantReadError:
                    plain.sendall(outgoing.read())
                    incoming.write(plain.recv(1 << 16))

        step(session.do_handshake)
        session.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        plain.sendall(outgoing.read())
        while plain.recv(1 << 16):  # the answer and the server's goodbye, then its end
            pass
