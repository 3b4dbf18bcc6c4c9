"""The five things that can be asked for: the page, its socket, a photo to show, a screenshot, a recording."""

from __future__ import annotations

import asyncio
import logging
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import cv2
from aiohttp import WSMsgType, web

from deepvis.serve import limits
from deepvis.serve.access import Access
from deepvis.serve.address import ServeAddress
from deepvis.serve.hub import FULL, Hub
from deepvis.serve.limits import RateLimit
from deepvis.serve.messages import MessageError, read_message
from deepvis.serve.page import page
from deepvis.serve.pictures import ServedPicture
from deepvis.serve.viewer import Viewer
from deepvis.sources.photos import PhotoError
from deepvis.window.ui.events import PhotoGiven

log = logging.getLogger(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
HEARTBEAT_SECONDS = 10.0
SMALL_BYTES = 1 << 20  # of an upload that stays in memory; what is refused for its size never lies there as a whole
TOO_LARGE = f"a photo may have {limits.PHOTO_BYTES >> 20} MB at most; make it smaller"
ONLOOKER = "looks on: "  # before the name of such a page, so that it takes the place of no other kind of page
CONTROL_LOST = "another viewer controls the window; take control first"
TOO_SOON = "too many at once; wait a moment"
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class PageRequests:
    """Handles requests in the server's thread. Each socket brings one request, so that none can sit there idle."""

    def __init__(self, address: ServeAddress, hub: Hub) -> None:
        self._access = Access(address)
        self._hub = hub
        self._spoken: set[Any] = set()
        self._seen_at: dict[Any, float] = {}
        self._photos = RateLimit(limits.PHOTOS_A_SECOND, limits.PHOTOS_AT_ONCE)
        self._screenshots = RateLimit(limits.SCREENSHOTS_A_SECOND, limits.SCREENSHOTS_AT_ONCE)
        self._decoding = asyncio.Lock()

    def app(self) -> web.Application:
        @web.middleware
        async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._guarded(request, handler)

        app = web.Application(middlewares=[guarded], client_max_size=limits.PHOTO_BYTES)
        app.on_response_prepare.append(_with_headers)
        app.router.add_get("/", self._page, allow_head=False)
        app.router.add_get("/ws", self._socket, allow_head=False)
        app.router.add_post("/photo", self._photo)
        app.router.add_get("/screenshot.png", self._screenshot, allow_head=False)
        app.router.add_get("/recording.mp4", self._recording, allow_head=False)
        return app

    def close_idle(self, protocols: Iterable[Any]) -> None:
        """Close the sockets over which no whole request has come for long. protocols: of all that are open."""
        now = time.monotonic()
        self._seen_at = {each: self._seen_at.get(each, now) for each in protocols}
        self._spoken &= self._seen_at.keys()
        for each, seen_at in self._seen_at.items():
            if each not in self._spoken and now - seen_at > limits.FIRST_REQUEST_SECONDS:
                each.force_close()

    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Nothing is done for a request before its names and its token are right."""
        self._spoken.add(request.protocol)
        headers = request.headers
        origin = ", ".join(headers.getall("Origin", [])) or None  # two of them are no address
        refused = self._access.refusal(request.query.get("token"), headers.get("Host"), origin)
        try:
            response = _sentence(*refused) if refused else await handler(request)
        except web.HTTPException as error:
            response = _sentence(error.status, error.reason)
        except (ConnectionError, asyncio.TimeoutError):
            response = _sentence(408, "the request was not finished in time")
        except Exception:
            log.exception("a request for %s failed", urlsplit(request.path).path)  # without the token
            response = _sentence(500, "the server could not answer this request")
        response.force_close()
        return response

    async def _page(self, request: web.Request) -> web.StreamResponse:
        text, policy = page()
        response = web.Response(text=text, content_type="text/html", headers={"Content-Security-Policy": policy})
        response.enable_compression()  # a third of the bytes; nothing in it is secret, so its length gives nothing away
        return response

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        hub = self._hub
        socket = web.WebSocketResponse(
            heartbeat=HEARTBEAT_SECONDS, max_msg_size=limits.MESSAGE_BYTES, compress=False, autoping=False
        )
        await socket.prepare(request)
        name, may_control = request.query.get("viewer", "")[:40], self._access.may_control(request.query.get("token"))
        name = name if may_control else f"{ONLOOKER}{name}"
        if not hub.makes_room(name, may_control=may_control):
            await socket.close(code=FULL, message=b"too many viewers")
            return socket
        viewer = Viewer(
            socket, name, lambda: hub.newest, hub.facts, hub.pieces.get, may_control=may_control, rate=_rate(request)
        )
        hub.enter(viewer)
        sending = hub.start(hub.send(viewer))
        viewer.wake()
        try:
            await self._listen(viewer)
        finally:
            hub.leave(viewer)
            sending.cancel()
        return socket

    async def _listen(self, viewer: Viewer) -> None:
        """Until the socket is closed, or says what no page of ours says."""
        async for item in viewer.socket:
            if not viewer.allowance.allow():
                await viewer.socket.close(code=1008, message=b"too many messages")
            elif item.type is WSMsgType.PING:  # counted as all else
                await viewer.socket.pong(item.data)
            elif item.type is WSMsgType.BINARY:
                self._hub.camera.take_frame(viewer, item.data)
            elif item.type is WSMsgType.TEXT:
                try:
                    if (message := read_message(item.data)) is not None:
                        self._hub.handle(viewer, message)
                except MessageError as error:
                    await viewer.socket.close(code=1008, message=str(error).encode()[:120])

    async def _photo(self, request: web.Request) -> web.StreamResponse:
        if not self._access.may_control(request.query.get("token")):
            return _sentence(403, "this address is to look on, not to control")
        viewer = self._hub.control.namesake(request.query.get("viewer", ""))
        if viewer is None:
            return _sentence(403, "no page with this viewer= looks at the window; load the page again")
        if not self._hub.may_act(viewer):
            return _sentence(403, CONTROL_LOST)
        if not self._photos.allow():
            return _sentence(429, TOO_SOON)
        if (request.content_length or 0) > limits.PHOTO_BYTES:
            return _sentence(413, TOO_LARGE)
        try:
            async with viewer.uploading:  # one at a time of each page: the others wait in their sockets, not in memory
                path = await self._received(request, lambda: self._controls(viewer.name))
        except PhotoError as error:
            return _sentence(415, str(error))
        except UploadError as error:
            return _sentence(error.status, str(error))
        except ConnectionError:  # an OSError, but the client's
            raise
        except OSError as error:
            return _sentence(507, f"the photo cannot be stored on the server ({error.strerror or error})")
        if not self._hub.put(PhotoGiven(str(path))):
            return _sentence(503, "the window is busy; give the photo again in a moment")
        return web.json_response({"name": path.name})

    def _controls(self, name: str) -> bool:
        """True while the page of that name presses the keys, or nobody does."""
        controller = self._hub.control.controller
        return controller is None or controller.name == name

    async def _received(self, request: web.Request, controls: Callable[[], bool]) -> Path:
        """The file of a photo. controls: its page still does. Raises PhotoError, UploadError and OSError."""
        with tempfile.SpooledTemporaryFile(SMALL_BYTES) as file:
            await _receive(request, file, controls)
            add, name = self._hub.uploads.add, request.query.get("name", "photo")
            async with self._decoding:  # each takes its pixels' memory
                path = await asyncio.get_running_loop().run_in_executor(None, lambda: add(_content(file), name))
                if not controls():
                    self._hub.uploads.remove(path)
                    raise UploadError(403, CONTROL_LOST)
        return path

    async def _screenshot(self, request: web.Request) -> web.StreamResponse:
        newest = self._hub.newest_whole
        if newest is None:
            return _sentence(404, "there is no picture yet; wait a moment")
        if not self._screenshots.allow():
            return _sentence(429, TOO_SOON)
        content = await asyncio.get_running_loop().run_in_executor(None, _png, newest)
        name = {"Content-Disposition": f'attachment; filename="deepvis-{time.strftime("%Y%m%d-%H%M%S")}.png"'}
        return web.Response(body=content, content_type="image/png", headers=name)

    async def _recording(self, request: web.Request) -> web.StreamResponse:
        path = self._hub.recordings.path
        if path is None or not path.is_file():
            return _sentence(404, "there is no recording yet; the page's button Record begins one")
        return web.FileResponse(path, headers={"Content-Disposition": f'attachment; filename="{path.name}"'})


def _rate(request: web.Request) -> float:
    """The bytes a second with which the page itself was loaded, as it says; infinite where it does not."""
    digits = request.query.get("rate", "")
    return float(max(int(digits), 1)) if digits.isascii() and digits.isdecimal() and len(digits) < 12 else float("inf")


class UploadError(Exception):
    """A photo that was not received. status: of the answer."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


async def _receive(request: web.Request, file: IO[bytes], controls: Callable[[], bool]) -> None:
    """Take a request's body into a file.

    Raises UploadError where it is too large, stands still, takes too long, or its page has lost control.
    """
    size, ends_at = 0, time.monotonic() + limits.UPLOAD_SECONDS
    while True:
        try:
            part = await asyncio.wait_for(request.content.read(1 << 16), limits.UPLOAD_STALL_SECONDS)
        except asyncio.TimeoutError:  # an OSError from Python 3.11 on
            stall = f"nothing came for {limits.UPLOAD_STALL_SECONDS:g} seconds"
            raise UploadError(408, f"the photo did not arrive: {stall}; give it again, or a smaller one") from None
        if not controls():
            raise UploadError(403, CONTROL_LOST)
        if not part:
            return
        if (size := size + len(part)) > limits.PHOTO_BYTES:
            raise UploadError(413, TOO_LARGE)
        if time.monotonic() > ends_at:
            late = f"the photo did not arrive within {limits.UPLOAD_SECONDS:g} seconds"
            raise UploadError(408, f"{late}; give a smaller one")
        file.write(part)


def _content(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()


async def _with_headers(request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(HEADERS)
    response.headers.pop("Server", None)


def _sentence(status: int, words: str) -> web.Response:
    return web.Response(status=status, text=f"{words}\n")


def _png(picture: ServedPicture) -> bytes:
    _, coded = cv2.imencode(".png", picture.bgr)
    return coded.tobytes()
