"""Answers of http and https addresses, read within bounds: of time, of memory, and of where a redirect may lead.

urllib by itself reads the whole body of a redirect into memory, and waits for ever on a server that keeps talking: one
interim answer after the other, lines after the last piece of the content, a byte of a header now and then.
"""

from __future__ import annotations

import http.client
import io
import time
import urllib.request
from typing import Any
from urllib.parse import urlsplit


class DownloadError(Exception):
    """An address gives no file; a few words, without the address."""


def open_address(request: urllib.request.Request, seconds: float) -> HttpAnswer:
    """The answer of an http or https address, its head alone.

    seconds: most for the head of each answer, and for each time without a byte of content. Raises what urllib raises,
    TimeoutError, and DownloadError for a redirect to another kind of address.
    """
    opener = urllib.request.OpenerDirector()  # knows no file:, ftp: or data:
    for handler in (
        urllib.request.ProxyHandler,
        urllib.request.UnknownHandler,
        _Http,
        _Https,
        urllib.request.HTTPDefaultErrorHandler,
        urllib.request.HTTPErrorProcessor,
        _SafeRedirects,
    ):
        opener.add_handler(handler())
    answer: HttpAnswer = opener.open(request, timeout=seconds)
    return answer


class HttpAnswer(http.client.HTTPResponse):
    """An answer whose head must have come, and whose content must come on, within the seconds of its socket."""

    def __init__(self, sock: Any, *arguments: Any, **more: Any) -> None:
        super().__init__(sock, *arguments, **more)
        self.fp.close()  # a file over the socket, which stays open
        self._timed = _TimedReader(sock)
        self.fp = io.BufferedReader(self._timed)

    def content(self, most: int) -> bytes:
        """The next bytes of the content as they come, b"" at its end. Raises TimeoutError, HTTPException."""
        self._timed.begin_anew()
        return self.read1(most)


class _TimedReader(io.RawIOBase):
    """What a socket gives, for so long as the socket's own timeout; then TimeoutError, however much has come."""

    def __init__(self, sock: Any) -> None:
        self._sock, self._seconds = sock, sock.gettimeout()
        self._bytes = sock.makefile("rb", buffering=0)
        self.begin_anew()

    def begin_anew(self) -> None:
        self._until = time.monotonic() + self._seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self._sock.settimeout(left)
        try:
            count: int = self._bytes.readinto(buffer)
        finally:
            self._sock.settimeout(self._seconds)  # of a proxy it is used again, for what lies behind
        return count

    def close(self) -> None:
        self._bytes.close()
        super().close()


class _Connection(http.client.HTTPConnection):
    response_class = HttpAnswer


class _SecureConnection(http.client.HTTPSConnection):
    response_class = HttpAnswer


class _Http(urllib.request.HTTPHandler):
    def http_open(self, req: Any) -> Any:
        return self.do_open(_Connection, req)


class _Https(urllib.request.HTTPSHandler):
    def https_open(self, req: Any) -> Any:
        return self.do_open(_SecureConnection, req)


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    """To http and https alone, and never from https to http; the body of a redirect is not read."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        scheme, before = urlsplit(newurl).scheme, urlsplit(req.full_url).scheme
        if scheme not in ("http", "https") or (before == "https" and scheme == "http"):
            raise DownloadError(f"it redirects to {newurl[:200]}, expected an address of {before}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)

    def http_error_302(self, req: Any, fp: Any, code: int, msg: str, headers: Any) -> Any:
        fp.close()  # urllib would read all of it
        target = headers.get("location") or headers.get("uri") or ""
        if urlsplit(target).scheme not in ("", "http", "https"):
            raise DownloadError(f"it redirects to {target[:200]}, expected an address of http or https")
        return super().http_error_302(req, fp, code, msg, headers)

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302
