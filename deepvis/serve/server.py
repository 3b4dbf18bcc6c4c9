"""The server: a thread with an event loop of its own, between the window's thread and the viewers' pages."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from deepvis.core.geometry import Rect
from deepvis.core.user_error import UsageError
from deepvis.serve.accepted_sockets import AcceptedSockets
from deepvis.serve.address import ServeAddress, certificate
from deepvis.serve.event_box import EventBox
from deepvis.serve.hub import Hub
from deepvis.serve.limits import FIRST_REQUEST_SECONDS
from deepvis.serve.pictures import served_picture

if TYPE_CHECKING:
    from aiohttp import web

log = logging.getLogger(__name__)
STOPPING_SECONDS = 3.0
LOOKING_SECONDS = 1.0  # between two looks at sockets and pages


class WindowServer:
    """Serves the newest picture, and gathers events. Raises UsageError where the address cannot be had.

    events: for the window's thread. url: with the token. view_url: with that of those who look on, "" for none. All
    methods may be called from any thread.
    """

    def __init__(self, address: ServeAddress) -> None:
        import aiohttp.web  # noqa: F401  (loaded before any thread: a missing library is said in one sentence)

        self.events = EventBox()
        self._address = address
        self._listener = _listening(address)
        port = self._listener.getsockname()[1]
        self.url = address.url(port)
        self.view_url = address.url(port, address.view_token) if address.view_token else ""
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(_note)
        self.hub = Hub(self._loop, self.events)
        self._lock = threading.Lock()  # of the loop's end
        self._ending = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="serve", daemon=True)
        self._thread.start()

    def publish(self, bgr: np.ndarray, answers: int = 0, early: Sequence[Rect] = ()) -> None:
        """Show an (H, W, 3) uint8 picture; it is copied. answers, early: as in ``ServedPicture``."""
        picture = served_picture(bgr, answers, early)
        self.hub.newest = picture
        if picture.is_whole:
            self.hub.newest_whole = picture
            self.hub.recordings.show(picture.bgr)
        self.call(self.hub.picture_came if picture.is_whole else self.hub.wake_all)

    def call(self, function: Callable[..., Any], *arguments: Any) -> None:
        """Have a function called in the server's thread; nothing once it has ended."""
        with self._lock:
            if not self._loop.is_closed():
                self._loop.call_soon_threadsafe(function, *arguments)

    def stop(self) -> None:
        """Tell the pages that it is over, and end the thread; a second call does nothing."""
        self.call(self._ending.set)
        self._thread.join(STOPPING_SECONDS)
        self.hub.close()

    # ------------------------------------------------------- in the server's thread

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        log.debug("the server's thread is %d", threading.get_native_id())
        try:
            self._loop.run_until_complete(self._serve())
        except Exception:
            log.exception("the server of the window ended")  # the window goes on
        finally:
            self.hub.pieces.close()  # before the loop, to which it gives what it has coded
            with self._lock:
                self._loop.close()

    async def _serve(self) -> None:
        from aiohttp import web

        from deepvis.serve.routes import PageRequests

        pages = PageRequests(self._address, self.hub)
        runner = web.AppRunner(
            pages.app(), access_log=None, logger=_silent(), keepalive_timeout=FIRST_REQUEST_SECONDS, lingering_time=1.0
        )
        await runner.setup()
        context = certificate(self._address.tls, self._address.words) if self._address.tls else None
        http = cast("web.Server", runner.server)
        sockets = AcceptedSockets(self._listener, http, context)

        def close_idle() -> None:
            pages.close_idle(http.connections)
            sockets.abort_slow()

        looking = self._loop.create_task(_look_after(close_idle, self.hub.look_after_viewers))
        await self._ending.wait()
        await sockets.close()
        looking.cancel()
        await self.hub.say_goodbye()
        for protocol in http.connections:
            protocol.force_close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=0.5)


def _listening(address: ServeAddress) -> socket.socket:
    """The socket. Raises UsageError."""
    asked = address.words.given(f"{address.host}:{address.port}")
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, place = found[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(place)
            listener.listen(512)
        except OSError:
            listener.close()
            raise
        return listener
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(
            f"{asked}: cannot be listened at ({reason}); give an address of this machine and a free port, or "
            f"{address.words.alone}"
        ) from error


async def _look_after(close_idle: Callable[[], None], look: Callable[[], Awaitable[None]]) -> None:
    """One that fails is logged, and both are called again a moment later."""
    while True:
        await asyncio.sleep(LOOKING_SECONDS)
        try:
            close_idle()
        except Exception:
            log.exception("idle sockets could not be closed")
        try:
            await look()
        except Exception:
            log.exception("the pages could not be looked after")


def _silent() -> logging.Logger:
    """aiohttp's own words about broken requests would hold what a client has sent, tokens too."""
    logger = logging.getLogger(f"{__name__}.aiohttp")
    logger.disabled = True
    return logger


def _note(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Broken connections are usual; whatever else it is, the window goes on."""
    error = context.get("exception")
    log.debug("a connection ended: %s", type(error).__name__ if error else context.get("message"))
