"""A web server that does wrong in one named way; once it is healed, it serves as it should.

``/WAY/w`` is ``CONTENT``, served in a way of ``WAYS``, to which endless_ways.py adds. The server runs in a forked
process; the file ``healed`` heals it, the file ``asked`` tells what it was asked for.
"""

from __future__ import annotations

import os
import random
import re
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

CONTENT = random.Random(21).randbytes(1 << 20)
OTHER = CONTENT[:1000] + b"another" + CONTENT[1007:]
HALF = len(CONTENT) // 2
STALL_SECONDS = 5.0
SLOW = 24  # pieces, of the way "slow"
SLOW_SECONDS = 0.05  # between two of them

Way = Callable[["Handler", int], None]
WAYS: dict[str, Way] = {}


def way(function: Way) -> Way:
    """A row of WAYS, by the function's name."""
    WAYS[function.__name__.removeprefix("_").replace("_", "-")] = function
    return function


class Handler(BaseHTTPRequestHandler):
    """server: has healed, asked (paths) and address."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        name = self.path.split("/")[1]
        wanted = self.headers.get("Range")
        with self.server.asked.open("a") as file:  # type: ignore[attr-defined]
            file.write(f"{self.path} {wanted} {self.headers.get('If-Range')}\n")
        start = int(re.findall(r"\d+", wanted)[0]) if wanted else 0
        self.close_connection = True
        if self.server.healed.exists() or name not in WAYS:  # type: ignore[attr-defined]
            as_it_should(self, start)
        else:
            WAYS[name](self, start)

    def begin(self, code: int, **headers: object) -> None:
        """A status line and headers; underscores stand for hyphens."""
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.send_header("Connection", "close")
        self.end_headers()

    def give(self, content: bytes) -> bool:
        """False where the client has hung up."""
        try:
            self.wfile.write(content)
            self.wfile.flush()
        except OSError:
            return False
        return True

    def log_message(self, *arguments: object) -> None:
        pass


def as_it_should(handler: Handler, start: int, content: bytes = CONTENT, etag: str = '"one"') -> None:
    """With ranges and an ETag."""
    if handler.headers.get("If-Range", etag) != etag:
        start = 0
    if start >= len(content):
        handler.begin(416, Content_Range=f"bytes */{len(content)}", Content_Length=0)
        return
    begin_from(handler, start, content, etag)
    handler.give(content[start:])


def begin_from(handler: Handler, start: int, content: bytes, etag: str) -> None:
    """The headers of what is left of the content."""
    of_range = {"Content_Range": f"bytes {start}-{len(content) - 1}/{len(content)}"} if start else {}
    handler.begin(206 if start else 200, Content_Length=len(content) - start, ETag=etag, **of_range)


# --- redirects: WAYS by what the Location says ---------------------------------------------------


def _redirect(name: str, code: int, location: str | None) -> None:
    def redirect(handler: Handler, start: int) -> None:
        here = handler.server.address  # type: ignore[attr-defined]
        place = {} if location is None else {"Location": location.replace("HERE", here)}
        handler.begin(code, Content_Length=0, **place)

    WAYS[name] = redirect


for _code in (301, 302, 303, 307, 308):
    _redirect(f"redirect-{_code}", _code, "HERE/well/w")
_redirect("redirect-relative", 302, "../well/w")
_redirect("redirect-to-file", 302, "file:///etc/passwd")
_redirect("redirect-to-ftp", 302, "ftp://127.0.0.1/w")
_redirect("redirect-to-data", 302, "data:text/plain,hello")
_redirect("redirect-to-http", 302, "http://127.0.0.1:1/w")
_redirect("redirect-in-a-circle", 302, "HERE/redirect-in-a-circle/w")
_redirect("redirect-to-nowhere", 302, None)
_redirect("redirect-to-nonsense", 302, "http://[::1/w")


# --- lengths, cuts, stalls -----------------------------------------------------------------------


@way
def _length_too_long(handler: Handler, start: int) -> None:
    handler.begin(200, Content_Length=len(CONTENT) * 2, ETag='"one"')
    handler.give(CONTENT[:HALF])


@way
def _length_too_short(handler: Handler, start: int) -> None:
    handler.begin(200, Content_Length=HALF, ETag='"one"')
    handler.give(CONTENT)


@way
def _length_is_nonsense(handler: Handler, start: int) -> None:
    handler.begin(200, Content_Length="many", ETag='"one"')
    handler.give(CONTENT)


@way
def _length_is_negative(handler: Handler, start: int) -> None:
    handler.begin(200, Content_Length=-5, ETag='"one"')
    handler.give(CONTENT)


@way
def _cut(handler: Handler, start: int) -> None:
    handler.begin(200, Content_Length=len(CONTENT), ETag='"one"')
    handler.give(CONTENT[:HALF])


@way
def _cut_without_length(handler: Handler, start: int) -> None:
    handler.begin(200, ETag='"one"')
    handler.give(CONTENT[:HALF])


@way
def _cut_in_chunks(handler: Handler, start: int) -> None:
    handler.begin(200, Transfer_Encoding="chunked", ETag='"one"')
    handler.give(b"%x\r\n" % len(CONTENT) + CONTENT[:HALF])


@way
def _reset(handler: Handler, start: int) -> None:
    handler.begin(200, Content_Length=len(CONTENT), ETag='"one"')
    handler.give(CONTENT[:HALF])
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    time.sleep(0.3)
    handler.connection.close()


@way
def _stall(handler: Handler, start: int) -> None:
    handler.begin(200, Content_Length=len(CONTENT), ETag='"one"')
    handler.give(CONTENT[:HALF])
    time.sleep(STALL_SECONDS)


@way
def _stall_before_the_answer(handler: Handler, start: int) -> None:
    time.sleep(STALL_SECONDS)


@way
def _slow(handler: Handler, start: int) -> None:
    begin_from(handler, start, CONTENT, '"one"')
    step = len(CONTENT) // SLOW
    for place in range(start, len(CONTENT), step):
        handler.give(CONTENT[place : place + step])
        time.sleep(SLOW_SECONDS)


# --- other content and nonsense ------------------------------------------------------------------


@way
def _another_file(handler: Handler, start: int) -> None:
    as_it_should(handler, start, OTHER, '"two"')


@way
def _empty(handler: Handler, start: int) -> None:
    handler.begin(200, Content_Length=0)


@way
def _packed(handler: Handler, start: int) -> None:
    import gzip

    packed = gzip.compress(CONTENT)
    handler.begin(200, Content_Length=len(packed), Content_Encoding="gzip")
    handler.give(packed)


@way
def _not_found(handler: Handler, start: int) -> None:
    handler.begin(404, Content_Length=0)


@way
def _broken(handler: Handler, start: int) -> None:
    handler.begin(500, Content_Length=0)


@way
def _no_http(handler: Handler, start: int) -> None:
    handler.give(b"\x00\xff hello\r\n\r\n")


@way
def _long_header(handler: Handler, start: int) -> None:
    handler.begin(200, X_Long="x" * 100_000)


@way
def _hangs_up(handler: Handler, start: int) -> None:
    handler.connection.close()


# --- running -------------------------------------------------------------------------------------


@contextmanager
def serving(folder: Path, certificate: Path | None = None) -> Iterator[str]:
    """The address of a server in a process of its own. folder: of ``healed`` and ``asked``. certificate: https."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, certificate.with_suffix(".key"))
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    scheme = "http" if certificate is None else "https"
    address = f"{scheme}://127.0.0.1:{server.server_address[1]}"
    server.healed, server.asked = folder / "healed", folder / "asked"  # type: ignore[attr-defined]
    server.address = address  # type: ignore[attr-defined]
    child = os.fork()
    if not child:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        server.serve_forever()
    server.socket.close()
    try:
        yield address
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def make_certificate(path: Path, name: str) -> None:
    """A self-signed certificate of a host, "IP:127.0.0.1", its key beside it. Needs openssl."""
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=test", "-days", "2"]
    words += ["-addext", f"subjectAltName={name}", "-keyout", str(path.with_suffix(".key")), "-out", str(path)]
    subprocess.run(words, check=True, capture_output=True)
