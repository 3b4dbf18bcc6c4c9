"""Sockets as they come in: few at once, counted from the first moment, before TLS or a request has said a word."""

from __future__ import annotations

import asyncio
import itertools
import logging
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass

from deepvis.serve import limits

log = logging.getLogger(__name__)
IN_A_ROW = 128  # accepted before anything else has its turn: fewer, and the system's own queue runs over in a flood


@dataclass(eq=False)
class _Open:
    """transport: None while TLS shakes hands. closing_since: seconds, of a transport that is being closed."""

    transport: asyncio.BaseTransport | None = None
    closing_since: float | None = None


class AcceptedSockets:
    """Accepts sockets in the running loop's thread, from now on. A socket too many is closed at once.

    listener: bound and listening; it is closed by ``close``. protocol: makes what speaks over one socket. context: of
    TLS, whose handshake may take ``limits.HANDSHAKE_SECONDS``.
    """

    def __init__(
        self,
        listener: socket.socket,
        protocol: Callable[[], asyncio.BaseProtocol],
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._listener, self._protocol, self._context = listener, protocol, context
        self._open: dict[socket.socket, _Open] = {}
        self._admitting: set[asyncio.Task[None]] = set()
        listener.setblocking(False)
        self._accepting = asyncio.get_running_loop().create_task(self._accept_all())

    def count(self) -> int:
        """How many are open, with or without a protocol."""
        self._open = {each: found for each, found in self._open.items() if each.fileno() >= 0}
        return len(self._open)

    def abort_slow(self) -> None:
        """End those that are being closed for long: of a client that neither takes the rest nor says goodbye."""
        now = time.monotonic()
        for found in self._open.values():
            if found.transport is not None and found.transport.is_closing():
                found.closing_since = found.closing_since or now
                if now - found.closing_since > limits.CLOSING_SECONDS:
                    found.transport.abort()  # type: ignore[attr-defined]

    async def close(self) -> None:
        """Accept no more; those that are open stay."""
        self._accepting.cancel()
        await asyncio.wait([self._accepting])
        self._listener.close()

    async def _accept_all(self) -> None:
        loop = asyncio.get_running_loop()
        for number in itertools.count(1):
            if number % IN_A_ROW == 0:
                await asyncio.sleep(0)
            try:
                accepted, _ = await loop.sock_accept(self._listener)
            except ConnectionError:
                continue  # it is gone already
            except OSError as error:  # as where no descriptor is left
                log.debug("no socket can be accepted: %s", error.strerror or error)
                await asyncio.sleep(1)
                continue
            if self.count() >= limits.MOST_SOCKETS:
                accepted.close()
            else:
                found = self._open[accepted] = _Open()
                task = loop.create_task(self._admit(accepted, found))
                self._admitting.add(task)
                task.add_done_callback(self._admitting.discard)

    async def _admit(self, accepted: socket.socket, found: _Open) -> None:
        seconds = limits.HANDSHAKE_SECONDS if self._context else None
        try:
            found.transport, _ = await asyncio.get_running_loop().connect_accepted_socket(
                self._protocol, accepted, ssl=self._context, ssl_handshake_timeout=seconds
            )
        except OSError as error:  # asyncio has closed it
            log.debug("a socket's handshake failed: %s", type(error).__name__)
