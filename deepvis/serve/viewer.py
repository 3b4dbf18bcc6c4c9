"""One page that looks at the window: always the newest picture, never a queue of old ones, and only what changed."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from deepvis.serve.covering import BlockRect, rectangles
from deepvis.serve.limits import (
    MESSAGES_A_SECOND,
    MESSAGES_AT_ONCE,
    SILENT_SECONDS,
    RateLimit,
)
from deepvis.serve.live_quality import LiveQuality
from deepvis.serve.pictures import STILL, Coding, ServedPicture, changed_blocks, message
from deepvis.serve.rough_blocks import RoughBlocks

if TYPE_CHECKING:
    from aiohttp import web

LIVE_SECONDS = 1 / 20  # between two pictures; the answer to a key or the mouse does not wait for it
PAUSE = 1.6  # the same in times that the last picture took to be drawn: the network has the cores in between
LONGEST_PAUSE = 0.5  # on a slow network
EAGER_SECONDS = 0.5  # after a key or the mouse


class Viewer:
    """name: the page's own, which it has after a reload too. newest: the picture of now. coded: makes the message.

    facts: what the page is to know beside the picture, a JSON object; sent when it changes.
    """

    def __init__(
        self,
        socket: web.WebSocketResponse,
        name: str,
        newest: Callable[[], ServedPicture | None],
        facts: Callable[[Viewer], dict[str, Any]],
        coded: Callable[[ServedPicture | None, ServedPicture, list[BlockRect], Coding], bytes],
    ) -> None:
        self.socket, self.name = socket, name
        self.allowance = RateLimit(MESSAGES_A_SECOND, MESSAGES_AT_ONCE)
        self.frames_to_ask = 0  # of its camera
        self._newest, self._facts, self._coded = newest, facts, coded
        self._wake = asyncio.Event()
        self._sent: ServedPicture | None = None  # what the page shows once it has drawn all that is on its way
        self._on_its_way: deque[tuple[int, float]] = deque()  # version and time of what it has not drawn yet
        self._rough, self._quality = RoughBlocks(), LiveQuality()
        self._sent_at = self._acted_at = float("-inf")
        self._pause = LIVE_SECONDS
        self._sent_facts: dict[str, Any] = {}
        self._timer: asyncio.TimerHandle | None = None

    def wake(self) -> None:
        """Something may have to be sent."""
        self._wake.set()

    def acted(self) -> None:
        """The viewer pressed or pointed: what comes of it is sent at once."""
        self._acted_at = time.monotonic()

    def drawn(self, version: int, drawing: float) -> None:
        """The page shows the picture of that version. drawing: seconds that it took there."""
        if self._on_its_way and self._on_its_way[0][0] == version:
            seconds = time.monotonic() - self._on_its_way.popleft()[1]
            self._pause = min(max(LIVE_SECONDS, PAUSE * seconds), LONGEST_PAUSE)
            self._quality.took(seconds - drawing)
            self.wake()

    async def send_all(self) -> None:
        """Until the socket is closed: whatever there is to send, one after the other."""
        with suppress(ConnectionError):
            while not self.socket.closed:
                await self._wake.wait()
                self._wake.clear()
                if (facts := self._facts(self)) != self._sent_facts:
                    self._sent_facts = facts
                    await self.socket.send_str(json.dumps({"type": "facts", **facts}))
                if self.frames_to_ask:
                    asked, self.frames_to_ask = self.frames_to_ask, 0
                    await self.socket.send_str(json.dumps({"type": "frames", "count": asked}))
                if (content := self._next_message()) is not None:
                    await self.socket.send_bytes(content)
        if self._timer is not None:
            self._timer.cancel()

    def is_silent(self) -> bool:
        """True if it has not taken its picture for long."""
        return bool(self._on_its_way) and time.monotonic() - self._on_its_way[0][1] > SILENT_SECONDS

    def _next_message(self) -> bytes | None:
        """The changes of now, if it is time for them; else what stands still, in full quality."""
        picture, now = self._newest(), time.monotonic()
        is_eager = now - self._acted_at < EAGER_SECONDS
        at_once = 2 if is_eager else 1  # what follows a key does not wait until the page has drawn another picture
        if picture is None or len(self._on_its_way) >= at_once:
            return None
        if picture is not self._sent:
            wait = 0 if is_eager else self._sent_at + self._pause - now
            if wait > 0:
                self._later(wait)
            elif (content := self._changes(picture, now)) is not None:
                return content
        return None if self._on_its_way else self._full_quality(now)

    def _changes(self, picture: ServedPicture, now: float) -> bytes | None:
        blocks = changed_blocks(self._sent, picture)
        before, self._sent = self._sent, picture
        if not blocks.any():
            return None
        pieces = rectangles(blocks)
        self._rough.sent_live(blocks.shape, pieces, now)
        self._sent_at = now
        self._on_its_way.append((picture.version & 0xFFFFFFFF, now))
        return self._coded(before, picture, pieces, Coding(self._quality.now))

    def _full_quality(self, now: float) -> bytes | None:
        if self._sent is None or (blocks := self._rough.take(now)) is None:
            if (wait := self._rough.due_in(now)) is not None:
                self._later(wait)
            return None
        self._on_its_way.append((self._sent.version & 0xFFFFFFFF, now))
        return message(self._sent, rectangles(blocks), STILL)

    def _later(self, seconds: float) -> None:
        """Look again after so long, or earlier where that was asked for already."""
        loop = asyncio.get_running_loop()
        if self._timer is not None and not self._timer.cancelled():
            if loop.time() <= self._timer.when() <= loop.time() + seconds:
                return
            self._timer.cancel()
        self._timer = loop.call_later(seconds, self.wake)
