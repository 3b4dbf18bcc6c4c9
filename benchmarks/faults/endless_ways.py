"""Ways of hostile_server.py that do not end by themselves, and those of another part than was asked for."""

from __future__ import annotations

from benchmarks.faults.hostile_server import CONTENT, HALF, Handler, begin_from, way


def endlessly(handler: Handler, piece: bytes) -> None:
    """Until the client hangs up."""
    while handler.give(piece):
        pass


@way
def _endless(handler: Handler, start: int) -> None:
    handler.begin(200)
    endlessly(handler, CONTENT)


@way
def _length_of_gigabytes(handler: Handler, start: int) -> None:
    handler.begin(200, Content_Length=8 << 30)
    endlessly(handler, CONTENT)


@way
def _redirect_with_an_endless_body(handler: Handler, start: int) -> None:
    handler.begin(302, Location=f"{handler.server.address}/well/w")  # type: ignore[attr-defined]
    endlessly(handler, CONTENT)


@way
def _error_with_an_endless_body(handler: Handler, start: int) -> None:
    handler.begin(404)
    endlessly(handler, CONTENT)


@way
def _endless_continue(handler: Handler, start: int) -> None:
    endlessly(handler, b"HTTP/1.1 100 Continue\r\n\r\n" * 100)


@way
def _endless_trailers(handler: Handler, start: int) -> None:
    """The second half does not come, but lines after the last chunk do."""
    handler.begin(200, Transfer_Encoding="chunked", ETag='"one"')
    handler.give(b"%x\r\n%b\r\n0\r\n" % (HALF, CONTENT[:HALF]))
    endlessly(handler, b"X: y\r\n" * 100)


@way
def _another_part(handler: Handler, start: int) -> None:
    """From byte 50 on, whatever was asked for."""
    begin_from(handler, 50, CONTENT, '"one"')
    handler.give(CONTENT[50:])
